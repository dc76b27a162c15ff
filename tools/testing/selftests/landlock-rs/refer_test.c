// SPDX-License-Identifier: GPL-2.0-only
/*
 * rename(2) and link(2): within a directory they need the rights to remove and
 * to make; between directories they are denied, because ABI 1 has no right for
 * that: EACCES if such a right is missing as well, else EXDEV. From ABI 2 on,
 * a ruleset may handle the right to refer, which lifts this.
 */

#include "common.h"

#include <sys/sysmacros.h>

#define A BASE "/a"
#define B BASE "/b"

#define MAKE_DIR LANDLOCK_ACCESS_FS_MAKE_DIR
#define MAKE_FIFO LANDLOCK_ACCESS_FS_MAKE_FIFO
#define MAKE_REG LANDLOCK_ACCESS_FS_MAKE_REG
#define MAKE_SYM LANDLOCK_ACCESS_FS_MAKE_SYM
#define REMOVE_DIR LANDLOCK_ACCESS_FS_REMOVE_DIR
#define REMOVE_FILE LANDLOCK_ACCESS_FS_REMOVE_FILE

static int try_rename(const char *from, const char *to, unsigned int flags)
{
	return ERR(syscall(__NR_renameat2, AT_FDCWD, from, AT_FDCWD, to,
			   flags));
}

/* The error of a move between directories that lacks another right than REFER. */
static int missing_right(void)
{
	return abi_version() >= 2 ? EACCES : EXDEV;
}

static void make_tree(struct __test_metadata *const _metadata, const char *dir)
{
	char path[64];

	make_kinds(_metadata, dir);
	snprintf(path, sizeof(path), "%s/other", dir);
	make_file(_metadata, path);
	snprintf(path, sizeof(path), "%s/otherdir", dir);
	make_dir(_metadata, path);
}

static void make_trees(struct __test_metadata *const _metadata)
{
	mount_base(_metadata);
	make_tree(_metadata, A);
	make_tree(_metadata, B);
}

/* Within a directory */

FIXTURE(same_dir)
{
};

FIXTURE_VARIANT(same_dir)
{
	const char *from, *to;
	unsigned int flags;
	bool is_link;
	__u64 needed;
};

/* clang-format off */
#define SAME_DIR(name, from_, to_, flags_, needed_)			\
	FIXTURE_VARIANT_ADD(same_dir, name) {				\
		.from = from_, .to = to_, .flags = flags_,		\
		.needed = needed_,					\
	}
#define SAME_DIR_LINK(name, from_, needed_)				\
	FIXTURE_VARIANT_ADD(same_dir, name) {				\
		.from = from_, .to = "new", .is_link = true,		\
		.needed = needed_,					\
	}
/* clang-format on */

SAME_DIR(file, "file", "new", 0, MAKE_REG | REMOVE_FILE);
SAME_DIR(file_noreplace, "file", "new", RENAME_NOREPLACE,
	 MAKE_REG | REMOVE_FILE);
SAME_DIR(file_over_file, "file", "other", 0, MAKE_REG | REMOVE_FILE);
SAME_DIR(file_over_fifo, "file", "fifo", 0, MAKE_REG | REMOVE_FILE);
SAME_DIR(fifo, "fifo", "new", 0, MAKE_FIFO | REMOVE_FILE);
SAME_DIR(symlink, "symlink", "new", 0, MAKE_SYM | REMOVE_FILE);
SAME_DIR(dir, "dir", "new", 0, MAKE_DIR | REMOVE_DIR);
SAME_DIR(dir_over_dir, "dir", "otherdir", 0, MAKE_DIR | REMOVE_DIR);
SAME_DIR(exchange_files, "file", "other", RENAME_EXCHANGE,
	 MAKE_REG | REMOVE_FILE);
SAME_DIR(exchange_types, "fifo", "symlink", RENAME_EXCHANGE,
	 MAKE_FIFO | MAKE_SYM | REMOVE_FILE);
SAME_DIR(exchange_file_dir, "file", "dir", RENAME_EXCHANGE,
	 MAKE_REG | MAKE_DIR | REMOVE_FILE | REMOVE_DIR);
SAME_DIR(whiteout_fifo, "fifo", "new", RENAME_WHITEOUT,
	 MAKE_FIFO | REMOVE_FILE | MAKE_REG);
SAME_DIR(whiteout_dir, "dir", "new", RENAME_WHITEOUT,
	 MAKE_DIR | REMOVE_DIR | MAKE_REG);
