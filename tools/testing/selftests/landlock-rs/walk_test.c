// SPDX-License-Identifier: GPL-2.0-only
/* Which rules a file is under: the walk from a file up to the real root. */

#include "common.h"

#define DIR BASE "/dir"
#define DEEP DIR "/1/2/3/4"
#define OUTSIDE BASE "/outside"

#define READ LANDLOCK_ACCESS_FS_READ_FILE

#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif

static void make_tree(struct __test_metadata *const _metadata)
{
	mount_base(_metadata);
	make_dir(_metadata, DIR);
	make_dir(_metadata, DIR "/1");
	make_dir(_metadata, DIR "/1/2");
	make_dir(_metadata, DIR "/1/2/3");
	make_dir(_metadata, DIR "/1/2/3/4");
	make_file(_metadata, DEEP "/file");
	make_file(_metadata, DEEP "/other");
	make_dir(_metadata, OUTSIDE);
	make_file(_metadata, OUTSIDE "/file");
}

static void sandbox_read(struct __test_metadata *const _metadata,
			 const char *rule_path)
{
	const struct rule rules[] = { { rule_path, READ }, {} };

	sandbox(_metadata, READ, rules);
}

/* Depth */

FIXTURE(depth)
{
};

FIXTURE_VARIANT(depth)
{
	const char *rule_path;
	int expected_file, expected_other, expected_outside;
};

/* clang-format off */
#define DEPTH(name, rule_path_, file_, other_, outside_)		\
	FIXTURE_VARIANT_ADD(depth, name) {				\
		.rule_path = rule_path_, .expected_file = file_,	\
		.expected_other = other_, .expected_outside = outside_,	\
	}
/* clang-format on */

DEPTH(file, DEEP "/file", 0, EACCES, EACCES);
DEPTH(parent, DEEP, 0, 0, EACCES);
DEPTH(grandparent, DIR "/1/2/3", 0, 0, EACCES);
DEPTH(top, DIR, 0, 0, EACCES);
DEPTH(mount, BASE, 0, 0, 0);
DEPTH(above_mount, "/tmp", 0, 0, 0);
DEPTH(root, "/", 0, 0, 0);
DEPTH(sibling, DEEP "/other", EACCES, 0, EACCES);
DEPTH(elsewhere, OUTSIDE, EACCES, EACCES, 0);
DEPTH(other_mount, "/proc", EACCES, EACCES, EACCES);

FIXTURE_SETUP(depth)
{
	make_tree(_metadata);
}

FIXTURE_TEARDOWN_PARENT(depth)
{
}

TEST_F(depth, rule_covers_what_is_below)
{
	sandbox_read(_metadata, variant->rule_path);
	EXPECT_EQ(variant->expected_file, try_open(DEEP "/file", O_RDONLY));
	EXPECT_EQ(variant->expected_other, try_open(DEEP "/other", O_RDONLY));
	EXPECT_EQ(variant->expected_outside,
		  try_open(OUTSIDE "/file", O_RDONLY));
}

TEST_F(depth, path_used_does_not_matter)
{
	int dir_fd;

	ASSERT_EQ(0, symlink(DEEP, OUTSIDE "/symlink"));
	dir_fd = open(DEEP, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, dir_fd);
	sandbox_read(_metadata, variant->rule_path);

	EXPECT_EQ(variant->expected_file,
		  try_openat(dir_fd, "file", O_RDONLY));
	EXPECT_EQ(variant->expected_file,
		  try_open(OUTSIDE "/symlink/file", O_RDONLY));
	EXPECT_EQ(variant->expected_file,
		  try_open(OUTSIDE "/../dir/1/2/3/4/file", O_RDONLY));
	ASSERT_EQ(0, fchdir(dir_fd));
	EXPECT_EQ(variant->expected_file, try_open("file", O_RDONLY));
}

TEST_F(depth, chroot_does_not_matter)
{
	sandbox_read(_metadata, variant->rule_path);
	ASSERT_EQ(0, chroot(DEEP));
	EXPECT_EQ(variant->expected_file, try_open("/file", O_RDONLY));
	EXPECT_EQ(variant->expected_other, try_open("/other", O_RDONLY));
}

/* Bind mounts: @DIR is seen at BASE/mnt/point as well. */

#define MNT BASE "/mnt"
#define POINT MNT "/point"
#define HIDDEN "hidden:" POINT

FIXTURE(bind_mount)
{
	/* The directory that the mount hides. */
	int hidden_fd;
};

FIXTURE_VARIANT(bind_mount)
{
	const char *rule_path;
	int expected_direct, expected_by_mount;
};

