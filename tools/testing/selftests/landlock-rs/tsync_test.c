// SPDX-License-Identifier: GPL-2.0-only
/*
 * LANDLOCK_RESTRICT_SELF_TSYNC: all threads or none, while threads are created,
 * exit, block, execute programs and get signals. Each test is limited in time.
 *
 * C Landlock of 7.3 hangs in tsync.reader_of_own_memory, and at times in
 * tsync.sibling_executes_a_program, until it is killed: who asks waits with the
 * exec_update_lock of the process taken, and a thread that waits for this lock
 * does not do what it is asked for.
 */

#include "common.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#define READ LANDLOCK_ACCESS_FS_READ_FILE
#define DENIED BASE "/denied"

#define TSYNC LANDLOCK_RESTRICT_SELF_TSYNC
/* Has all threads prepare and commit, and may be repeated for ever. */
#define ONLY_TSYNC (TSYNC | LANDLOCK_RESTRICT_SELF_LOG_SUBDOMAINS_OFF)

/* This binary, run with EXIT_ARG, exits at once. */
#define EXIT_ARG "--exit"

struct shared {
	bool enforced, stop;
	int leaks, errors, ready;
	int fds[2];
};

static bool is_set(const bool *const flag)
{
	return __atomic_load_n(flag, __ATOMIC_SEQ_CST);
}

static void set(bool *const flag)
{
	__atomic_store_n(flag, true, __ATOMIC_SEQ_CST);
}

