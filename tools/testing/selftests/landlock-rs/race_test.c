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
#include <sys/mman.h>
#include <sys/sysinfo.h>
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

/*
 * The last rule on a file goes away while its file system is shut down, which
 * must wait until the file is released: each way to shut it down, as root and
 * as an unprivileged user.
 */

#define NUM_SHUTDOWNS 60
#define UNPRIVILEGED 1000

enum shutdown_way {
	/* umount(2) */
	BY_UMOUNT,
	/* The last descriptor of a mount that was detached before is closed. */
	BY_LAST_CLOSE,
	/* The last process of a mount namespace exits. */
	BY_EXIT,
};

/* Shared with the process that exits. */
struct shutdown {
	int go;
	/* What the ways need. */
	int root_fd, ruleset_fd;
	/* How long a side waits before it acts, and how long it acted. */
	long close_delay, shutdown_delay, shutdown_time;
};

FIXTURE(shutdown)
{
	struct shutdown *shared;
};

FIXTURE_VARIANT(shutdown)
{
	enum shutdown_way way;
	uid_t uid;
};

FIXTURE_VARIANT_ADD(shutdown, root_by_umount)
{
	.way = BY_UMOUNT,
};

FIXTURE_VARIANT_ADD(shutdown, root_by_last_close)
{
	.way = BY_LAST_CLOSE,
};

FIXTURE_VARIANT_ADD(shutdown, root_by_exit)
{
	.way = BY_EXIT,
};

FIXTURE_VARIANT_ADD(shutdown, user_by_umount)
{
	.way = BY_UMOUNT,
	.uid = UNPRIVILEGED,
};

FIXTURE_VARIANT_ADD(shutdown, user_by_last_close)
{
	.way = BY_LAST_CLOSE,
	.uid = UNPRIVILEGED,
};

FIXTURE_VARIANT_ADD(shutdown, user_by_exit)
{
	.way = BY_EXIT,
	.uid = UNPRIVILEGED,
};

/* Becomes root of a user namespace, and nobody else. */
static void become_user(struct __test_metadata *const _metadata, uid_t uid)
{
	char map[32];

	ASSERT_EQ(0, ERR(setresgid(uid, uid, uid)));
	ASSERT_EQ(0, ERR(setresuid(uid, uid, uid)));
	/* Otherwise /proc/self would stay that of root. */
	ASSERT_EQ(0, prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	ASSERT_EQ(0, ERR(unshare(CLONE_NEWUSER | CLONE_NEWNS)));
	ASSERT_EQ(0, write_text("/proc/self/setgroups", "deny"));
	snprintf(map, sizeof(map), "0 %u 1", uid);
	ASSERT_EQ(0, write_text("/proc/self/uid_map", map));
	ASSERT_EQ(0, write_text("/proc/self/gid_map", map));
}

FIXTURE_SETUP(shutdown)
{
	mount_base(_metadata);
	make_dir(_metadata, MNT);
	make_file(_metadata, OTHER);
	ASSERT_EQ(0, chmod(OTHER, 0644));
	if (variant->uid)
		become_user(_metadata, variant->uid);
	self->shared = mmap(NULL, sizeof(*self->shared), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->shared);
}

FIXTURE_TEARDOWN_PARENT(shutdown)
{
}

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000L + time.tv_nsec;
}

/* Waits for the start, then @delay ns, without giving up the processor. */
static void wait_for_go(const struct shutdown *const shared, long delay)
{
	long start;

	while (!__atomic_load_n(&shared->go, __ATOMIC_ACQUIRE))
		;
	start = now();
	while (now() - start < delay)
		;
}

static void go(struct shutdown *const shared)
{
	__atomic_store_n(&shared->go, 1, __ATOMIC_RELEASE);
}

/* Moves the calling thread to a processor, or to the only one. */
static void move_to(struct __test_metadata *const _metadata, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu % get_nprocs(), &set);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(set), &set));
}

static void *close_ruleset(void *const data)
{
	struct shutdown *const shared = data;

	wait_for_go(shared, shared->close_delay);
	close(shared->ruleset_fd);
	return NULL;
}

/* Mounts a file system in which a file has a rule. */
static void mount_with_rule(struct __test_metadata *const _metadata,
			    int ruleset_fd)
{
	ASSERT_EQ(0, ERR(mount("shutdown", MNT, "tmpfs", 0, NULL)));
	make_file(_metadata, numbered(0));
	add_path(_metadata, ruleset_fd, numbered(0), READ);
}

/* Shuts down the mounted file system; the start is up to this side. */
static void shut_down(struct __test_metadata *const _metadata,
		      struct shutdown *const shared, enum shutdown_way way)
{
	long start;

	if (way == BY_LAST_CLOSE) {
		shared->root_fd = open(MNT, O_PATH | O_CLOEXEC);
		ASSERT_LE(0, shared->root_fd);
		ASSERT_EQ(0, ERR(umount2(MNT, MNT_DETACH)));
	}
	go(shared);
	wait_for_go(shared, shared->shutdown_delay);
	start = now();
	ASSERT_EQ(0, way == BY_LAST_CLOSE ? close(shared->root_fd) :
					    ERR(umount(MNT)));
	shared->shutdown_time = now() - start;
}

/* A process with a file system of its own, which goes away with it. */
static pid_t fork_with_mount(struct __test_metadata *const _metadata,
			     struct shutdown *const shared)
{
	const pid_t child = fork();

	if (child == 0) {
		ASSERT_EQ(0, ERR(unshare(CLONE_NEWNS)));
		mount_with_rule(_metadata, shared->ruleset_fd);
		close(shared->ruleset_fd);
		move_to(_metadata, 1);
		go(shared);
		wait_for_go(shared, shared->shutdown_delay);
		_exit(0);
	}
	ASSERT_LT(0, child);
	return child;
}

static void close_and_shut_down(struct __test_metadata *const _metadata,
				struct shutdown *const shared,
				enum shutdown_way way)
{
	pthread_t thread;
	pid_t child;

	shared->ruleset_fd = new_ruleset(_metadata, READ);
	shared->close_delay = random() % (shared->shutdown_time + 1);
	shared->shutdown_delay = random() % 100000;
	shared->go = 0;
	move_to(_metadata, 0);
	if (way == BY_EXIT) {
		const long start = now();

		child = fork_with_mount(_metadata, shared);
		close_ruleset(shared);
		EXPECT_EQ(0, wait_for(_metadata, child));
		shared->shutdown_time = (now() - start) / 2;
		return;
	}
	mount_with_rule(_metadata, shared->ruleset_fd);
	ASSERT_EQ(0, pthread_create(&thread, NULL, close_ruleset, shared));
	move_to(_metadata, 1);
	shut_down(_metadata, shared, way);
	ASSERT_EQ(0, pthread_join(thread, NULL));
}

TEST_F_TIMEOUT(shutdown, and_last_rule, 300)
{
	int i, ruleset_fd;

	for (i = 0; i < NUM_SHUTDOWNS; i++)
		close_and_shut_down(_metadata, self->shared, variant->way);

	/* Rules on what is mounted next hold, and nothing else is allowed. */
	ruleset_fd = new_ruleset(_metadata, READ);
	mount_with_rule(_metadata, ruleset_fd);
	enforce(_metadata, ruleset_fd);
	EXPECT_EQ(0, try_open(numbered(0), O_RDONLY));
	EXPECT_EQ(EACCES, try_open(OTHER, O_RDONLY));
}

TEST_HARNESS_MAIN