SAME_DIR_LINK(link_file, "file", MAKE_REG);
SAME_DIR_LINK(link_fifo, "fifo", MAKE_FIFO);
SAME_DIR_LINK(link_symlink, "symlink", MAKE_SYM);

FIXTURE_SETUP(same_dir)
{
	make_trees(_metadata);
	ASSERT_EQ(0, chdir(A));
}

FIXTURE_TEARDOWN_PARENT(same_dir)
{
}

static int act_in_same_dir(const FIXTURE_VARIANT(same_dir) *const variant)
{
	if (variant->is_link)
		return ERR(link(variant->from, variant->to));
	return try_rename(variant->from, variant->to, variant->flags);
}

TEST_F(same_dir, needed_rights_are_enough)
{
	const struct rule rules[] = { { A, variant->needed }, {} };

	sandbox(_metadata, ABI1, rules);
	EXPECT_EQ(0, act_in_same_dir(variant));
}

TEST_F(same_dir, no_right_is_needed_if_none_is_handled)
{
	sandbox(_metadata, ABI1 & ~variant->needed, NULL);
	EXPECT_EQ(0, act_in_same_dir(variant));
}

TEST_F(same_dir, each_needed_right_is_needed)
{
	__u64 right;

	for (right = 1; right & ABI1; right <<= 1) {
		const struct rule rules[] = { { A, ABI1 & ~right }, {} };
		pid_t child;

		if (!(right & variant->needed))
			continue;
		child = fork();
		if (child == 0) {
			sandbox(_metadata, ABI1, rules);
			EXPECT_EQ(EACCES, act_in_same_dir(variant));
			_exit(0);
		}
		ASSERT_EQ(0, wait_for(_metadata, child));
	}
	EXPECT_EQ(0, act_in_same_dir(variant));
}

TEST_F(same_dir, rules_on_the_files_do_not_help)
{
	const int fd = new_ruleset(_metadata, ABI1);

	/* A rule on a directory is about what is in it, not about its name. */
	add_path(_metadata, fd, "dir", ABI1);
	add_path(_metadata, fd, "otherdir", ABI1);
	add_path(_metadata, fd, "file", ABI1_FILE);
	enforce(_metadata, fd);
	EXPECT_EQ(EACCES, act_in_same_dir(variant));
}

/* Between directories */

FIXTURE(two_dirs)
{
};

FIXTURE_VARIANT(two_dirs)
{
	const char *from, *to;
	unsigned int flags;
	bool is_link;
	/* What is needed in each directory to see EXDEV and not EACCES. */
	__u64 needed_from, needed_to;
};

/* clang-format off */
#define TWO_DIRS(name, from_, to_, flags_, needed_from_, needed_to_)	\
	FIXTURE_VARIANT_ADD(two_dirs, name) {				\
		.from = A "/" from_, .to = B "/" to_, .flags = flags_,	\
		.needed_from = needed_from_, .needed_to = needed_to_,	\
	}
#define TWO_DIRS_LINK(name, from_, needed_to_)				\
	FIXTURE_VARIANT_ADD(two_dirs, name) {				\
		.from = A "/" from_, .to = B "/new", .is_link = true,	\
		.needed_to = needed_to_,				\
	}
/* clang-format on */

TWO_DIRS(file, "file", "new", 0, REMOVE_FILE, MAKE_REG);
TWO_DIRS(fifo, "fifo", "new", 0, REMOVE_FILE, MAKE_FIFO);
TWO_DIRS(symlink, "symlink", "new", 0, REMOVE_FILE, MAKE_SYM);
TWO_DIRS(dir, "dir", "new", 0, REMOVE_DIR, MAKE_DIR);
TWO_DIRS(file_over_file, "file", "file", 0, REMOVE_FILE,
	 MAKE_REG | REMOVE_FILE);
TWO_DIRS(fifo_over_file, "fifo", "file", 0, REMOVE_FILE,
	 MAKE_FIFO | REMOVE_FILE);
TWO_DIRS(dir_over_dir, "dir", "dir", 0, REMOVE_DIR, MAKE_DIR | REMOVE_DIR);
TWO_DIRS(exchange_files, "file", "file", RENAME_EXCHANGE,
	 MAKE_REG | REMOVE_FILE, MAKE_REG | REMOVE_FILE);
TWO_DIRS(exchange_file_dir, "file", "dir", RENAME_EXCHANGE,
	 MAKE_DIR | REMOVE_FILE, MAKE_REG | REMOVE_DIR);
TWO_DIRS(whiteout_fifo, "fifo", "new", RENAME_WHITEOUT, REMOVE_FILE | MAKE_REG,
	 MAKE_FIFO);