static void count(int *const counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

static void wait_for_count(const int *const counter, int expected)
{
	while (__atomic_load_n(counter, __ATOMIC_SEQ_CST) < expected)
		usleep(1000);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

FIXTURE(tsync)
{
	int ruleset_fd;
	struct shared *shared;
};

FIXTURE_SETUP(tsync)
{
	if (abi_version() < 8)
		SKIP(return, "needs ABI 8");

	mount_base(_metadata);
	make_file(_metadata, DENIED);
	self->ruleset_fd = new_ruleset(_metadata, READ);
	self->shared = calloc(1, sizeof(*self->shared));
	ASSERT_NE(NULL, self->shared);
	ASSERT_EQ(0, pipe(self->shared->fds));
	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

FIXTURE_TEARDOWN_PARENT(tsync)
{
}

/* Counts a leak if it is not restricted although everybody should be. */
static void look(struct shared *const shared)
{
	const bool enforced = is_set(&shared->enforced);
	const int err = try_open(DENIED, O_RDONLY);

	if (err != EACCES && (err || enforced))
		count(&shared->leaks);
}

static void *look_once(void *const data)
{
	look(data);
	return NULL;
}

static void *look_until_stop(void *const data)
{
	struct shared *const shared = data;

	count(&shared->ready);
	while (!is_set(&shared->stop))
		look(shared);
	return NULL;
}

/* Creates threads that look, exit, and are never more than two at a time. */
static void *create_threads(void *const data)
{
	struct shared *const shared = data;
	pthread_t thread;

	count(&shared->ready);
	while (!is_set(&shared->stop)) {
		if (pthread_create(&thread, NULL, look_once, shared)) {
			count(&shared->errors);
			continue;
		}
		look(shared);
		pthread_join(thread, NULL);
	}
	return NULL;
}

#define NUM_CREATORS 6

TEST_F_TIMEOUT(tsync, creation_and_exit_storm, 60)
{
	struct shared *const shared = self->shared;
	pthread_t threads[NUM_CREATORS + 1];
	int i;

	for (i = 0; i < NUM_CREATORS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, create_threads,
					    shared));
	ASSERT_EQ(0, pthread_create(&threads[i], NULL, look_until_stop, shared));
	wait_for_count(&shared->ready, NUM_CREATORS + 1);

	for (i = 0; i < MAX_LAYERS; i++) {
		usleep(20000);
		ASSERT_EQ(0, ERR(restrict_self(self->ruleset_fd, TSYNC)));
		set(&shared->enforced);
	}
	EXPECT_EQ(E2BIG, ERR(restrict_self(self->ruleset_fd, TSYNC)));
	usleep(100000);

	set(&shared->stop);
	for (i = 0; i < NUM_CREATORS + 1; i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	EXPECT_EQ(0, shared->leaks);
	EXPECT_EQ(0, shared->errors);
}

struct competitor {
	struct shared *shared;
	int ruleset_fd, err;
};

static void *compete(void *const data)
{
	struct competitor *const self = data;

	while (!is_set(&self->shared->enforced))
		sched_yield();
	self->err = ERR(restrict_self(self->ruleset_fd, TSYNC));
	return NULL;
}

/* Each gets its layer: whoever is second starts over from the first's. */
TEST_F_TIMEOUT(tsync, competitors_add_up, 60)
{
	struct competitor competitors[MAX_LAYERS];
	pthread_t threads[MAX_LAYERS];
	int i;

	for (i = 0; i < MAX_LAYERS; i++) {
		competitors[i].shared = self->shared;
		competitors[i].ruleset_fd = self->ruleset_fd;
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, compete,
					    &competitors[i]));
	}
	set(&self->shared->enforced);
	for (i = 0; i < MAX_LAYERS; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
		EXPECT_EQ(0, competitors[i].err);
	}
	EXPECT_EQ(E2BIG, ERR(restrict_self(self->ruleset_fd, 0)));
}

/* Two steps of a thread, which another one starts. */
struct steps {
	int ruleset_fd, first, second;
	pthread_barrier_t barrier;
};

static void *sandbox_then_look(void *const data)
{
	struct steps *const steps = data;

	steps->first = ERR(restrict_self(steps->ruleset_fd, 0));
	if (!steps->first && try_open(DENIED, O_RDONLY) != EACCES)
		steps->first = -1;
	pthread_barrier_wait(&steps->barrier);
	pthread_barrier_wait(&steps->barrier);
	steps->second = try_open(DENIED, O_RDONLY);
	return NULL;
}

/*
 * The domain of a sibling is replaced, not extended: a thread that is more
 * restricted than the one that asks gets rights back. landlock(7) says so.
 */
TEST_F(tsync, sibling_loses_its_own_domain)
{
	struct steps steps = { .ruleset_fd = self->ruleset_fd };
	const int other_fd =
		new_ruleset(_metadata, LANDLOCK_ACCESS_FS_WRITE_FILE);
	pthread_t thread;

	ASSERT_EQ(0, pthread_barrier_init(&steps.barrier, NULL, 2));
	ASSERT_EQ(0, pthread_create(&thread, NULL, sandbox_then_look, &steps));
	pthread_barrier_wait(&steps.barrier);
	ASSERT_EQ(0, steps.first);
	EXPECT_EQ(0, ERR(restrict_self(other_fd, TSYNC)));
	pthread_barrier_wait(&steps.barrier);
	ASSERT_EQ(0, pthread_join(thread, NULL));

	EXPECT_EQ(0, steps.second);
	EXPECT_EQ(EACCES, try_open(DENIED, O_WRONLY));
}

static void *change_user_then_look(void *const data)
{
	struct steps *const steps = data;

	/* Not setresuid(3), which changes all threads. */
	steps->first = ERR(syscall(__NR_setresuid, -1, 12345, -1));
	pthread_barrier_wait(&steps->barrier);
	pthread_barrier_wait(&steps->barrier);
	steps->second = try_open(DENIED, O_RDONLY);
	if (syscall(__NR_geteuid) != 12345)
		steps->first = -1;
	return NULL;
}

TEST_F(tsync, sibling_keeps_the_rest_of_its_credentials)
{
	struct steps steps = {};
	pthread_t thread;

	ASSERT_EQ(0, chmod(DENIED, 0644));
	ASSERT_EQ(0, pthread_barrier_init(&steps.barrier, NULL, 2));
	ASSERT_EQ(0,
		  pthread_create(&thread, NULL, change_user_then_look, &steps));
	pthread_barrier_wait(&steps.barrier);
	EXPECT_EQ(0, ERR(restrict_self(self->ruleset_fd, TSYNC)));
	pthread_barrier_wait(&steps.barrier);
	ASSERT_EQ(0, pthread_join(thread, NULL));

	EXPECT_EQ(0, steps.first);
	EXPECT_EQ(EACCES, steps.second);
	EXPECT_EQ(0, geteuid());
}

/* Threads that block: they get the domain, and do not notice */

static void *block_in_read(void *const data)
{
	struct shared *const shared = data;
	char byte;

	count(&shared->ready);
	if (read(shared->fds[0], &byte, 1) != 1)
		count(&shared->errors);
	look(shared);
	return NULL;
}

static void *block_in_poll(void *const data)
{
	struct shared *const shared = data;
	struct pollfd fd = { .fd = shared->fds[0], .events = POLLIN };

	count(&shared->ready);
	if (poll(&fd, 1, -1) != 1)
		count(&shared->errors);
	look(shared);
	return NULL;
}

static void *block_in_sleep(void *const data)
{
	struct shared *const shared = data;
	const struct timespec time = { .tv_nsec = 700 * 1000 * 1000 };
	const double start = now();

	count(&shared->ready);
	if (nanosleep(&time, NULL) || now() - start < 0.7)
		count(&shared->errors);
	look(shared);
	return NULL;
}

TEST_F_TIMEOUT(tsync, blocked_siblings, 60)
{
	void *(*const blocks[])(void *) = { block_in_read, block_in_poll,
					    block_in_sleep };
	struct shared *const shared = self->shared;
	pthread_t threads[ARRAY_SIZE(blocks)];
	int i;

	for (i = 0; i < ARRAY_SIZE(blocks); i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, blocks[i],
					    shared));
	wait_for_count(&shared->ready, ARRAY_SIZE(blocks));
	usleep(100000);

	EXPECT_EQ(0, ERR(restrict_self(self->ruleset_fd, TSYNC)));
	set(&shared->enforced);
	ASSERT_EQ(2, write(shared->fds[1], "..", 2));
	for (i = 0; i < ARRAY_SIZE(blocks); i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	EXPECT_EQ(0, shared->leaks);
	EXPECT_EQ(0, shared->errors);
}

/* A thread in vfork(2) cannot be interrupted: it is waited for */

#define VFORK_SECONDS 1

static void *block_in_vfork(void *const data)
{
	const struct timespec time = { .tv_sec = VFORK_SECONDS };
	struct shared *const shared = data;
	pid_t child;

	child = vfork();
	if (!child) {
		count(&shared->ready);
		nanosleep(&time, NULL);
		_exit(0);
	}
	if (child < 0 || waitpid(child, NULL, 0) != child)
		count(&shared->errors);
	look(shared);
	return NULL;
}

static volatile sig_atomic_t num_signals;

static void count_signal(int signal)
{
	num_signals++;
}

TEST_F_TIMEOUT(tsync, signals_while_a_sibling_is_in_vfork, 60)
{
	const struct itimerval often = { { 0, 20000 }, { 0, 20000 } };
	const struct sigaction action = { .sa_handler = count_signal };
	const struct itimerval never = {};
	struct shared *const shared = self->shared;
	pthread_t thread;
	sigset_t alarm;

	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	ASSERT_EQ(0, pthread_sigmask(SIG_BLOCK, &alarm, NULL));
	ASSERT_EQ(0, pthread_create(&thread, NULL, block_in_vfork, shared));
	ASSERT_EQ(0, pthread_sigmask(SIG_UNBLOCK, &alarm, NULL));
	wait_for_count(&shared->ready, 1);

	num_signals = 0;
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &often, NULL));
	/* It starts over after each signal, and user space does not see it. */
	EXPECT_EQ(0, ERR(restrict_self(self->ruleset_fd, TSYNC)));
	set(&shared->enforced);
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &never, NULL));
	EXPECT_LT(3, num_signals);

	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, shared->leaks);
	EXPECT_EQ(0, shared->errors);
}