/* clang-format off */
#define BIND_MOUNT(name, rule_path_, direct_, by_mount_)		\
	FIXTURE_VARIANT_ADD(bind_mount, name) {				\
		.rule_path = rule_path_, .expected_direct = direct_,	\
		.expected_by_mount = by_mount_,				\
	}
/* clang-format on */

/* What is mounted is the same inode: a rule on it is seen both ways. */
BIND_MOUNT(source, DIR "/1", 0, 0);
BIND_MOUNT(mount_point, POINT, 0, 0);
BIND_MOUNT(in_source, DEEP, 0, 0);
BIND_MOUNT(file, DEEP "/file", 0, 0);
BIND_MOUNT(above_source, DIR, 0, EACCES);
BIND_MOUNT(above_mount_point, MNT, EACCES, 0);
BIND_MOUNT(common, BASE, 0, 0);
BIND_MOUNT(hidden, HIDDEN, EACCES, EACCES);

FIXTURE_SETUP(bind_mount)
{
	make_tree(_metadata);
	make_dir(_metadata, MNT);
	make_dir(_metadata, POINT);
	self->hidden_fd = open(POINT, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, self->hidden_fd);
	ASSERT_EQ(0, mount(DIR "/1", POINT, NULL, MS_BIND, NULL));
}

FIXTURE_TEARDOWN_PARENT(bind_mount)
{
}

TEST_F(bind_mount, rules_above_depend_on_the_path)
{
	const int fd = new_ruleset(_metadata, READ);

	if (!strcmp(variant->rule_path, HIDDEN)) {
		ASSERT_EQ(0, add_rule_fd(fd, self->hidden_fd, READ));
	} else {
		add_path(_metadata, fd, variant->rule_path, READ);
	}
	enforce(_metadata, fd);

	EXPECT_EQ(variant->expected_direct, try_open(DEEP "/file", O_RDONLY));
	EXPECT_EQ(variant->expected_by_mount,
		  try_open(POINT "/2/3/4/file", O_RDONLY));
}

/* Mounts on one point */

FIXTURE(stacked)
{
	int first_fd, second_fd;
};

FIXTURE_SETUP(stacked)
{
	make_tree(_metadata);
	make_dir(_metadata, MNT);
	make_dir(_metadata, POINT);
	ASSERT_EQ(0, mount("first", POINT, "tmpfs", 0, NULL));
	self->first_fd = open(POINT, O_PATH | O_CLOEXEC);
	make_file(_metadata, POINT "/file");
	ASSERT_EQ(0, mount("second", POINT, "tmpfs", 0, NULL));
	self->second_fd = open(POINT, O_PATH | O_CLOEXEC);
	make_file(_metadata, POINT "/file");
	ASSERT_LE(0, self->first_fd);
	ASSERT_LE(0, self->second_fd);
}

FIXTURE_TEARDOWN_PARENT(stacked)
{
}

TEST_F(stacked, rule_on_the_visible_one)
{
	const int fd = new_ruleset(_metadata, READ);

	ASSERT_EQ(0, add_rule_fd(fd, self->second_fd, READ));
	enforce(_metadata, fd);
	EXPECT_EQ(0, try_open(POINT "/file", O_RDONLY));
	EXPECT_EQ(EACCES, try_openat(self->first_fd, "file", O_RDONLY));
}

TEST_F(stacked, rule_on_the_hidden_one)
{
	const int fd = new_ruleset(_metadata, READ);

	ASSERT_EQ(0, add_rule_fd(fd, self->first_fd, READ));
	enforce(_metadata, fd);
	/* It is not on the way up from the visible one. */
	EXPECT_EQ(EACCES, try_open(POINT "/file", O_RDONLY));
	EXPECT_EQ(0, try_openat(self->first_fd, "file", O_RDONLY));
}

TEST_F(stacked, rule_above_covers_both)
{
	sandbox_read(_metadata, MNT);
	EXPECT_EQ(0, try_open(POINT "/file", O_RDONLY));
	EXPECT_EQ(0, try_openat(self->first_fd, "file", O_RDONLY));
	EXPECT_EQ(EACCES, try_open(OUTSIDE "/file", O_RDONLY));
}

/*
 * A directory that was moved out of a bind mount: DIR/1 is mounted on POINT,
 * POINT/2 is kept open, then DIR/1/2 is moved to OUTSIDE/2.
 */

FIXTURE(disconnected)
{
	int moved_fd;
};

FIXTURE_VARIANT(disconnected)
{
	const char *rule_path;
	int expected;
};