TWO_DIRS_LINK(link_file, "file", MAKE_REG);
TWO_DIRS_LINK(link_fifo, "fifo", MAKE_FIFO);

FIXTURE_SETUP(two_dirs)
{
	make_trees(_metadata);
}

FIXTURE_TEARDOWN_PARENT(two_dirs)
{
}

static int act_in_two_dirs(const FIXTURE_VARIANT(two_dirs) *const variant)
{
	if (variant->is_link)
		return ERR(link(variant->from, variant->to));
	return try_rename(variant->from, variant->to, variant->flags);
}

/* Sandboxes a child and returns what it sees. */
static int act_with(struct __test_metadata *const _metadata,
		    const FIXTURE_VARIANT(two_dirs) *const variant,
		    __u64 handled, __u64 on_a, __u64 on_b)
{
	const pid_t child = fork();

	if (child == 0) {
		const int fd = new_ruleset(_metadata, handled);

		if (on_a)
			add_path(_metadata, fd, A, on_a);
		if (on_b)
			add_path(_metadata, fd, B, on_b);
		enforce(_metadata, fd);
		_exit(act_in_two_dirs(variant));
	}
	return wait_for(_metadata, child);
}

TEST_F(two_dirs, all_rights_are_not_enough)
{
	EXPECT_EQ(EXDEV, act_with(_metadata, variant, ABI1, ABI1, ABI1));
	/* Without a sandbox. */
	EXPECT_EQ(0, act_in_two_dirs(variant));
}

TEST_F(two_dirs, needed_rights_give_exdev)
{
	EXPECT_EQ(EXDEV, act_with(_metadata, variant, ABI1,
				  variant->needed_from, variant->needed_to));
}

TEST_F(two_dirs, unrelated_rights_deny_as_well)
{
	EXPECT_EQ(EXDEV, act_with(_metadata, variant,
				  LANDLOCK_ACCESS_FS_EXECUTE, 0, 0));
	EXPECT_EQ(EXDEV, act_with(_metadata, variant,
				  LANDLOCK_ACCESS_FS_EXECUTE,
				  LANDLOCK_ACCESS_FS_EXECUTE,
				  LANDLOCK_ACCESS_FS_EXECUTE));
}

TEST_F(two_dirs, missing_right_in_source_gives_eacces)
{
	__u64 right;

	for (right = 1; right & ABI1; right <<= 1) {
		const int expected =
			right & variant->needed_from ? missing_right() : EXDEV;

		EXPECT_EQ(expected, act_with(_metadata, variant, ABI1,
					     ABI1 & ~right, ABI1));
	}
}

TEST_F(two_dirs, missing_right_in_destination_gives_eacces)
{
	__u64 right;

	for (right = 1; right & ABI1; right <<= 1) {
		const int expected =
			right & variant->needed_to ? missing_right() : EXDEV;

		EXPECT_EQ(expected, act_with(_metadata, variant, ABI1, ABI1,
					     ABI1 & ~right));
	}
}

TEST_F(two_dirs, eacces_of_one_layer_wins)
{
	const struct rule all[] = { { A, ABI1 }, { B, ABI1 }, {} };
	const struct rule source[] = {
		{ A, ABI1 },
		{ B, ABI1 & ~variant->needed_to },
		{},
	};

	sandbox(_metadata, ABI1, source);
	sandbox(_metadata, ABI1, all);
	EXPECT_EQ(missing_right(), act_in_two_dirs(variant));
}

TEST_F(two_dirs, exdev_stays_with_many_layers)
{
	const struct rule all[] = { { A, ABI1 }, { B, ABI1 }, {} };

	sandbox(_metadata, ABI1, all);
	sandbox(_metadata, LANDLOCK_ACCESS_FS_EXECUTE, NULL);
	sandbox(_metadata, ABI1, all);
	EXPECT_EQ(EXDEV, act_in_two_dirs(variant));
}

/* With the right to refer */

#define REFER LANDLOCK_ACCESS_FS_REFER

TEST_F(two_dirs, right_to_refer_allows)
{
	const __u64 from = variant->needed_from | REFER;
	const __u64 to = variant->needed_to | REFER;

	if (abi_version() < 2)
		SKIP(return, "no right to refer");
	/* Both directories must grant it. */
	EXPECT_EQ(EXDEV, act_with(_metadata, variant, ABI1 | REFER, ABI1,
				  ABI1 | REFER));
	EXPECT_EQ(EXDEV, act_with(_metadata, variant, ABI1 | REFER,
				  ABI1 | REFER, ABI1));
	/* And the rights that are needed anyway. */
	EXPECT_EQ(variant->needed_to ? EACCES : 0,
		  act_with(_metadata, variant, ABI1 | REFER, from, REFER));
	EXPECT_EQ(0, act_with(_metadata, variant, ABI1 | REFER, from | to,
			      from | to));
}

