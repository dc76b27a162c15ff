// SPDX-License-Identifier: GPL-2.0-only
/*
 * Owners of open files: the kernel signals them for who set the owner, within
 * the scope that this task had then, even if the task is gone.
 */

#include "common.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>

#define RACE_SECONDS 2
#define NUM_RACERS 4

/* The task that sets the owner of a file. */
enum setter {
	UNRESTRICTED,
	SCOPED,
};

/* Limits signals to the domain of this thread, which is a new one. */
static int scope_signals(void)
{
	const struct landlock_ruleset_attr attr = {
		.scoped = LANDLOCK_SCOPE_SIGNAL,
	};
	const size_t size = offsetof(typeof(attr), scoped) + sizeof(__u64);
	const int fd = create_ruleset(&attr, size, 0);
	int err;

	if (fd < 0)
		return errno;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	err = ERR(restrict_self(fd, 0));
	close(fd);
	return err;
}

FIXTURE(owner)
{
	/* What is written to the second makes the owner of the first hear. */
	int sockets[2];
};

FIXTURE_SETUP(owner)
{
	sigset_t sigio;

	if (abi_version() < 6)
		SKIP(return, "Scopes come with ABI 6");

	sigemptyset(&sigio);
	sigaddset(&sigio, SIGIO);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &sigio, NULL));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, self->sockets));
	ASSERT_EQ(0, fcntl(self->sockets[0], F_SETFL, O_ASYNC | O_NONBLOCK));
}

FIXTURE_TEARDOWN(owner)
{
	close(self->sockets[0]);
	close(self->sockets[1]);
}

/* Lets a child set the owner, and waits until the child is gone. */
static void set_owner(struct __test_metadata *const _metadata, int fd,
		      int owner, enum setter setter)
{
	const pid_t child = fork();
	int status;

	ASSERT_LE(0, child);
	if (child == 0) {
		if (setter == SCOPED && scope_signals())
			_exit(1);
		_exit(fcntl(fd, F_SETOWN, owner) ? 2 : 0);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_EQ(0, status);
}

/* Returns whether this process is signalled when there is something to read. */
static bool is_signalled(const int sockets[2])
{
	const struct timespec at_once = {};
	sigset_t sigio;
	char byte = '.';

	sigemptyset(&sigio);
	sigaddset(&sigio, SIGIO);
	if (write(sockets[1], &byte, 1) != 1 || read(sockets[0], &byte, 1) != 1)
		return false;
	return sigtimedwait(&sigio, NULL, &at_once) == SIGIO;
}

TEST_F(owner, scope_outlives_who_set_it)
{
	set_owner(_metadata, self->sockets[0], getpid(), SCOPED);
	EXPECT_FALSE(is_signalled(self->sockets));
}

TEST_F(owner, last_one_to_set_it_counts)
{
	set_owner(_metadata, self->sockets[0], getpid(), UNRESTRICTED);
	EXPECT_TRUE(is_signalled(self->sockets));

	set_owner(_metadata, self->sockets[0], getpid(), SCOPED);
	EXPECT_FALSE(is_signalled(self->sockets));

	set_owner(_metadata, self->sockets[0], getpid(), UNRESTRICTED);
	EXPECT_TRUE(is_signalled(self->sockets));
}

TEST_F(owner, group_is_reached_within_the_scope)
{
	/* This process and its children: the only ones of their group. */
	ASSERT_EQ(0, setpgid(0, 0));

	set_owner(_metadata, self->sockets[0], -getpid(), SCOPED);
	EXPECT_FALSE(is_signalled(self->sockets));

	set_owner(_metadata, self->sockets[0], -getpid(), UNRESTRICTED);
	EXPECT_TRUE(is_signalled(self->sockets));
}

static void *scope_and_own_group(void *const data)
{
	const int *const fd = data;

	if (scope_signals() || fcntl(*fd, F_SETOWN, -getpid()))
		return NULL;
	return data;
}

TEST_F(owner, own_process_is_reached_through_its_group)
{
	pthread_t thread;
	void *done;

	ASSERT_EQ(0, setpgid(0, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, scope_and_own_group,
				    &self->sockets[0]));
	ASSERT_EQ(0, pthread_join(thread, &done));
	ASSERT_NE(NULL, done);
	EXPECT_TRUE(is_signalled(self->sockets));
}

/* Sets the owner over and over; the file has another one in between. */
static int keep_setting(int fd, int owner, enum setter setter)
{
	const time_t end = time(NULL) + RACE_SECONDS;

	if (setter == SCOPED && scope_signals())
		return 1;
	while (time(NULL) < end) {
		if (fcntl(fd, F_SETOWN, owner) || fcntl(fd, F_SETOWN, 0))
			return 2;
	}
	return 0;
}

TEST_F(owner, set_and_signalled_at_once)
{
	const time_t end = time(NULL) + RACE_SECONDS;
	pid_t racers[NUM_RACERS];
	int i, status;

	for (i = 0; i < NUM_RACERS; i++) {
		const enum setter setter = i % 2 ? SCOPED : UNRESTRICTED;

		racers[i] = fork();
		ASSERT_LE(0, racers[i]);
		if (racers[i] == 0)
			_exit(keep_setting(self->sockets[0], getppid(),
					   setter));
	}
	while (time(NULL) < end)
		is_signalled(self->sockets);
	for (i = 0; i < NUM_RACERS; i++) {
		ASSERT_EQ(racers[i], waitpid(racers[i], &status, 0));
		EXPECT_EQ(0, status);
	}

	set_owner(_metadata, self->sockets[0], getpid(), SCOPED);
	EXPECT_FALSE(is_signalled(self->sockets));
}

TEST_HARNESS_MAIN
