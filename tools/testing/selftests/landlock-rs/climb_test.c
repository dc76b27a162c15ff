// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is above a file is renamed, mounted elsewhere and removed, again and
 * again, while others open the file.
 *
 * A file that stays beneath an allowed directory, however it moves, must always
 * open; one that stays elsewhere must never open. A file that moves between the
 * two may do either, until nothing moves any more: then rules alone decide.
 */

#include "common.h"

#include <sys/mman.h>

#define ALLOWED BASE "/allowed"
#define DENIED BASE "/denied"

#define READ LANDLOCK_ACCESS_FS_READ_FILE

#define NUM_MOVES 400
#define NUM_OPENERS 3

/* Deeper than a climb without references goes. */
#define DEPTH 300

struct progress {
	/* How many processes open the file. */
	int ready;
	/* Nothing moves any more. */
	int is_over;
};

FIXTURE(climb)
{
	struct progress *progress;
};

FIXTURE_VARIANT(climb)
{
	/* The directories beneath which the file is, in turns. */
	const char *zones[2];
	/* Whether it moves with a mount of its own. */
	bool is_mounted;
};

/* clang-format off */
#define CLIMB(name, first, second, is_mounted_)				\
	FIXTURE_VARIANT_ADD(climb, name) {				\
		.zones = { first, second }, .is_mounted = is_mounted_,	\
	}
/* clang-format on */

CLIMB(rename_where_allowed, ALLOWED, ALLOWED, false);
CLIMB(rename_where_denied, DENIED, DENIED, false);
CLIMB(rename_across, ALLOWED, DENIED, false);
CLIMB(mount_where_allowed, ALLOWED, ALLOWED, true);
CLIMB(mount_where_denied, DENIED, DENIED, true);
CLIMB(mount_across, ALLOWED, DENIED, true);

FIXTURE_SETUP(climb)
{
	mount_base(_metadata);
	make_dir(_metadata, ALLOWED);
	make_dir(_metadata, DENIED);
	self->progress = mmap(NULL, sizeof(*self->progress),
			      PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->progress);
}

FIXTURE_TEARDOWN_PARENT(climb)
{
}

/* Number @n of the directories that the file is in, one after another. */
static void name_home(char path[64], const char *const zones[2], int n,
		      const char *below)
{
	snprintf(path, 64, "%s/%d%s", zones[n % 2], n, below);
}

static void make_home(struct __test_metadata *const _metadata,
		      const char *const zones[2], int n)
{
	char path[64];

	name_home(path, zones, n, "");
	make_dir(_metadata, path);
}

static bool is_always(const char *const zones[2], const char *zone)
{
	return !strcmp(zones[0], zone) && !strcmp(zones[1], zone);
}

/* Opens the file until nothing moves any more. Returns what is wrong, or 0. */
static int open_again(struct progress *const progress, int dir,
		      const char *const zones[2])
{
	int num_opened = 0, num_denied = 0;

	__atomic_add_fetch(&progress->ready, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&progress->is_over, __ATOMIC_ACQUIRE)) {
		const int err = try_openat(dir, "file", O_RDONLY);

		if (err && err != EACCES)
			return 1;
		num_opened += !err;
		num_denied += !!err;
	}
	if (num_denied && is_always(zones, ALLOWED))
		return 2;
	if (num_opened && is_always(zones, DENIED))
		return 3;
	if (try_openat(dir, "file", O_RDONLY) !=
	    (strcmp(zones[NUM_MOVES % 2], ALLOWED) ? EACCES : 0))
		return 4;
	return num_opened + num_denied ? 0 : 5;
}

/* Moves to a new directory, and removes the one before. */
static void move_on(struct __test_metadata *const _metadata,
		    const char *const zones[2], int n, bool is_mounted)
{
	char from[64], to[64];

	make_home(_metadata, zones, n);
	name_home(from, zones, n - 1, "/dir");
	name_home(to, zones, n, "/dir");
	if (is_mounted) {
		make_dir(_metadata, to);
		ASSERT_EQ(0, ERR(mount(from, to, NULL, MS_MOVE, NULL)));
		ASSERT_EQ(0, ERR(rmdir(from)));
	} else {
		ASSERT_EQ(0, ERR(rename(from, to)));
	}
	name_home(from, zones, n - 1, "");
	ASSERT_EQ(0, ERR(rmdir(from)));
}

TEST_F_TIMEOUT(climb, moving, 300)
{
	const struct rule rules[] = { { ALLOWED, READ }, {} };
	const char *const *zones = variant->zones;
	pid_t children[NUM_OPENERS];
	char path[64];
	int dir, i;

	make_home(_metadata, zones, 0);
	name_home(path, zones, 0, "/dir");
	make_dir(_metadata, path);
	if (variant->is_mounted)
		ASSERT_EQ(0, mount("climb", path, "tmpfs", 0, "mode=755"));
	name_home(path, zones, 0, "/dir/leaf");
	make_dir(_metadata, path);
	dir = open(path, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, dir);
	ASSERT_EQ(0, try_openat(dir, "file", O_CREAT | O_EXCL | O_WRONLY));

	for (i = 0; i < NUM_OPENERS; i++) {
		children[i] = fork();
		ASSERT_LE(0, children[i]);
		if (children[i])
			continue;
		sandbox(_metadata, READ, rules);
		_exit(open_again(self->progress, dir, zones));
	}
	while (__atomic_load_n(&self->progress->ready, __ATOMIC_ACQUIRE) <
	       NUM_OPENERS)
		sched_yield();
	for (i = 1; i <= NUM_MOVES; i++)
		move_on(_metadata, zones, i, variant->is_mounted);
	__atomic_store_n(&self->progress->is_over, 1, __ATOMIC_RELEASE);
	for (i = 0; i < NUM_OPENERS; i++)
		EXPECT_EQ(0, wait_for(_metadata, children[i]));
}

FIXTURE(depth)
{
};

FIXTURE_SETUP(depth)
{
	mount_base(_metadata);
	make_dir(_metadata, ALLOWED);
	make_dir(_metadata, DENIED);
}

FIXTURE_TEARDOWN_PARENT(depth)
{
}

/* Returns a descriptor of a directory with a file, far below @path. */
static int make_deep(struct __test_metadata *const _metadata, const char *path)
{
	int dir = open(path, O_PATH | O_CLOEXEC);
	int i;

	for (i = 0; i < DEPTH; i++) {
		const int parent = dir;

		ASSERT_EQ(0, ERR(mkdirat(parent, "d", 0755)));
		dir = openat(parent, "d", O_PATH | O_CLOEXEC);
		ASSERT_LE(0, dir);
		ASSERT_EQ(0, close(parent));
	}
	ASSERT_EQ(0, try_openat(dir, "file", O_CREAT | O_EXCL | O_WRONLY));
	return dir;
}

TEST_F(depth, rule_far_above)
{
	const struct rule rules[] = { { ALLOWED, READ }, {} };
	const int allowed = make_deep(_metadata, ALLOWED);
	const int denied = make_deep(_metadata, DENIED);

	sandbox(_metadata, READ, rules);
	EXPECT_EQ(0, try_openat(allowed, "file", O_RDONLY));
	EXPECT_EQ(EACCES, try_openat(denied, "file", O_RDONLY));
}

TEST_HARNESS_MAIN
