// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that get a new inode: a rule on such a file is lost, a rule on its
 * directory is not.  So it is with C Landlock: a rule is tied to an inode.
 */

#include "common.h"

#define READ LANDLOCK_ACCESS_FS_READ_FILE

#define LOWER BASE "/lower"
#define MERGED BASE "/merged"
#define OTHER BASE "/other"

/* How often the kernel may be asked to forget names: one in use stays once. */
#define MAX_DROPS 50

FIXTURE(new_inode)
{
};

FIXTURE_VARIANT(new_inode)
{
	const char *file, *dir;
	/* What opening the file gives once its name was forgotten. */
	int expected;
};

/* An entry of procfs gets an inode whenever it is looked up. */
FIXTURE_VARIANT_ADD(new_inode, procfs)
{
	.file = "/proc/uptime",
	.dir = "/proc",
	.expected = EACCES,
};

/*
 * So does a file of a lower layer of overlayfs that has other names: each of them
 * may be copied up by itself.
 */
FIXTURE_VARIANT_ADD(new_inode, overlayfs_hard_link)
{
	.file = MERGED "/linked",
	.dir = MERGED,
	.expected = EACCES,
};

/* An inode that a rule holds is found again. */
FIXTURE_VARIANT_ADD(new_inode, overlayfs_single_name)
{
	.file = MERGED "/single",
	.dir = MERGED,
	.expected = 0,
};

FIXTURE_SETUP(new_inode)
{
	mount_base(_metadata);
	make_file(_metadata, OTHER);
	make_dir(_metadata, LOWER);
	make_dir(_metadata, BASE "/upper");
	make_dir(_metadata, BASE "/work");
	make_dir(_metadata, MERGED);
	make_file(_metadata, LOWER "/single");
	make_file(_metadata, LOWER "/linked");
	ASSERT_EQ(0, link(LOWER "/linked", LOWER "/other_name"));
	ASSERT_EQ(0, mount("overlay", MERGED, "overlay", 0,
			   "index=off,lowerdir=" LOWER ",upperdir=" BASE
			   "/upper,workdir=" BASE "/work"));
}

FIXTURE_TEARDOWN_PARENT(new_inode)
{
}

/* Makes the kernel forget the names of files that nobody uses. */
static void forget_names(struct __test_metadata *const _metadata)
{
	ASSERT_EQ(0, write_text("/proc/sys/vm/drop_caches", "2"));
}

TEST_F(new_inode, rule_on_the_file)
{
	const struct rule rules[] = { { variant->file, READ }, {} };
	int err, i;

	sandbox(_metadata, READ, rules);
	EXPECT_EQ(0, try_open(variant->file, O_RDONLY));

	for (i = 0, err = 0; i < MAX_DROPS && !err; i++) {
		forget_names(_metadata);
		err = try_open(variant->file, O_RDONLY);
	}
	EXPECT_EQ(variant->expected, err);
}

TEST_F(new_inode, rule_on_its_directory)
{
	const struct rule rules[] = { { variant->dir, READ }, {} };
	int i;

	sandbox(_metadata, READ, rules);
	for (i = 0; i < MAX_DROPS; i++) {
		ASSERT_EQ(0, try_open(variant->file, O_RDONLY));
		forget_names(_metadata);
	}
	EXPECT_EQ(EACCES, try_open(OTHER, O_RDONLY));
}

TEST_HARNESS_MAIN
