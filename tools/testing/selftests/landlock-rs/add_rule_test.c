// SPDX-License-Identifier: GPL-2.0-only
/* landlock_add_rule(2): arguments, their order, files, and merging of rules. */

#include "common.h"

#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#define DIR BASE "/dir"
#define FILE_IN_DIR DIR "/file"
#define OTHER_IN_DIR DIR "/other"

#define HANDLED (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_MAKE_REG)

/* Adds a rule from raw arguments and returns errno, or 0. */
static int try_add(int ruleset_fd, int type, const void *attr, __u32 flags)
{
	return ERR(add_rule(ruleset_fd, type, attr, flags));
}

static void make_tree(struct __test_metadata *const _metadata)
{
	mount_base(_metadata);
	make_dir(_metadata, DIR);
	make_file(_metadata, FILE_IN_DIR);
	make_file(_metadata, OTHER_IN_DIR);
}

/* Arguments */

FIXTURE(arguments)
{
	int ruleset_fd;
	int dir_fd;
	struct landlock_path_beneath_attr attr;
};

FIXTURE_SETUP(arguments)
{
	make_tree(_metadata);
	self->ruleset_fd = new_ruleset(_metadata, HANDLED);
	self->dir_fd = open(DIR, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, self->dir_fd);
	self->attr.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
	self->attr.parent_fd = self->dir_fd;
}

FIXTURE_TEARDOWN_PARENT(arguments)
{
}

TEST_F(arguments, flags_must_be_known)
{
	const __u32 known =
		abi_version() >= 10 ? LANDLOCK_ADD_RULE_QUIET : 0;
	__u32 flag;

	for (flag = 1; flag; flag <<= 1) {
		if (flag & known)
			continue;
		EXPECT_EQ(EINVAL, try_add(self->ruleset_fd, 1, &self->attr,
					  flag));
	}
	EXPECT_EQ(EINVAL, try_add(self->ruleset_fd, 1, &self->attr, ~0));
	EXPECT_EQ(0, try_add(self->ruleset_fd, 1, &self->attr, 0));
}

TEST_F(arguments, type_must_be_known)
{
	const int known = abi_version() >= 4 ? LANDLOCK_RULE_NET_PORT :
					       LANDLOCK_RULE_PATH_BENEATH;

	EXPECT_EQ(EINVAL, try_add(self->ruleset_fd, 0, &self->attr, 0));
	EXPECT_EQ(EINVAL, try_add(self->ruleset_fd, known + 1, &self->attr, 0));
	EXPECT_EQ(EINVAL, try_add(self->ruleset_fd, -1, &self->attr, 0));
	EXPECT_EQ(EINVAL, try_add(self->ruleset_fd, 1 << 30, &self->attr, 0));
	EXPECT_EQ(0, try_add(self->ruleset_fd, LANDLOCK_RULE_PATH_BENEATH,
			     &self->attr, 0));
}

TEST_F(arguments, attr_must_be_readable)
{
	const size_t size = sizeof(self->attr);
	const size_t page = sysconf(_SC_PAGESIZE);
	char *const memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, memory);
	ASSERT_EQ(0, mprotect(memory + page, page, PROT_NONE));
	memcpy(memory + page - size, &self->attr, size);

	EXPECT_EQ(EFAULT, try_add(self->ruleset_fd, 1, NULL, 0));
	EXPECT_EQ(EFAULT, try_add(self->ruleset_fd, 1, memory + page, 0));
	EXPECT_EQ(EFAULT,
		  try_add(self->ruleset_fd, 1, memory + page - size + 1, 0));
	/* The attribute is packed: 12 bytes, and no more, are read. */
	EXPECT_EQ(12, size);
	EXPECT_EQ(0, try_add(self->ruleset_fd, 1, memory + page - size, 0));
}

TEST_F(arguments, rights_must_be_handled)
{
	__u64 right;

	for (right = 1; right; right <<= 1) {
		const int expected = right & HANDLED ? 0 : EINVAL;

		self->attr.allowed_access = right;
		EXPECT_EQ(expected,
			  try_add(self->ruleset_fd, 1, &self->attr, 0));
		/* One wrong right spoils the rule. */
		self->attr.allowed_access = right | HANDLED;
		EXPECT_EQ(expected,
			  try_add(self->ruleset_fd, 1, &self->attr, 0));
	}
}

TEST_F(arguments, rule_must_allow_something)
{
	self->attr.allowed_access = 0;
	EXPECT_EQ(ENOMSG, try_add(self->ruleset_fd, 1, &self->attr, 0));
	self->attr.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
	EXPECT_EQ(0, try_add(self->ruleset_fd, 1, &self->attr, 0));
}