TEST_F(two_dirs, right_to_refer_lets_nothing_be_gained)
{
	const __u64 all = ABI1 | REFER;
	const bool exchange = variant->flags & RENAME_EXCHANGE;
	__u64 right = LANDLOCK_ACCESS_FS_EXECUTE;

	if (abi_version() < 2)
		SKIP(return, "no right to refer");
	EXPECT_EQ(EXDEV, act_with(_metadata, variant, all, all & ~right, all));
	/* What comes back from there would gain it. */
	EXPECT_EQ(exchange ? EXDEV : 0,
		  act_with(_metadata, variant, all, all, all & ~right));
}

TEST_F(two_dirs, right_to_refer_does_not_matter_to_other_layers)
{
	const __u64 all = ABI1 | REFER;
	const struct rule rules[] = { { A, all }, { B, all }, {} };

	if (abi_version() < 2)
		SKIP(return, "no right to refer");
	sandbox(_metadata, all, rules);
	sandbox(_metadata, LANDLOCK_ACCESS_FS_EXECUTE, NULL);
	EXPECT_EQ(EXDEV, act_in_two_dirs(variant));
}

/* Other cases */

FIXTURE(refer)
{
};

FIXTURE_SETUP(refer)
{
	make_trees(_metadata);
}

FIXTURE_TEARDOWN_PARENT(refer)
{
}

/* A directory and the one above are two directories. */
TEST_F(refer, to_parent_or_child)
{
	const struct rule rules[] = { { BASE, ABI1 }, {} };

	sandbox(_metadata, ABI1, rules);
	EXPECT_EQ(EXDEV, try_rename(A "/file", BASE "/file", 0));
	EXPECT_EQ(EXDEV, try_rename(A "/file", A "/dir/file", 0));
	EXPECT_EQ(EXDEV, ERR(link(A "/file", A "/dir/file")));
	EXPECT_EQ(0, try_rename(A "/file", A "/new", 0));
	EXPECT_EQ(0, ERR(link(A "/new", A "/file")));
}

TEST_F(refer, same_directory_by_another_path)
{
	const struct rule rules[] = { { A, MAKE_REG | REMOVE_FILE }, {} };

	sandbox(_metadata, ABI1, rules);
	EXPECT_EQ(0, try_rename(A "/file", A "/dir/../new", 0));
	EXPECT_EQ(0, try_rename(A "/new", A "/./file", 0));
	EXPECT_EQ(EACCES, try_rename(B "/file", B "/dir/../new", 0));
}

TEST_F(refer, missing_files_are_enoent)
{
	sandbox(_metadata, ABI1, NULL);
	EXPECT_EQ(ENOENT, try_rename(A "/missing", A "/new", 0));
	EXPECT_EQ(ENOENT, try_rename(A "/missing", B "/new", 0));
	EXPECT_EQ(ENOENT, ERR(link(A "/missing", B "/new")));
	EXPECT_EQ(ENOENT,
		  try_rename(A "/file", A "/missing", RENAME_EXCHANGE));
	EXPECT_EQ(ENOENT,
		  try_rename(A "/file", B "/missing", RENAME_EXCHANGE));
	EXPECT_EQ(EACCES, try_rename(A "/file", A "/other", RENAME_EXCHANGE));
	EXPECT_EQ(missing_right(),
		  try_rename(A "/file", B "/file", RENAME_EXCHANGE));
}

TEST_F(refer, existing_files_are_eexist)
{
	sandbox(_metadata, ABI1, NULL);
	EXPECT_EQ(EEXIST, try_rename(A "/file", B "/file", RENAME_NOREPLACE));
	EXPECT_EQ(EEXIST, ERR(link(A "/file", B "/file")));
	EXPECT_EQ(missing_right(),
		  try_rename(A "/file", B "/new", RENAME_NOREPLACE));
	EXPECT_EQ(missing_right(), ERR(link(A "/file", B "/new")));
}

/* EXDEV of the VFS does not depend on rights. */
TEST_F(refer, another_mount_is_exdev)
{
	ASSERT_EQ(0, mount(A, B, NULL, MS_BIND, NULL));
	sandbox(_metadata, ABI1, NULL);
	EXPECT_EQ(EXDEV, try_rename(A "/file", B "/new", 0));
	EXPECT_EQ(EXDEV, ERR(link(A "/file", B "/new")));
	EXPECT_EQ(EACCES, try_rename(B "/file", B "/new", 0));
}

