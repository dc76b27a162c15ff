// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that get a new inode: a rule on such a file is lost, a rule on its
 * directory is not.  So it is with C Landlock: a rule is tied to an inode.
 */

#include "common.h"

/* An entry of procfs gets an inode whenever it is looked up. */
#define ENTRY "/proc/uptime"

/* How often the kernel may be asked to forget names: one in use stays once. */
#define MAX_DROPS 50

/* Makes the kernel forget the names of files that nobody uses. */
static void forget_names(struct __test_metadata *const _metadata)
{
	const int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_EQ(1, write(fd, "2", 1));
	ASSERT_EQ(0, close(fd));
}

TEST(rule_on_a_file_is_lost_with_its_inode)
{
	const struct rule rules[] = {
		{ ENTRY, LANDLOCK_ACCESS_FS_READ_FILE },
		{},
	};
	int err, i;

	sandbox(_metadata, LANDLOCK_ACCESS_FS_READ_FILE, rules);
	EXPECT_EQ(0, try_open(ENTRY, O_RDONLY));

	for (i = 0, err = 0; i < MAX_DROPS && !err; i++) {
		forget_names(_metadata);
		err = try_open(ENTRY, O_RDONLY);
	}
	EXPECT_EQ(EACCES, err);
}

TEST(rule_on_its_directory_stays)
{
	const struct rule rules[] = {
		{ "/proc", LANDLOCK_ACCESS_FS_READ_FILE },
		{},
	};
	int i;

	sandbox(_metadata, LANDLOCK_ACCESS_FS_READ_FILE, rules);
	for (i = 0; i < MAX_DROPS; i++) {
		ASSERT_EQ(0, try_open(ENTRY, O_RDONLY));
		forget_names(_metadata);
	}
	EXPECT_EQ(EACCES, try_open("/init", O_RDONLY));
}

TEST_HARNESS_MAIN