TEST_F(arguments, order_of_checks)
{
	const int not_a_ruleset = open(DIR, O_DIRECTORY | O_CLOEXEC);

	/* Flags, ruleset, type, memory, no right, unhandled right, file. */
	EXPECT_EQ(EINVAL, try_add(-1, 0, NULL, 1U << 31));
	EXPECT_EQ(EBADF, try_add(-1, 0, NULL, 0));
	EXPECT_EQ(EBADFD, try_add(not_a_ruleset, 0, NULL, 0));
	EXPECT_EQ(EINVAL, try_add(self->ruleset_fd, 0, NULL, 0));
	EXPECT_EQ(EFAULT, try_add(self->ruleset_fd, 1, NULL, 0));

	self->attr.parent_fd = -1;
	self->attr.allowed_access = 0;
	EXPECT_EQ(ENOMSG, try_add(self->ruleset_fd, 1, &self->attr, 0));
	self->attr.allowed_access = ~0;
	EXPECT_EQ(EINVAL, try_add(self->ruleset_fd, 1, &self->attr, 0));
	self->attr.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
	EXPECT_EQ(EBADF, try_add(self->ruleset_fd, 1, &self->attr, 0));
	self->attr.parent_fd = self->dir_fd;
	EXPECT_EQ(0, try_add(self->ruleset_fd, 1, &self->attr, 0));
}

/* Descriptors of the ruleset */

TEST_F(arguments, ruleset_must_be_one)
{
	const int dir_fd = open(DIR, O_DIRECTORY | O_CLOEXEC);
	const int file_fd = open(FILE_IN_DIR, O_RDWR | O_CLOEXEC);
	int pipe_fds[2];

	ASSERT_EQ(0, pipe(pipe_fds));
	EXPECT_EQ(EBADFD, try_add(dir_fd, 1, &self->attr, 0));
	EXPECT_EQ(EBADFD, try_add(file_fd, 1, &self->attr, 0));
	EXPECT_EQ(EBADFD, try_add(pipe_fds[1], 1, &self->attr, 0));
	/* An O_PATH descriptor is not one that can be used. */
	EXPECT_EQ(EBADF, try_add(self->dir_fd, 1, &self->attr, 0));
	EXPECT_EQ(EBADF, try_add(-1, 1, &self->attr, 0));
	EXPECT_EQ(EBADF, try_add(1 << 20, 1, &self->attr, 0));
	EXPECT_EQ(0, try_add(self->ruleset_fd, 1, &self->attr, 0));
}

TEST_F(arguments, ruleset_may_be_duplicated)
{
	const int fd = dup(self->ruleset_fd);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, close(self->ruleset_fd));
	EXPECT_EQ(0, try_add(fd, 1, &self->attr, 0));
	EXPECT_EQ(EBADF, try_add(self->ruleset_fd, 1, &self->attr, 0));
	enforce(_metadata, fd);
	EXPECT_EQ(0, try_open(FILE_IN_DIR, O_RDONLY));
	EXPECT_EQ(EACCES, ERR(mknod(DIR "/new", S_IFREG | 0600, 0)));
}

/* A less capable descriptor of a ruleset cannot be made through /proc. */
TEST_F(arguments, ruleset_cannot_be_opened_anew)
{
	EXPECT_EQ(ENXIO, try_reopen(self->ruleset_fd, O_RDONLY));
	EXPECT_EQ(ENXIO, try_reopen(self->ruleset_fd, O_WRONLY));
	EXPECT_EQ(0, try_reopen(self->ruleset_fd, O_PATH));
}

/* Files that a rule may be tied to */

FIXTURE(file_type)
{
	int ruleset_fd;
	int fd;
};

FIXTURE_VARIANT(file_type)
{
	int (*open_file)(void);
	int expected_file;
	int expected_dir;
};

static int open_none(void)
{
	return -1;
}

static int open_at_cwd(void)
{
	return AT_FDCWD;
}

static int open_ruleset(void)
{
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = HANDLED,
	};

	return create_ruleset(&attr, sizeof(__u64), 0);
}

static int open_dir_path(void)
{
	return open(DIR, O_PATH);
}

static int open_dir(void)
{
	return open(DIR, O_RDONLY | O_DIRECTORY);
}

static int open_file_path(void)
{
	return open(FILE_IN_DIR, O_PATH);
}

static int open_file_write_only(void)
{
	return open(FILE_IN_DIR, O_WRONLY);
}

static int open_unlinked(void)
{
	const int fd = open(FILE_IN_DIR, O_RDWR);

	unlink(FILE_IN_DIR);
	return fd;
}

static int open_tmpfile(void)
{
	return open(DIR, O_TMPFILE | O_RDWR, 0600);
}

