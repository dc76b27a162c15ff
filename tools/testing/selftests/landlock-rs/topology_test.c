// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sandboxed process cannot change what is mounted, whatever its rules allow:
 * that could bring files under other rules.
 */

#include "common.h"

#define MNT BASE "/mnt"
#define OTHER BASE "/other"
#define EMPTY BASE "/empty"

#define OPEN_TREE_CLONE_ 1
#define MOVE_MOUNT_FROM_EMPTY 0x4

/* Actions: each returns errno, or 0. */

static int do_mount(void)
{
	return ERR(mount("new", EMPTY, "tmpfs", 0, NULL));
}

static int do_bind(void)
{
	return ERR(mount(OTHER, EMPTY, NULL, MS_BIND, NULL));
}

static int do_bind_recursive(void)
{
	return ERR(mount(OTHER, EMPTY, NULL, MS_BIND | MS_REC, NULL));
}

static int do_move(void)
{
	return ERR(mount(MNT, EMPTY, NULL, MS_MOVE, NULL));
}

static int do_remount(void)
{
	return ERR(mount(NULL, MNT, NULL, MS_REMOUNT | MS_RDONLY, NULL));
}

static int do_remount_bind(void)
{
	return ERR(mount(NULL, MNT, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY,
			 NULL));
}

static int do_make_shared(void)
{
	return ERR(mount(NULL, MNT, NULL, MS_SHARED, NULL));
}

static int do_make_unbindable(void)
{
	return ERR(mount(NULL, MNT, NULL, MS_UNBINDABLE, NULL));
}

static int do_umount(void)
{
	return ERR(umount(MNT));
}

static int do_umount_detach(void)
{
	return ERR(umount2(MNT, MNT_DETACH));
}

static int do_move_mount(void)
{
	return ERR(syscall(__NR_move_mount, AT_FDCWD, MNT, AT_FDCWD, EMPTY, 0));
}

/* Attaches a tree that was cloned. */
static int do_attach_tree(void)
{
	const int fd = syscall(__NR_open_tree, AT_FDCWD, OTHER,
			       OPEN_TREE_CLONE_);
	const int err = ERR(syscall(__NR_move_mount, fd, "", AT_FDCWD, EMPTY,
				    MOVE_MOUNT_FROM_EMPTY));

	close(fd);
	return err;
}

/* Attaches a file system made step by step. */
static int do_attach_new(void)
{
	const int fs_fd = syscall(__NR_fsopen, "tmpfs", 0);
	int mnt_fd, err;

	if (fs_fd < 0)
		return -1;
	syscall(__NR_fsconfig, fs_fd, 6 /* FSCONFIG_CMD_CREATE */, NULL, NULL,
		0);
	mnt_fd = syscall(__NR_fsmount, fs_fd, 0, 0);
	err = ERR(syscall(__NR_move_mount, mnt_fd, "", AT_FDCWD, EMPTY,
			  MOVE_MOUNT_FROM_EMPTY));
	close(mnt_fd);
	close(fs_fd);
	return err;
}

/* The setup made OTHER the root, with a mount on /new. */
static int do_pivot_root(void)
{
	return ERR(syscall(__NR_pivot_root, "/new", "/new/old"));
}

/* What remains possible */

static int do_chroot(void)
{
	return ERR(chroot(OTHER));
}

static int do_unshare(void)
{
	return ERR(unshare(CLONE_NEWNS));
}

static int do_unshare_user(void)
{
	return ERR(unshare(CLONE_NEWUSER | CLONE_NEWNS));
}

static int do_clone_tree(void)
{
	return ERR(syscall(__NR_open_tree, AT_FDCWD, OTHER, OPEN_TREE_CLONE_));
}

FIXTURE(topology)
{
};

FIXTURE_VARIANT(topology)
{
	int (*act)(void);
	int expected;
	bool new_root;
};

/* clang-format off */
#define DENIED(name)							\
	FIXTURE_VARIANT_ADD(topology, name) {				\
		.act = do_##name, .expected = EPERM,			\
	}