/* clang-format off */
#define DISCONNECTED(name, rule_path_, expected_)			\
	FIXTURE_VARIANT_ADD(disconnected, name) {			\
		.rule_path = rule_path_, .expected = expected_,		\
	}
/* clang-format on */

#define MOVED_FILE OUTSIDE "/2/3/4/file"

DISCONNECTED(file, MOVED_FILE, 0);
DISCONNECTED(moved, OUTSIDE "/2", 0);
/* Both hierarchies count (erratum 3): where it is now, up to the root... */
DISCONNECTED(new_parent, OUTSIDE, 0);
/* ...and where it was opened, from the root of the mount. */
DISCONNECTED(mount_root, DIR "/1", 0);
DISCONNECTED(above_mount_point, MNT, 0);
DISCONNECTED(common, BASE, 0);
DISCONNECTED(above_old_parent, DIR, EACCES);

FIXTURE_SETUP(disconnected)
{
	make_tree(_metadata);
	make_dir(_metadata, MNT);
	make_dir(_metadata, POINT);
	ASSERT_EQ(0, mount(DIR "/1", POINT, NULL, MS_BIND, NULL));
	self->moved_fd = open(POINT "/2", O_PATH | O_CLOEXEC);
	ASSERT_LE(0, self->moved_fd);
	ASSERT_EQ(0, rename(DIR "/1/2", OUTSIDE "/2"));
}

FIXTURE_TEARDOWN_PARENT(disconnected)
{
}

TEST_F(disconnected, both_hierarchies_count)
{
	sandbox_read(_metadata, variant->rule_path);
	EXPECT_EQ(variant->expected,
		  try_openat(self->moved_fd, "3/4/file", O_RDONLY));
}

TEST_F(disconnected, create_and_rename)
{
	/* A rule on a file says nothing about directories. */
	const bool on_file = !strcmp(variant->rule_path, MOVED_FILE);
	const struct rule rules[] = {
		{ variant->rule_path, on_file ? READ : ABI1 },
		{},
	};
	const int expected = on_file ? EACCES : variant->expected;

	sandbox(_metadata, ABI1, rules);
	EXPECT_EQ(expected, ERR(mkdirat(self->moved_fd, "3/new", 0700)));
	EXPECT_EQ(expected, ERR(renameat(self->moved_fd, "3/4/file",
					 self->moved_fd, "3/4/new")));
	EXPECT_EQ(expected ?: EXDEV,
		  ERR(renameat(self->moved_fd, "3/4/other", self->moved_fd,
			       "3/other")));
}

/* Trees that are in no mount namespace */

FIXTURE(detached)
{
	int tree_fd;
};

FIXTURE_VARIANT(detached)
{
	const char *rule_path;
	int expected;
};

/* clang-format off */
#define DETACHED(name, rule_path_, expected_)				\
	FIXTURE_VARIANT_ADD(detached, name) {				\
		.rule_path = rule_path_, .expected = expected_,		\
	}
/* clang-format on */

DETACHED(root_of_tree, DIR "/1", 0);
DETACHED(in_tree, DIR "/1/2", 0);
DETACHED(above_tree, DIR, EACCES);
DETACHED(root, "/", EACCES);

FIXTURE_SETUP(detached)
{
	make_tree(_metadata);
	self->tree_fd = syscall(__NR_open_tree, AT_FDCWD, DIR "/1",
				OPEN_TREE_CLONE);
	ASSERT_LE(0, self->tree_fd);
}

FIXTURE_TEARDOWN_PARENT(detached)
{
}

TEST_F(detached, only_rules_in_the_tree_count)
{
	sandbox_read(_metadata, variant->rule_path);
	EXPECT_EQ(variant->expected,
		  try_openat(self->tree_fd, "2/3/4/file", O_RDONLY));
}

TEST_F(detached, mount_that_went_away)
{
	int fd;

	make_dir(_metadata, MNT);
	ASSERT_EQ(0, mount(DIR "/1", MNT, NULL, MS_BIND, NULL));
	fd = open(MNT, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, umount2(MNT, MNT_DETACH));

	sandbox_read(_metadata, variant->rule_path);
	EXPECT_EQ(variant->expected, try_openat(fd, "2/3/4/file", O_RDONLY));
}

/* Files of file systems that cannot be mounted are not restricted. */

FIXTURE(internal)
{
};

FIXTURE_SETUP(internal)
{
	make_tree(_metadata);
}

FIXTURE_TEARDOWN_PARENT(internal)
{
}