static int open_symlink_path(void)
{
	if (symlink(FILE_IN_DIR, DIR "/symlink"))
		return -1;
	return open(DIR "/symlink", O_PATH | O_NOFOLLOW);
}

static int open_fifo_path(void)
{
	if (mkfifo(DIR "/fifo", 0600))
		return -1;
	return open(DIR "/fifo", O_PATH);
}

static int open_device(void)
{
	if (mknod(DIR "/null", S_IFCHR | 0600, makedev(1, 3)))
		return -1;
	return open(DIR "/null", O_RDWR);
}

static int open_named_socket_path(void)
{
	const struct sockaddr_un address = {
		.sun_family = AF_UNIX,
		.sun_path = DIR "/socket",
	};
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (bind(fd, (const void *)&address, sizeof(address)))
		return -1;
	return open(DIR "/socket", O_PATH);
}

static int open_proc(void)
{
	return open("/proc/self/status", O_RDONLY);
}

static int open_proc_dir(void)
{
	return open("/proc", O_PATH);
}

static int open_pipe(void)
{
	int fds[2];

	return pipe(fds) ? -1 : fds[0];
}

static int open_pipe_path(void)
{
	int fds[2];
	char path[32];

	if (pipe(fds))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	return open(path, O_PATH);
}

static int open_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int open_nsfs(void)
{
	return open("/proc/self/ns/mnt", O_RDONLY);
}

static int open_nsfs_path(void)
{
	return open("/proc/self/ns/mnt", O_PATH);
}

static int open_memfd(void)
{
	return syscall(__NR_memfd_create, "memfd", 0);
}

static int open_eventfd(void)
{
	return syscall(__NR_eventfd2, 0, 0);
}

static int open_pidfd(void)
{
	return syscall(__NR_pidfd_open, getpid(), 0);
}

/* A tree that no mount namespace holds is like any other. */
static int open_detached_tree(void)
{
	return syscall(__NR_open_tree, AT_FDCWD, DIR, 1 /* OPEN_TREE_CLONE */);
}

/* clang-format off */
#define FILE_TYPE(name, open_file_, expected_file_, expected_dir_)	\
	FIXTURE_VARIANT_ADD(file_type, name) {				\
		.open_file = open_file_,				\
		.expected_file = expected_file_,			\
		.expected_dir = expected_dir_,				\
	}
/* clang-format on */

FILE_TYPE(none, open_none, EBADF, EBADF);
FILE_TYPE(at_cwd, open_at_cwd, EBADF, EBADF);
FILE_TYPE(ruleset, open_ruleset, EBADFD, EBADFD);
FILE_TYPE(dir_path, open_dir_path, 0, 0);
FILE_TYPE(dir, open_dir, 0, 0);
FILE_TYPE(file_path, open_file_path, 0, EINVAL);
FILE_TYPE(file_write_only, open_file_write_only, 0, EINVAL);
FILE_TYPE(unlinked, open_unlinked, 0, EINVAL);
FILE_TYPE(tmpfile, open_tmpfile, 0, EINVAL);
FILE_TYPE(symlink_path, open_symlink_path, 0, EINVAL);
FILE_TYPE(fifo_path, open_fifo_path, 0, EINVAL);
FILE_TYPE(device, open_device, 0, EINVAL);
FILE_TYPE(named_socket_path, open_named_socket_path, 0, EINVAL);
FILE_TYPE(proc, open_proc, 0, EINVAL);
FILE_TYPE(proc_dir, open_proc_dir, 0, 0);
FILE_TYPE(detached_tree, open_detached_tree, 0, 0);
/* Files of file systems that cannot be mounted. */
FILE_TYPE(pipe, open_pipe, EBADFD, EBADFD);
FILE_TYPE(pipe_path, open_pipe_path, EBADFD, EBADFD);
FILE_TYPE(socket, open_socket, EBADFD, EBADFD);
FILE_TYPE(nsfs, open_nsfs, EBADFD, EBADFD);
FILE_TYPE(nsfs_path, open_nsfs_path, EBADFD, EBADFD);
FILE_TYPE(memfd, open_memfd, EBADFD, EBADFD);
FILE_TYPE(eventfd, open_eventfd, EBADFD, EBADFD);
FILE_TYPE(pidfd, open_pidfd, EBADFD, EBADFD);

FIXTURE_SETUP(file_type)
{
	make_tree(_metadata);
	self->ruleset_fd = new_ruleset(_metadata, ABI1);
	self->fd = variant->open_file();
	if (variant->expected_file != EBADF) {
		ASSERT_LE(0, self->fd);
	}
}

FIXTURE_TEARDOWN_PARENT(file_type)
{
}

TEST_F(file_type, takes_rights_of_files)
{
	EXPECT_EQ(variant->expected_file,
		  add_rule_fd(self->ruleset_fd, self->fd, ABI1_FILE));
}