#define ALLOWED(name)							\
	FIXTURE_VARIANT_ADD(topology, name) { .act = do_##name, }
/* clang-format on */

DENIED(mount);
DENIED(bind);
DENIED(bind_recursive);
DENIED(move);
DENIED(remount);
DENIED(remount_bind);
DENIED(make_shared);
DENIED(make_unbindable);
DENIED(umount);
DENIED(umount_detach);
DENIED(move_mount);
DENIED(attach_tree);
DENIED(attach_new);

/* clang-format off */
FIXTURE_VARIANT_ADD(topology, pivot_root) {
	/* clang-format on */
	.act = do_pivot_root,
	.expected = EPERM,
	.new_root = true,
};

ALLOWED(chroot);
ALLOWED(unshare);
ALLOWED(unshare_user);
ALLOWED(clone_tree);

FIXTURE_SETUP(topology)
{
	mount_base(_metadata);
	make_dir(_metadata, MNT);
	make_dir(_metadata, OTHER);
	make_dir(_metadata, EMPTY);
	ASSERT_EQ(0, mount("mnt", MNT, "tmpfs", 0, NULL));
	ASSERT_EQ(0, mount("other", OTHER, "tmpfs", 0, NULL));
	if (!variant->new_root)
		return;

	make_dir(_metadata, OTHER "/new");
	ASSERT_EQ(0, mount("new", OTHER "/new", "tmpfs", 0, NULL));
	make_dir(_metadata, OTHER "/new/old");
	ASSERT_EQ(0, chroot(OTHER));
	ASSERT_EQ(0, chdir("/"));
}

FIXTURE_TEARDOWN_PARENT(topology)
{
}

TEST_F(topology, without_sandbox)
{
	EXPECT_EQ(0, variant->act());
}

TEST_F(topology, with_all_rights)
{
	const struct rule rules[] = { { "/", ABI1 }, {} };

	sandbox(_metadata, ABI1, rules);
	EXPECT_EQ(variant->expected, variant->act());
}

TEST_F(topology, with_one_right_handled)
{
	sandbox(_metadata, LANDLOCK_ACCESS_FS_EXECUTE, NULL);
	EXPECT_EQ(variant->expected, variant->act());
}

TEST_F(topology, with_many_layers)
{
	int layer;

	for (layer = 0; layer < MAX_LAYERS; layer++)
		sandbox(_metadata, 1ULL << layer % 13, NULL);
	EXPECT_EQ(variant->expected, variant->act());
}

/* Another process may still do it, whether or not it made the sandbox. */
TEST_F(topology, by_the_parent_of_a_sandbox)
{
	const pid_t child = fork();

	if (child == 0) {
		sandbox(_metadata, ABI1, NULL);
		EXPECT_EQ(variant->expected, variant->act());
		_exit(0);
	}
	EXPECT_EQ(0, wait_for(_metadata, child));
	EXPECT_EQ(0, variant->act());
}

/* Capabilities in namespaces that a sandboxed process makes do not help. */

FIXTURE(own_namespace)
{
};

FIXTURE_VARIANT(own_namespace)
{
	bool sandboxed;
	int expected;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(own_namespace, free) {
	/* clang-format on */
	.sandboxed = false,
	.expected = 0,
};

/* clang-format off */
FIXTURE_VARIANT_ADD(own_namespace, sandboxed) {
	/* clang-format on */
	.sandboxed = true,
	.expected = EPERM,
};

FIXTURE_SETUP(own_namespace)
{
	const struct rule rules[] = { { "/", ABI1 }, {} };

	mount_base(_metadata);
	make_dir(_metadata, OTHER);
	make_dir(_metadata, EMPTY);
	if (variant->sandboxed)
		sandbox(_metadata, ABI1, rules);
	ASSERT_EQ(0, unshare(CLONE_NEWUSER | CLONE_NEWNS));
}

FIXTURE_TEARDOWN_PARENT(own_namespace)
{
}

TEST_F(own_namespace, mount)
{
	EXPECT_EQ(variant->expected, do_mount());
}

TEST_F(own_namespace, bind)
{
	EXPECT_EQ(variant->expected, do_bind_recursive());
}

TEST_F(own_namespace, attach_tree)
{
	EXPECT_EQ(variant->expected, do_attach_tree());
}

TEST_HARNESS_MAIN