TEST_F_TIMEOUT(tsync, kill_while_a_sibling_is_in_vfork, 60)
{
	struct shared *const shared = self->shared;
	const pid_t child = fork();
	const double start = now();
	pthread_t thread;
	int status;

	ASSERT_LE(0, child);
	if (!child) {
		if (pthread_create(&thread, NULL, block_in_vfork, shared))
			_exit(1);
		wait_for_count(&shared->ready, 1);
		restrict_self(self->ruleset_fd, TSYNC);
		_exit(2);
	}
	usleep(300000);
	ASSERT_EQ(0, kill(child, SIGKILL));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_LT(now() - start, VFORK_SECONDS);
}

/* Threads that execute a program, or leave */

static void *repeat_tsync(void *const data)
{
	struct shared *const shared = data;

	while (!is_set(&shared->stop)) {
		count(&shared->ready);
		if (restrict_self(-1, ONLY_TSYNC))
			count(&shared->errors);
	}
	return NULL;
}

TEST_F_TIMEOUT(tsync, sibling_executes_a_program, 60)
{
	struct shared *const shared = self->shared;
	pthread_t thread;
	pid_t child;
	int i;

	for (i = 0; i < 40; i++) {
		child = fork();
		if (!child) {
			if (pthread_create(&thread, NULL, repeat_tsync, shared))
				_exit(1);
			wait_for_count(&shared->ready, 1 + i);
			execl("/proc/self/exe", "exe", EXIT_ARG, NULL);
			_exit(2);
		}
		EXPECT_EQ(0, wait_for(_metadata, child));
	}
}

static void *tsync_after_leader(void *const data)
{
	const int *const ruleset_fd = data;

	/* The leader becomes a zombie meanwhile. */
	usleep(100000);
	_exit(ERR(restrict_self(*ruleset_fd, TSYNC)) ||
	      try_open(DENIED, O_RDONLY) != EACCES);
}

TEST_F_TIMEOUT(tsync, leader_is_gone, 60)
{
	int ruleset_fd = self->ruleset_fd;
	const pid_t child = fork();
	pthread_t thread;

	if (!child) {
		if (pthread_create(&thread, NULL, tsync_after_leader,
				   &ruleset_fd))
			_exit(2);
		syscall(__NR_exit, 3);
	}
	EXPECT_EQ(0, wait_for(_metadata, child));
}

static void *open_own_memory(void *const data)
{
	struct shared *const shared = data;

	count(&shared->ready);
	while (!is_set(&shared->stop))
		if (try_open("/proc/self/mem", O_RDONLY))
			count(&shared->errors);
	return NULL;
}

#define READER_SECONDS 8

/* Threads that wait for the lock that the thread that asks has taken. */
TEST_F_TIMEOUT(tsync, reader_of_own_memory, 60)
{
	struct shared *const shared = self->shared;
	const double start = now();
	pthread_t threads[2];
	int i;

	for (i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, open_own_memory,
					    shared));
	wait_for_count(&shared->ready, ARRAY_SIZE(threads));

	while (now() - start < READER_SECONDS)
		ASSERT_EQ(0, ERR(restrict_self(-1, ONLY_TSYNC)));

	set(&shared->stop);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	EXPECT_EQ(0, shared->errors);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], EXIT_ARG))
		return 0;
	return test_harness_run(argc, argv);
}