TEST_F(refer, below_one_mount_point)
{
	const struct rule rules[] = { { BASE, ABI1 }, {} };

	ASSERT_EQ(0, mount(A, B, NULL, MS_BIND, NULL));
	sandbox(_metadata, ABI1, rules);
	EXPECT_EQ(0, try_rename(B "/file", B "/new", 0));
	EXPECT_EQ(EXDEV, try_rename(B "/new", B "/dir/new", 0));
	EXPECT_EQ(EXDEV, try_rename(B "/dir", B "/otherdir/dir", 0));
}

/* Whiteouts count as regular files. */
TEST_F(refer, whiteout_itself)
{
	const struct rule rules[] = {
		{ A, MAKE_REG | REMOVE_FILE },
		{ B, ABI1 & ~MAKE_REG },
		{},
	};

	ASSERT_EQ(0, mknod(A "/whiteout", S_IFCHR, makedev(0, 0)));
	ASSERT_EQ(0, mknod(B "/whiteout", S_IFCHR, makedev(0, 0)));
	sandbox(_metadata, ABI1, rules);
	EXPECT_EQ(0, try_rename(A "/whiteout", A "/new", 0));
	EXPECT_EQ(0, ERR(link(A "/new", A "/whiteout")));
	EXPECT_EQ(EACCES, try_rename(B "/whiteout", B "/new", 0));
	EXPECT_EQ(EACCES, ERR(link(B "/whiteout", B "/new")));
}

/* Rights to rename files between A and B. */
#define MOVE (MAKE_REG | REMOVE_FILE | LANDLOCK_ACCESS_FS_REFER)

FIXTURE(gain)
{
};

FIXTURE_VARIANT(gain)
{
	const char *above;
	int expected;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(gain, rule_on_the_real_root) {
	/* clang-format on */
	.above = "/",
	.expected = EXDEV,
};

/* clang-format off */
FIXTURE_VARIANT_ADD(gain, rule_below_the_real_root) {
	/* clang-format on */
	.above = "/tmp",
	.expected = 0,
};

FIXTURE_SETUP(gain)
{
	if (abi_version() < 2)
		SKIP(return, "no right to refer");
	make_trees(_metadata);
}

FIXTURE_TEARDOWN_PARENT(gain)
{
}

/*
 * A rule above both directories grants what only the destination had. The
 * right to execute is denied to both, so that they have to be compared: before
 * each step up, which is never after the last one.
 */
TEST_F(gain, is_made_up_for_above)
{
	const __u64 read = LANDLOCK_ACCESS_FS_READ_FILE;
	const struct rule rules[] = {
		{ A, MOVE },
		{ B, MOVE | read },
		{ variant->above, read },
		{},
	};
	const __u64 handled = MOVE | read | LANDLOCK_ACCESS_FS_EXECUTE;

	sandbox(_metadata, handled, rules);
	EXPECT_EQ(0, try_rename(B "/file", A "/new", 0));
	EXPECT_EQ(variant->expected, try_rename(A "/other", B "/new", 0));
}

/* Enforces a layer that has nothing to do with files. */
static void sandbox_ports(struct __test_metadata *const _metadata)
{
	const struct landlock_ruleset_attr attr = {
		.handled_access_net = LANDLOCK_ACCESS_NET_BIND_TCP,
	};
	const size_t size = offsetof(typeof(attr), scoped);
	const int fd = create_ruleset(&attr, size, 0);

	ASSERT_LE(0, fd);
	enforce(_metadata, fd);
	ASSERT_EQ(0, close(fd));
}

/* Such a layer denies to refer all the same. */
TEST_F(refer, layer_without_rights_on_files)
{
	const struct rule rules[] = { { BASE, MOVE }, {} };

	if (abi_version() < 4)
		SKIP(return, "every layer has rights on files");
	sandbox(_metadata, MOVE, rules);
	EXPECT_EQ(0, try_rename(A "/file", B "/new", 0));

	sandbox_ports(_metadata);
	EXPECT_EQ(EXDEV, try_rename(B "/new", A "/file", 0));
	EXPECT_EQ(0, try_rename(B "/new", B "/newer", 0));
}

/* But it does so only next to a layer that handles files. */
TEST_F(refer, only_layer_without_rights_on_files)
{
	if (abi_version() < 4)
		SKIP(return, "every layer has rights on files");
	sandbox_ports(_metadata);
	EXPECT_EQ(0, try_rename(A "/file", B "/new", 0));
}

TEST_HARNESS_MAIN
