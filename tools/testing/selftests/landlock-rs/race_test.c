// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules that come and go on the same inodes at the same time, while their file
 * system is mounted and unmounted. Each race runs for a limited time.
 *
 * C Landlock of 7.3 may hang here if the kernel is preemptible and its RCU
 * read-side critical sections are not (PREEMPT_LAZY without PREEMPT_RCU):
 * get_inode_object() then spins without end if release_inode() was preempted
 * between the unlock of the object and the reset of the pointer to it.
 */

#include "common.h"

#include <pthread.h>
#include <time.h>

#define MNT BASE "/mnt"
#define OTHER BASE "/other"

#define READ LANDLOCK_ACCESS_FS_READ_FILE

static const char *numbered(int i)
{
	static char path[64];

	snprintf(path, sizeof(path), MNT "/%d", i);
	return path;
}

FIXTURE(race)
{
};

FIXTURE_SETUP(race)
{
	mount_base(_metadata);
	make_dir(_metadata, MNT);
	make_file(_metadata, OTHER);
	ASSERT_EQ(0, mount("first", MNT, "tmpfs", 0, NULL));
}

FIXTURE_TEARDOWN_PARENT(race)
{
}

#define RACE_SECONDS 4
#define NUM_RACE_FILES 8

struct race {
	bool stop;
	/* Errors that should not be. */
	int rule_err, open_err;
};

static void stop(struct race *const race)
{
	__atomic_store_n(&race->stop, true, __ATOMIC_RELAXED);
}

static bool is_stopped(const struct race *const race)
{
	return __atomic_load_n(&race->stop, __ATOMIC_RELAXED);
}

/* Adds rules on files of MNT, mounted or not, and drops them at once. */
static void *add_and_drop_rules(void *const data)
{
	const struct landlock_ruleset_attr attr = { .handled_access_fs = READ };
	struct race *const race = data;
	int i;

	while (!is_stopped(race)) {
		const int ruleset_fd =
			create_ruleset(&attr, sizeof(__u64), 0);

		for (i = 0; i < NUM_RACE_FILES; i++) {
			char path[64];
			int fd, err;

			snprintf(path, sizeof(path), MNT "/%d", i);
			fd = open(path, O_PATH | O_CLOEXEC);
			if (fd < 0)
				continue;
			err = add_rule_fd(ruleset_fd, fd, READ);
			if (err)
				__atomic_store_n(&race->rule_err, err,
						 __ATOMIC_RELAXED);
			close(fd);
		}
		close(ruleset_fd);
	}
	return NULL;
}

/* Does the same with domains, which end with the thread that has them. */
static void *enforce_and_exit(void *const data)
{
	struct race *const race = data;
	const struct landlock_ruleset_attr attr = { .handled_access_fs = READ };
	const int fd = open(MNT, O_PATH | O_CLOEXEC);
	const int file_fd = open(MNT "/0", O_PATH | O_CLOEXEC);
	const int ruleset_fd = create_ruleset(&attr, sizeof(__u64), 0);

	if (fd >= 0)
		add_rule_fd(ruleset_fd, fd, READ);
	if (file_fd >= 0)
		add_rule_fd(ruleset_fd, file_fd, READ);
	close(fd);
	close(file_fd);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	restrict_self(ruleset_fd, 0);
	restrict_self(ruleset_fd, 0);
	close(ruleset_fd);
	if (try_open(OTHER, O_RDONLY) != EACCES)
		__atomic_store_n(&race->open_err, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void *start_and_join(void *const data)
{
	struct race *const race = data;
	pthread_t thread;

	while (!is_stopped(race)) {
		if (!pthread_create(&thread, NULL, enforce_and_exit, race))
			pthread_join(thread, NULL);
	}
	return NULL;
}

static void mount_and_fill(struct __test_metadata *const _metadata)
{
	int i;

	ASSERT_EQ(0, mount("race", MNT, "tmpfs", 0, NULL));
	for (i = 0; i < NUM_RACE_FILES; i++)
		make_file(_metadata, numbered(i));
}

TEST_F_TIMEOUT(race, unmount_and_rules, 300)
{
	void *(*const functions[])(void *) = {
		add_and_drop_rules,
		add_and_drop_rules,
		start_and_join,
		start_and_join,
	};
	pthread_t threads[ARRAY_SIZE(functions)];
	const time_t end = time(NULL) + RACE_SECONDS;
	struct race race = {};
	int i, rounds = 0;

	for (i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, functions[i],
					    &race));
	for (; time(NULL) < end; rounds++) {
		mount_and_fill(_metadata);
		usleep(rounds % 3 * 1000);
		/* Every second time, without waiting for those who use it. */
		if (rounds % 2 || umount(MNT))
			ASSERT_EQ(0, umount2(MNT, MNT_DETACH));
	}
	stop(&race);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));

	EXPECT_EQ(0, race.rule_err);
	EXPECT_EQ(0, race.open_err);
	EXPECT_LT(10, rounds);
	EXPECT_EQ(0, ERR(umount(MNT)));
}

/* The same without mounts: the last rule goes while the next one comes. */
TEST_F(race, last_rule_and_the_next)
{
	const time_t end = time(NULL) + RACE_SECONDS;
	pthread_t threads[4];
	struct race race = {};
	long before;
	int i;

	mount_and_fill(_metadata);
	before = used_inodes(_metadata, MNT);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL,
					    add_and_drop_rules, &race));
	while (time(NULL) < end)
		usleep(10000);
	stop(&race);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));

	EXPECT_EQ(0, race.rule_err);
	for (i = 0; i < NUM_RACE_FILES; i++)
		ASSERT_EQ(0, unlink(numbered(i)));
	expect_used_inodes(_metadata, MNT, before - NUM_RACE_FILES);
	EXPECT_EQ(0, ERR(umount(MNT)));
}

TEST_HARNESS_MAIN
