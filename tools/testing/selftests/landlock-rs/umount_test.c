// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules hold inodes. That must not keep a file system mounted, nor memory
 * longer than the rules: inodes are released when the last rule goes away or
 * when the file system is unmounted, whichever comes first.
 */

#include "common.h"

#define MNT BASE "/mnt"
#define FILE_IN_MNT MNT "/file"
#define OTHER BASE "/other"

#define READ LANDLOCK_ACCESS_FS_READ_FILE
#define NUM_FILES 300

static void mount_mnt(struct __test_metadata *const _metadata)
{
	ASSERT_EQ(0, mount("mnt", MNT, "tmpfs", 0, NULL));
	make_file(_metadata, FILE_IN_MNT);
}

static const char *numbered(int i)
{
	static char path[64];

	snprintf(path, sizeof(path), MNT "/%d", i);
	return path;
}

FIXTURE(umount)
{
	int ruleset_fd;
	/* Pipes: from the child to its parent, and back. */
	int ready[2], go[2];
};

FIXTURE_SETUP(umount)
{
	ASSERT_EQ(0, pipe2(self->ready, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(self->go, O_CLOEXEC));
	mount_base(_metadata);
	make_dir(_metadata, MNT);
	mount_mnt(_metadata);
	make_file(_metadata, OTHER);
	self->ruleset_fd = new_ruleset(_metadata, READ);
}

FIXTURE_TEARDOWN_PARENT(umount)
{
}

/* Unmounting */

TEST_F(umount, with_a_ruleset)
{
	const int fd = open(FILE_IN_MNT, O_PATH | O_CLOEXEC);

	ASSERT_LE(0, fd);
	add_path(_metadata, self->ruleset_fd, MNT, READ);
	ASSERT_EQ(0, add_rule_fd(self->ruleset_fd, fd, READ));
	/* A descriptor keeps it mounted; a rule does not. */
	EXPECT_EQ(EBUSY, ERR(umount(MNT)));
	ASSERT_EQ(0, close(fd));
	EXPECT_EQ(0, ERR(umount(MNT)));
}

TEST_F(umount, with_a_domain)
{
	pid_t child;

	add_path(_metadata, self->ruleset_fd, MNT, READ);
	add_path(_metadata, self->ruleset_fd, FILE_IN_MNT, READ);
	add_path(_metadata, self->ruleset_fd, OTHER, READ);
	child = fork();
	if (child == 0) {
		enforce(_metadata, self->ruleset_fd);
		EXPECT_EQ(0, try_open(FILE_IN_MNT, O_RDONLY));
		ASSERT_EQ(0, close(self->ruleset_fd));
		post(_metadata, self->ready);
		await(_metadata, self->go);
		EXPECT_EQ(ENOENT, try_open(FILE_IN_MNT, O_RDONLY));
		EXPECT_EQ(0, try_open(OTHER, O_RDONLY));
		_exit(0);
	}
	ASSERT_EQ(0, close(self->ruleset_fd));
	await(_metadata, self->ready);
	EXPECT_EQ(0, ERR(umount(MNT)));
	post(_metadata, self->go);
	EXPECT_EQ(0, wait_for(_metadata, child));
}

TEST_F(umount, by_the_end_of_a_namespace)
{
	pid_t child;

	child = fork();
	if (child == 0) {
		ASSERT_EQ(0, unshare(CLONE_NEWNS));
		ASSERT_EQ(0, mount("own", MNT, "tmpfs", 0, NULL));
		make_file(_metadata, FILE_IN_MNT);
		/* The descriptor is shared with the parent. */
		add_path(_metadata, self->ruleset_fd, MNT, READ);
		add_path(_metadata, self->ruleset_fd, FILE_IN_MNT, READ);
		_exit(0);
	}
	EXPECT_EQ(0, wait_for(_metadata, child));
	add_path(_metadata, self->ruleset_fd, OTHER, READ);
	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(0, try_open(OTHER, O_RDONLY));
	EXPECT_EQ(EACCES, try_open(FILE_IN_MNT, O_RDONLY));
}

TEST_F(umount, with_many_rules)
{
	int i;

	for (i = 0; i < NUM_FILES; i++) {
		make_file(_metadata, numbered(i));
		add_path(_metadata, self->ruleset_fd, numbered(i), READ);
	}
	add_path(_metadata, self->ruleset_fd, OTHER, READ);
	EXPECT_EQ(0, ERR(umount(MNT)));
	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(0, try_open(OTHER, O_RDONLY));
}

/* Rules whose file is gone */

TEST_F(umount, rules_do_not_move_to_a_new_mount)
{
	add_path(_metadata, self->ruleset_fd, MNT, READ);
	add_path(_metadata, self->ruleset_fd, FILE_IN_MNT, READ);
	ASSERT_EQ(0, ERR(umount(MNT)));
	/* Inodes of the new one have the same numbers. */
	mount_mnt(_metadata);
	make_file(_metadata, MNT "/new");
	add_path(_metadata, self->ruleset_fd, MNT "/new", READ);
	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(EACCES, try_open(FILE_IN_MNT, O_RDONLY));
	EXPECT_EQ(0, try_open(MNT "/new", O_RDONLY));
}

TEST_F(umount, rules_of_a_domain_do_not_move_to_a_new_mount)
{
	pid_t child;

	add_path(_metadata, self->ruleset_fd, MNT, READ);
	child = fork();
	if (child == 0) {
		enforce(_metadata, self->ruleset_fd);
		EXPECT_EQ(0, try_open(FILE_IN_MNT, O_RDONLY));
		post(_metadata, self->ready);
		await(_metadata, self->go);
		EXPECT_EQ(EACCES, try_open(FILE_IN_MNT, O_RDONLY));
		_exit(0);
	}
	await(_metadata, self->ready);
	ASSERT_EQ(0, ERR(umount(MNT)));
	mount_mnt(_metadata);
	post(_metadata, self->go);
	EXPECT_EQ(0, wait_for(_metadata, child));
	EXPECT_EQ(0, try_open(FILE_IN_MNT, O_RDONLY));
}

TEST_F(umount, rules_are_added_and_merged_after_it)
{
	add_path(_metadata, self->ruleset_fd, MNT, READ);
	ASSERT_EQ(0, ERR(umount(MNT)));
	add_path(_metadata, self->ruleset_fd, OTHER, READ);
	/* Three layers hold rules on the file system that is gone. */
	enforce(_metadata, self->ruleset_fd);
	enforce(_metadata, self->ruleset_fd);
	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(0, try_open(OTHER, O_RDONLY));
	EXPECT_EQ(EACCES, try_open("/proc/self/status", O_RDONLY));
}

TEST_F(umount, rule_on_a_detached_mount)
{
	const int fd = open(FILE_IN_MNT, O_PATH | O_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ERR(umount2(MNT, MNT_DETACH)));
	EXPECT_EQ(0, add_rule_fd(self->ruleset_fd, fd, READ));
	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(0, try_reopen(fd, O_RDONLY));
	EXPECT_EQ(EACCES, try_open(OTHER, O_RDONLY));
	/* Now the file system goes away, and the domain stays. */
	EXPECT_EQ(0, close(fd));
	EXPECT_EQ(EACCES, try_open(OTHER, O_RDONLY));
}

/* Leaks: an unlinked file is counted as long as something holds its inode. */

/* Rules on files that only the rules keep. */
static void add_gone_files(struct __test_metadata *const _metadata,
			   int ruleset_fd)
{
	int i;

	for (i = 0; i < NUM_FILES; i++) {
		make_file(_metadata, numbered(i));
		add_path(_metadata, ruleset_fd, numbered(i), READ);
		ASSERT_EQ(0, unlink(numbered(i)));
	}
}

TEST_F(umount, ruleset_releases_inodes)
{
	const long before = used_inodes(_metadata, MNT);

	add_gone_files(_metadata, self->ruleset_fd);
	EXPECT_EQ(before + NUM_FILES, used_inodes(_metadata, MNT));
	ASSERT_EQ(0, close(self->ruleset_fd));
	expect_used_inodes(_metadata, MNT, before);
}

TEST_F(umount, domain_releases_inodes)
{
	const long before = used_inodes(_metadata, MNT);
	pid_t child;

	add_gone_files(_metadata, self->ruleset_fd);
	child = fork();
	if (child == 0) {
		enforce(_metadata, self->ruleset_fd);
		enforce(_metadata, self->ruleset_fd);
		_exit(0);
	}
	EXPECT_EQ(0, wait_for(_metadata, child));
	EXPECT_EQ(before + NUM_FILES, used_inodes(_metadata, MNT));
	ASSERT_EQ(0, close(self->ruleset_fd));
	expect_used_inodes(_metadata, MNT, before);
}

TEST_F(umount, domain_holds_inodes)
{
	const long before = used_inodes(_metadata, MNT);
	pid_t child;

	make_file(_metadata, MNT "/gone");
	add_path(_metadata, self->ruleset_fd, MNT "/gone", READ);
	ASSERT_EQ(0, unlink(MNT "/gone"));
	child = fork();
	if (child == 0) {
		enforce(_metadata, self->ruleset_fd);
		ASSERT_EQ(0, close(self->ruleset_fd));
		post(_metadata, self->ready);
		await(_metadata, self->go);
		_exit(0);
	}
	await(_metadata, self->ready);
	ASSERT_EQ(0, close(self->ruleset_fd));
	usleep(100000);
	EXPECT_EQ(before + 1, used_inodes(_metadata, MNT));
	post(_metadata, self->go);
	EXPECT_EQ(0, wait_for(_metadata, child));
	expect_used_inodes(_metadata, MNT, before);
}

TEST_F(umount, refused_rules_hold_nothing)
{
	const long before = used_inodes(_metadata, MNT);
	const int all_fd = new_ruleset(_metadata, ABI1);
	int fd;

	make_file(_metadata, MNT "/gone");
	fd = open(MNT "/gone", O_PATH | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(ENOMSG, add_rule_fd(all_fd, fd, 0));
	EXPECT_EQ(EINVAL, add_rule_fd(all_fd, fd, ABI1 + 1));
	EXPECT_EQ(EINVAL, add_rule_fd(all_fd, fd, ABI1));
	ASSERT_EQ(0, unlink(MNT "/gone"));
	ASSERT_EQ(0, close(fd));
	expect_used_inodes(_metadata, MNT, before);
}

TEST_HARNESS_MAIN