TEST_F(file_type, takes_rights_of_directories)
{
	__u64 right;

	for (right = 1; right & ABI1; right <<= 1) {
		if (right & ABI1_FILE)
			continue;
		EXPECT_EQ(variant->expected_dir,
			  add_rule_fd(self->ruleset_fd, self->fd, right));
		EXPECT_EQ(variant->expected_dir,
			  add_rule_fd(self->ruleset_fd, self->fd,
				      right | LANDLOCK_ACCESS_FS_READ_FILE));
	}
}

/* Merging */

FIXTURE(merge)
{
	int ruleset_fd;
};

FIXTURE_SETUP(merge)
{
	make_tree(_metadata);
	self->ruleset_fd = new_ruleset(_metadata, READ_WRITE);
}

FIXTURE_TEARDOWN_PARENT(merge)
{
}

TEST_F(merge, rules_of_one_object_add_up)
{
	add_path(_metadata, self->ruleset_fd, FILE_IN_DIR,
		 LANDLOCK_ACCESS_FS_READ_FILE);
	add_path(_metadata, self->ruleset_fd, FILE_IN_DIR,
		 LANDLOCK_ACCESS_FS_WRITE_FILE);
	add_path(_metadata, self->ruleset_fd, OTHER_IN_DIR,
		 LANDLOCK_ACCESS_FS_READ_FILE);
	enforce(_metadata, self->ruleset_fd);

	EXPECT_EQ(0, try_open(FILE_IN_DIR, O_RDWR));
	EXPECT_EQ(0, try_open(OTHER_IN_DIR, O_RDONLY));
	EXPECT_EQ(EACCES, try_open(OTHER_IN_DIR, O_RDWR));
}

TEST_F(merge, rules_on_the_way_up_add_up)
{
	add_path(_metadata, self->ruleset_fd, FILE_IN_DIR,
		 LANDLOCK_ACCESS_FS_READ_FILE);
	add_path(_metadata, self->ruleset_fd, BASE,
		 LANDLOCK_ACCESS_FS_WRITE_FILE);
	enforce(_metadata, self->ruleset_fd);

	EXPECT_EQ(0, try_open(FILE_IN_DIR, O_RDWR));
	EXPECT_EQ(0, try_open(OTHER_IN_DIR, O_WRONLY));
	EXPECT_EQ(EACCES, try_open(OTHER_IN_DIR, O_RDWR));
}

TEST_F(merge, rule_is_of_the_file_and_not_of_the_name)
{
	add_path(_metadata, self->ruleset_fd, FILE_IN_DIR, READ_WRITE);
	ASSERT_EQ(0, ERR(rename(FILE_IN_DIR, BASE "/moved")));
	ASSERT_EQ(0, ERR(link(BASE "/moved", BASE "/linked")));
	make_file(_metadata, FILE_IN_DIR);
	enforce(_metadata, self->ruleset_fd);

	EXPECT_EQ(0, try_open(BASE "/moved", O_RDWR));
	EXPECT_EQ(0, try_open(BASE "/linked", O_RDWR));
	EXPECT_EQ(EACCES, try_open(FILE_IN_DIR, O_RDWR));
}

TEST_F(merge, refused_rule_changes_nothing)
{
	const int fd = open(FILE_IN_DIR, O_PATH | O_CLOEXEC);

	ASSERT_LE(0, fd);
	add_path(_metadata, self->ruleset_fd, FILE_IN_DIR,
		 LANDLOCK_ACCESS_FS_READ_FILE);
	EXPECT_EQ(EINVAL, add_rule_fd(self->ruleset_fd, fd,
				      READ_WRITE | LANDLOCK_ACCESS_FS_EXECUTE));
	EXPECT_EQ(ENOMSG, add_rule_fd(self->ruleset_fd, fd, 0));
	enforce(_metadata, self->ruleset_fd);

	EXPECT_EQ(0, try_open(FILE_IN_DIR, O_RDONLY));
	EXPECT_EQ(EACCES, try_open(FILE_IN_DIR, O_WRONLY));
}

TEST_F(merge, many_times_the_same_rule_is_one_rule)
{
	const int fd = open(FILE_IN_DIR, O_PATH | O_CLOEXEC);
	int i;

	ASSERT_LE(0, fd);
	for (i = 0; i < 10000; i++) {
		ASSERT_EQ(0, add_rule_fd(self->ruleset_fd, fd, READ_WRITE));
	}
	enforce(_metadata, self->ruleset_fd);

	EXPECT_EQ(0, try_open(FILE_IN_DIR, O_RDWR));
	EXPECT_EQ(EACCES, try_open(OTHER_IN_DIR, O_RDONLY));
}

TEST_HARNESS_MAIN