TEST_F(internal, pipe)
{
	int fds[2];
	const int file_fd = open(DEEP "/file", O_RDWR | O_CLOEXEC);

	ASSERT_LE(0, file_fd);
	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	sandbox(_metadata, ABI1, NULL);
	EXPECT_EQ(0, try_reopen(fds[0], O_RDONLY | O_NONBLOCK));
	EXPECT_EQ(0, try_reopen(fds[0], O_RDWR));
	EXPECT_EQ(0, try_reopen(fds[1], O_WRONLY | O_APPEND));
	EXPECT_EQ(EACCES, try_reopen(file_fd, O_RDONLY));
}

TEST_F(internal, memfd)
{
	const int fd = syscall(__NR_memfd_create, "memfd", 0);
	const int file_fd = open(DEEP "/file", O_RDWR | O_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_LE(0, file_fd);
	sandbox(_metadata, ABI1, NULL);
	EXPECT_EQ(0, try_reopen(fd, O_RDWR));
	EXPECT_EQ(0, try_reopen(fd, O_WRONLY | O_TRUNC));
	EXPECT_EQ(EACCES, try_reopen(file_fd, O_RDWR));
}

TEST_F(internal, nsfs)
{
	sandbox(_metadata, ABI1, NULL);
	EXPECT_EQ(0, try_open("/proc/self/ns/mnt", O_RDONLY));
	EXPECT_EQ(0, try_open("/proc/self/ns/user", O_RDONLY));
	EXPECT_EQ(EACCES, try_open("/proc/self/ns", O_RDONLY));
	EXPECT_EQ(EACCES, try_open("/proc/self/status", O_RDONLY));
}

/* The file is under the rules of where it was. */
TEST_F(internal, unlinked_file_is_not_internal)
{
	const int fd = open(DEEP "/file", O_RDWR | O_CLOEXEC);
	const int outside_fd = open(OUTSIDE "/file", O_RDWR | O_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_LE(0, outside_fd);
	ASSERT_EQ(0, unlink(DEEP "/file"));
	ASSERT_EQ(0, unlink(OUTSIDE "/file"));
	sandbox_read(_metadata, DEEP);
	EXPECT_EQ(0, try_reopen(fd, O_RDONLY));
	EXPECT_EQ(EACCES, try_reopen(outside_fd, O_RDONLY));
}

TEST_F(internal, removed_directory_keeps_its_rules)
{
	int fd, outside_fd;

	make_dir(_metadata, DEEP "/gone");
	make_dir(_metadata, OUTSIDE "/gone");
	fd = open(DEEP "/gone", O_PATH | O_CLOEXEC);
	outside_fd = open(OUTSIDE "/gone", O_PATH | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_LE(0, outside_fd);
	ASSERT_EQ(0, rmdir(DEEP "/gone"));
	ASSERT_EQ(0, rmdir(OUTSIDE "/gone"));

	const struct rule rules[] = { { DIR, LANDLOCK_ACCESS_FS_READ_DIR },
				      {} };

	sandbox(_metadata, LANDLOCK_ACCESS_FS_READ_DIR, rules);
	EXPECT_EQ(0, try_reopen(fd, O_RDONLY));
	EXPECT_EQ(EACCES, try_reopen(outside_fd, O_RDONLY));
}

/* OverlayFS: files of the merged directory have inodes of their own. */

#define OVL BASE "/ovl"
#define MERGED OVL "/merged"

FIXTURE(overlay)
{
};

FIXTURE_VARIANT(overlay)
{
	const char *rule_path;
	int expected_lower, expected_upper, expected_merged;
};

/* clang-format off */
#define OVERLAY(name, rule_path_, lower_, upper_, merged_)		\
	FIXTURE_VARIANT_ADD(overlay, name) {				\
		.rule_path = rule_path_, .expected_lower = lower_,	\
		.expected_upper = upper_, .expected_merged = merged_,	\
	}
/* clang-format on */

OVERLAY(merged, MERGED, EACCES, EACCES, 0);
OVERLAY(merged_dir, MERGED "/dir", EACCES, EACCES, 0);
OVERLAY(lower, OVL "/lower", 0, EACCES, EACCES);
OVERLAY(lower_dir, OVL "/lower/dir", 0, EACCES, EACCES);
OVERLAY(upper, OVL "/upper", EACCES, 0, EACCES);
OVERLAY(above, OVL, 0, 0, 0);

FIXTURE_SETUP(overlay)
{
	mount_base(_metadata);
	make_dir(_metadata, OVL);
	make_dir(_metadata, OVL "/lower");
	make_dir(_metadata, OVL "/upper");
	make_dir(_metadata, OVL "/work");
	make_dir(_metadata, MERGED);
	make_dir(_metadata, OVL "/lower/dir");
	make_dir(_metadata, OVL "/upper/dir");
	make_file(_metadata, OVL "/lower/dir/lower");
	make_file(_metadata, OVL "/upper/dir/upper");
	ASSERT_EQ(0, mount("overlay", MERGED, "overlay", 0,
			   "lowerdir=" OVL "/lower,upperdir=" OVL
			   "/upper,workdir=" OVL "/work"));
}

FIXTURE_TEARDOWN_PARENT(overlay)
{
}

TEST_F(overlay, layers_are_other_files)
{
	const struct rule rules[] = { { variant->rule_path, READ_WRITE }, {} };

	sandbox(_metadata, READ_WRITE, rules);
	EXPECT_EQ(variant->expected_lower,
		  try_open(OVL "/lower/dir/lower", O_RDONLY));
	EXPECT_EQ(variant->expected_upper,
		  try_open(OVL "/upper/dir/upper", O_RDONLY));
	EXPECT_EQ(variant->expected_merged,
		  try_open(MERGED "/dir/lower", O_RDONLY));
	EXPECT_EQ(variant->expected_merged,
		  try_open(MERGED "/dir/upper", O_RDONLY));
	/* The copy that this makes in the upper layer is not restricted. */
	EXPECT_EQ(variant->expected_merged,
		  try_open(MERGED "/dir/lower", O_RDWR));
}

/* A rule holds its inode: it cannot be forgotten and found again. */
TEST_F(overlay, rule_outlives_dropped_caches)
{
	const struct rule rules[] = { { variant->rule_path, READ }, {} };
	const int drop = open("/proc/sys/vm/drop_caches", O_WRONLY);

	ASSERT_LE(0, drop);
	sandbox(_metadata, READ, rules);
	EXPECT_EQ(1, write(drop, "3", 1));
	EXPECT_EQ(variant->expected_merged,
		  try_open(MERGED "/dir/lower", O_RDONLY));
	EXPECT_EQ(1, write(drop, "2", 1));
	EXPECT_EQ(variant->expected_merged,
		  try_open(MERGED "/dir/upper", O_RDONLY));
}

/* Layers */

FIXTURE(layers)
{
};

FIXTURE_VARIANT(layers)
{
	int count;
};

/* clang-format off */
#define LAYERS(count_)							\
	FIXTURE_VARIANT_ADD(layers, of_##count_) { .count = count_, }
/* clang-format on */

LAYERS(1);
LAYERS(2);
LAYERS(3);
LAYERS(8);
LAYERS(15);
LAYERS(16);

FIXTURE_SETUP(layers)
{
	make_tree(_metadata);
}

FIXTURE_TEARDOWN_PARENT(layers)
{
}

static const char *const on_the_way[] = {
	DEEP "/file", DEEP, DIR "/1/2/3", DIR "/1/2", DIR "/1", DIR, BASE, "/",
};

#define ON_THE_WAY(layer) on_the_way[(layer) % ARRAY_SIZE(on_the_way)]

TEST_F(layers, each_grants_at_another_depth)
{
	int layer;

	for (layer = 0; layer < variant->count; layer++)
		sandbox_read(_metadata, ON_THE_WAY(layer));
	EXPECT_EQ(0, try_open(DEEP "/file", O_RDONLY));
	EXPECT_EQ(EACCES, try_open(OUTSIDE "/file", O_RDONLY));
}

TEST_F(layers, each_can_deny)
{
	int denying, layer;

	for (denying = 0; denying < variant->count; denying++) {
		const pid_t child = fork();

		if (child) {
			ASSERT_EQ(0, wait_for(_metadata, child));
			continue;
		}
		for (layer = 0; layer < variant->count; layer++)
			sandbox_read(_metadata, layer == denying ?
							OUTSIDE :
							ON_THE_WAY(layer));
		EXPECT_EQ(EACCES, try_open(DEEP "/file", O_RDONLY));
		_exit(0);
	}
}

/* A layer that does not handle a right does not deny it. */
TEST_F(layers, each_has_its_own_rights)
{
	const struct rule rules[] = { { DEEP, READ }, {} };
	int layer;

	for (layer = 0; layer < variant->count; layer++)
		sandbox(_metadata,
			layer % 2 ? LANDLOCK_ACCESS_FS_WRITE_FILE : READ,
			layer % 2 ? NULL : rules);
	EXPECT_EQ(0, try_open(DEEP "/file", O_RDONLY));
	EXPECT_EQ(EACCES, try_open(OUTSIDE "/file", O_RDONLY));
	EXPECT_EQ(variant->count > 1 ? EACCES : 0,
		  try_open(DEEP "/file", O_WRONLY));
}

TEST_HARNESS_MAIN
