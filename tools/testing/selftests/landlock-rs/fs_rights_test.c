// SPDX-License-Identifier: GPL-2.0-only
/* Each file system right of ABI 1: what it denies, and what it does not. */

#include "common.h"

#include <dirent.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>

/* The same files are in both; rules tell them apart. */
#define FREE BASE "/free"
#define BOUND BASE "/bound"

/* This binary, run with one argument, does nothing: see main(). */
#define PROBE_ARG "--exit"

static void copy_self(struct __test_metadata *const _metadata, const char *path)
{
	const int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	const int to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	struct stat st;

	ASSERT_LE(0, from);
	ASSERT_LE(0, to);
	ASSERT_EQ(0, fstat(from, &st));
	ASSERT_EQ(st.st_size, sendfile(to, from, NULL, st.st_size));
	ASSERT_EQ(0, close(to));
	ASSERT_EQ(0, close(from));
}

static void make_tree(struct __test_metadata *const _metadata, const char *dir)
{
	char path[64];

	make_kinds(_metadata, dir);
	snprintf(path, sizeof(path), "%s/exe", dir);
	copy_self(_metadata, path);
}

/* Actions in the current directory; each returns errno, or 0. */

static int do_execute(void)
{
	char *const argv[] = { "exe", PROBE_ARG, NULL };
	const pid_t child = fork();
	int status;

	if (child == 0) {
		execv("exe", argv);
		_exit(errno);
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static int do_write(void)
{
	return try_open("file", O_WRONLY);
}

static int do_write_fifo(void)
{
	const int reader = open("fifo", O_RDONLY | O_NONBLOCK);
	const int err = try_open("fifo", O_WRONLY | O_NONBLOCK);

	close(reader);
	return err;
}

static int do_append(void)
{
	return try_open("file", O_WRONLY | O_APPEND);
}

static int do_truncate_open(void)
{
	return try_open("file", O_WRONLY | O_TRUNC);
}

static int do_read(void)
{
	return try_open("file", O_RDONLY);
}

static int do_read_fifo(void)
{
	return try_open("fifo", O_RDONLY | O_NONBLOCK);
}

static int do_read_symlink_target(void)
{
	return try_open("symlink", O_RDONLY);
}

static int do_read_dir(void)
{
	return try_open("dir", O_RDONLY | O_DIRECTORY);
}

static int do_read_dot(void)
{
	return try_open(".", O_RDONLY);
}

static int do_remove_dir(void)
{
	return ERR(rmdir("dir"));
}

static int do_remove_file(void)
{
	return ERR(unlink("file"));
}

static int do_remove_symlink(void)
{
	return ERR(unlink("symlink"));
}

static int do_make_char(void)
{
	return ERR(mknod("new", S_IFCHR | 0600, makedev(1, 3)));
}

static int do_make_whiteout(void)
{
	return ERR(mknod("new", S_IFCHR | 0600, makedev(0, 0)));
}

static int do_make_dir(void)
{
	return ERR(mkdir("new", 0700));
}

static int do_make_reg(void)
{
	return ERR(mknod("new", S_IFREG | 0600, 0));
}

static int do_make_reg_mode_0(void)
{
	return ERR(mknod("new", 0600, 0));
}

static int do_make_reg_open(void)
{
	/* Access mode 3 is for ioctl(2): no right to read or write. */
	return try_open("new", O_CREAT | O_ACCMODE);
}

static int do_make_sock(void)
{
	return ERR(mknod("new", S_IFSOCK | 0600, 0));
}

static int do_bind_sock(void)
{
	const struct sockaddr_un address = {
		.sun_family = AF_UNIX,
		.sun_path = "new",
	};
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	const int err =
		ERR(bind(fd, (const void *)&address, sizeof(address)));

	close(fd);
	return err;
}

static int do_make_fifo(void)
{
	return ERR(mkfifo("new", 0600));
}

static int do_make_block(void)
{
	return ERR(mknod("new", S_IFBLK | 0600, makedev(7, 0)));
}

static int do_make_block_0(void)
{
	return ERR(mknod("new", S_IFBLK | 0600, makedev(0, 0)));
}

static int do_make_sym(void)
{
	return ERR(symlink("anything", "new"));
}

FIXTURE(right)
{
};

FIXTURE_VARIANT(right)
{
	__u64 right;
	int (*act)(void);
};

/* clang-format off */
#define RIGHT(name, right_)						\
	FIXTURE_VARIANT_ADD(right, name) {				\
		.right = LANDLOCK_ACCESS_FS_##right_,			\
		.act = do_##name,					\
	}
/* clang-format on */

RIGHT(execute, EXECUTE);
RIGHT(write, WRITE_FILE);
RIGHT(write_fifo, WRITE_FILE);
RIGHT(append, WRITE_FILE);
RIGHT(truncate_open, WRITE_FILE);
RIGHT(read, READ_FILE);
RIGHT(read_fifo, READ_FILE);
RIGHT(read_symlink_target, READ_FILE);
RIGHT(read_dir, READ_DIR);
RIGHT(read_dot, READ_DIR);
RIGHT(remove_dir, REMOVE_DIR);
RIGHT(remove_file, REMOVE_FILE);
RIGHT(remove_symlink, REMOVE_FILE);
RIGHT(make_char, MAKE_CHAR);
RIGHT(make_whiteout, MAKE_REG);
RIGHT(make_dir, MAKE_DIR);
RIGHT(make_reg, MAKE_REG);
RIGHT(make_reg_mode_0, MAKE_REG);
RIGHT(make_reg_open, MAKE_REG);
RIGHT(make_sock, MAKE_SOCK);
RIGHT(bind_sock, MAKE_SOCK);
RIGHT(make_fifo, MAKE_FIFO);
RIGHT(make_block, MAKE_BLOCK);
RIGHT(make_block_0, MAKE_BLOCK);
RIGHT(make_sym, MAKE_SYM);

FIXTURE_SETUP(right)
{
	umask(0);
	mount_base(_metadata);
	make_tree(_metadata, FREE);
	make_tree(_metadata, BOUND);
}

FIXTURE_TEARDOWN_PARENT(right)
{
}

/* Acts in both directories, of which the first one is not restricted. */
#define EXPECT_DENIED_IN_BOUND()                       \
	do {                                           \
		ASSERT_EQ(0, chdir(BOUND));            \
		EXPECT_EQ(EACCES, variant->act());     \
		ASSERT_EQ(0, chdir(FREE));             \
		EXPECT_EQ(0, variant->act());          \
	} while (0)

TEST_F(right, handled_alone)
{
	const struct rule rules[] = {
		{ FREE, variant->right },
		{},
	};

	/* The reader of do_write_fifo() and the like is not restricted. */
	sandbox(_metadata, variant->right, rules);
	EXPECT_DENIED_IN_BOUND();
}

TEST_F(right, missing_in_a_rule)
{
	const struct rule rules[] = {
		{ FREE, ABI1 },
		{ BOUND, ABI1 & ~variant->right },
		{},
	};

	sandbox(_metadata, ABI1, rules);
	EXPECT_DENIED_IN_BOUND();
}

TEST_F(right, missing_in_one_of_two_layers)
{
	const struct rule all[] = { { BASE, ABI1 }, {} };
	const struct rule rules[] = {
		{ FREE, ABI1 },
		{ BOUND, ABI1 & ~variant->right },
		{},
	};

	sandbox(_metadata, ABI1, rules);
	sandbox(_metadata, ABI1, all);
	EXPECT_DENIED_IN_BOUND();
}

TEST_F(right, not_handled)
{
	const struct rule rules[] = {
		{ FREE, ABI1 & ~variant->right },
		{ BOUND, ABI1 & ~variant->right },
		{},
	};

	sandbox(_metadata, ABI1 & ~variant->right, rules);
	ASSERT_EQ(0, chdir(BOUND));
	EXPECT_EQ(0, variant->act());
	ASSERT_EQ(0, chdir(FREE));
	EXPECT_EQ(0, variant->act());
}

/* Only this right matters: with it, no other one is asked for. */
TEST_F(right, is_enough)
{
	__u64 enough = variant->right;

	/* A program is opened for reading before it is executed. */
	if (enough == LANDLOCK_ACCESS_FS_EXECUTE)
		enough |= LANDLOCK_ACCESS_FS_READ_FILE;
	/* And do_write_fifo() first opens for reading. */
	if (variant->act == do_write_fifo)
		enough |= LANDLOCK_ACCESS_FS_READ_FILE;

	const struct rule rules[] = {
		{ FREE, enough },
		{},
	};

	sandbox(_metadata, ABI1, rules);
	EXPECT_DENIED_IN_BOUND();
}

/* Two rights in one action */

FIXTURE(open_mode)
{
};

FIXTURE_VARIANT(open_mode)
{
	int flags;
	__u64 needed;
};

/* clang-format off */
#define OPEN_MODE(name, flags_, needed_)				\
	FIXTURE_VARIANT_ADD(open_mode, name) {				\
		.flags = flags_, .needed = needed_,			\
	}
/* clang-format on */

#define R LANDLOCK_ACCESS_FS_READ_FILE
#define W LANDLOCK_ACCESS_FS_WRITE_FILE
#define M LANDLOCK_ACCESS_FS_MAKE_REG

OPEN_MODE(read_write, O_RDWR, R | W);
OPEN_MODE(read_truncate, O_RDONLY | O_TRUNC, R);
OPEN_MODE(write_truncate, O_WRONLY | O_TRUNC, W);
OPEN_MODE(read_append, O_RDONLY | O_APPEND, R);
OPEN_MODE(create_existing, O_WRONLY | O_CREAT, W);
OPEN_MODE(neither, O_ACCMODE, 0);
OPEN_MODE(path, O_PATH, 0);

FIXTURE_SETUP(open_mode)
{
	mount_base(_metadata);
	make_tree(_metadata, FREE);
	ASSERT_EQ(0, chdir(FREE));
}

FIXTURE_TEARDOWN_PARENT(open_mode)
{
}

TEST_F(open_mode, needed_rights_are_enough)
{
	const struct rule rules[] = {
		{ FREE, variant->needed ?: LANDLOCK_ACCESS_FS_EXECUTE },
		{},
	};

	sandbox(_metadata, ABI1, rules);
	EXPECT_EQ(0, try_open("file", variant->flags));
}

TEST_F(open_mode, each_needed_right_is_needed)
{
	__u64 right;

	for (right = 1; right & ABI1; right <<= 1) {
		const struct rule rules[] = { { FREE, ABI1 & ~right }, {} };
		const int expected = right & variant->needed ? EACCES : 0;
		const pid_t child = fork();

		if (child == 0) {
			sandbox(_metadata, ABI1, rules);
			EXPECT_EQ(expected, try_open("file", variant->flags));
			_exit(0);
		}
		ASSERT_EQ(0, wait_for(_metadata, child));
	}
}

/* Files without a name */

FIXTURE(files)
{
};

FIXTURE_SETUP(files)
{
	mount_base(_metadata);
	make_tree(_metadata, FREE);
	make_tree(_metadata, BOUND);
}

FIXTURE_TEARDOWN_PARENT(files)
{
}

TEST_F(files, tmpfile_is_not_created_in_a_directory)
{
	const struct rule rules[] = { { FREE, READ_WRITE }, {} };

	sandbox(_metadata, ABI1, rules);
	EXPECT_EQ(0, try_open(FREE, O_TMPFILE | O_RDWR));
	EXPECT_EQ(EACCES, try_open(BOUND, O_TMPFILE | O_RDWR));
}

TEST_F(files, tmpfile_is_created_when_linked)
{
	const struct rule rules[] = {
		{ FREE, READ_WRITE | M },
		{ BOUND, READ_WRITE },
		{},
	};
	int free_fd, bound_fd;

	sandbox(_metadata, ABI1, rules);
	free_fd = open(FREE, O_TMPFILE | O_RDWR, 0600);
	bound_fd = open(BOUND, O_TMPFILE | O_RDWR, 0600);
	ASSERT_LE(0, free_fd);
	ASSERT_LE(0, bound_fd);
	EXPECT_EQ(0, ERR(linkat(free_fd, "", AT_FDCWD, FREE "/new",
				AT_EMPTY_PATH)));
	EXPECT_EQ(EACCES, ERR(linkat(bound_fd, "", AT_FDCWD, BOUND "/new",
				     AT_EMPTY_PATH)));
	EXPECT_EQ(EXDEV, ERR(linkat(bound_fd, "", AT_FDCWD, FREE "/other",
				    AT_EMPTY_PATH)));
}

/* What was opened before is not restricted. */
TEST_F(files, descriptors_keep_their_rights)
{
	const int file_fd = open(BOUND "/file", O_RDWR | O_CLOEXEC);
	DIR *const dir = opendir(BOUND);
	char byte = 'a';

	ASSERT_LE(0, file_fd);
	ASSERT_NE(NULL, dir);
	sandbox(_metadata, ABI1, NULL);

	EXPECT_EQ(1, write(file_fd, &byte, 1));
	EXPECT_EQ(1, pread(file_fd, &byte, 1, 0));
	EXPECT_EQ(0, ftruncate(file_fd, 0));
	EXPECT_NE(NULL, readdir(dir));
	EXPECT_NE(MAP_FAILED, mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED,
				   file_fd, 0));
	/* But they open nothing. */
	EXPECT_EQ(EACCES, try_openat(dirfd(dir), "file", O_RDONLY));
	EXPECT_EQ(EACCES, try_reopen(file_fd, O_RDONLY));
}

/*
 * Opens @path in a child that may truncate what is in FREE only. The child
 * shares our table of files.
 */
static int open_sandboxed(struct __test_metadata *const _metadata,
			  const char *path)
{
	const __u64 right = LANDLOCK_ACCESS_FS_TRUNCATE;
	const struct rule rules[] = { { FREE, right }, {} };
	const pid_t child =
		syscall(__NR_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, 0);

	if (child == 0) {
		sandbox(_metadata, right, rules);
		_exit(open(path, O_WRONLY | O_CLOEXEC));
	}
	return wait_for(_metadata, child);
}

/* Who uses a file does not matter, but who opened it. */
TEST_F(files, verdict_stays_with_an_open_file)
{
	int bound_fd, free_fd;

	if (abi_version() < 3)
		SKIP(return, "nothing is decided for later");
	bound_fd = open_sandboxed(_metadata, BOUND "/file");
	free_fd = open_sandboxed(_metadata, FREE "/file");

	EXPECT_EQ(EACCES, ERR(ftruncate(bound_fd, 0)));
	EXPECT_EQ(0, ERR(ftruncate(free_fd, 0)));
	/* This process has no sandbox. */
	EXPECT_EQ(0, ERR(truncate(BOUND "/file", 0)));
	EXPECT_EQ(0, try_reopen(bound_fd, O_WRONLY | O_TRUNC));
}

TEST_F(files, path_descriptor_is_no_way_around)
{
	int fd;

	sandbox(_metadata, ABI1, NULL);
	fd = open(BOUND "/file", O_PATH);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EACCES, try_reopen(fd, O_RDONLY));
	EXPECT_EQ(EACCES, try_reopen(fd, O_WRONLY));
	EXPECT_EQ(0, try_reopen(fd, O_PATH));
}

TEST_F(files, execute_needs_read_as_well)
{
	const struct rule rules[] = {
		{ FREE,
		  LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE },
		{ BOUND, LANDLOCK_ACCESS_FS_EXECUTE },
		{},
	};

	sandbox(_metadata, ABI1, rules);
	ASSERT_EQ(0, chdir(FREE));
	EXPECT_EQ(0, do_execute());
	ASSERT_EQ(0, chdir(BOUND));
	EXPECT_EQ(EACCES, do_execute());
}

TEST_F(files, execute_needs_no_right_on_directories)
{
	const struct rule rules[] = {
		{ FREE "/exe",
		  LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE },
		{},
	};

	sandbox(_metadata, ABI1, rules);
	ASSERT_EQ(0, chdir(FREE));
	EXPECT_EQ(0, do_execute());
	ASSERT_EQ(0, chdir(BOUND));
	EXPECT_EQ(EACCES, do_execute());
}

/* A rule on a directory is about the directory and what is below. */
TEST_F(files, rule_on_directory_covers_itself)
{
	const struct rule rules[] = {
		{ FREE "/dir", LANDLOCK_ACCESS_FS_READ_DIR },
		{},
	};

	sandbox(_metadata, ABI1, rules);
	EXPECT_EQ(0, try_open(FREE "/dir", O_RDONLY));
	EXPECT_EQ(EACCES, try_open(FREE, O_RDONLY));
	EXPECT_EQ(EACCES, try_open(BOUND "/dir", O_RDONLY));
}

/* To remove or make a directory is about its parent. */
TEST_F(files, rule_on_directory_does_not_cover_its_name)
{
	const struct rule rules[] = {
		{ FREE, LANDLOCK_ACCESS_FS_REMOVE_DIR },
		{ BOUND "/dir", LANDLOCK_ACCESS_FS_REMOVE_DIR },
		{},
	};

	sandbox(_metadata, ABI1, rules);
	EXPECT_EQ(0, ERR(rmdir(FREE "/dir")));
	EXPECT_EQ(EACCES, ERR(rmdir(BOUND "/dir")));
}

/* What no right of ABI 1 is about */

FIXTURE(free_action)
{
};

FIXTURE_VARIANT(free_action)
{
	int (*act)(void);
};

static int do_stat(void)
{
	struct stat st;

	return ERR(stat("file", &st));
}

static int do_statfs(void)
{
	struct statfs st;

	return ERR(statfs("file", &st));
}

static int do_access(void)
{
	return ERR(access("file", R_OK | W_OK));
}

static int do_readlink(void)
{
	char target[16];

	return ERR(readlink("symlink", target, sizeof(target)));
}

static int do_chdir(void)
{
	return ERR(chdir("dir"));
}

static int do_chroot(void)
{
	return ERR(chroot("dir"));
}

static int do_chmod(void)
{
	return ERR(chmod("file", 0644));
}

static int do_chown(void)
{
	return ERR(chown("file", 1, 1));
}

static int do_utimes(void)
{
	return ERR(utimensat(AT_FDCWD, "file", NULL, 0));
}

static int do_truncate(void)
{
	return ERR(truncate("file", 0));
}

static int do_setxattr(void)
{
	return ERR(setxattr("file", "trusted.landlock", "a", 1, 0));
}

static int do_connect(void)
{
	const struct sockaddr_un address = {
		.sun_family = AF_UNIX,
		.sun_path = "socket",
	};
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	const int err =
		ERR(connect(fd, (const void *)&address, sizeof(address)));

	close(fd);
	return err;
}

/* clang-format off */
#define FREE_ACTION(name)						\
	FIXTURE_VARIANT_ADD(free_action, name) { .act = do_##name, }
/* clang-format on */

FREE_ACTION(stat);
FREE_ACTION(statfs);
FREE_ACTION(access);
FREE_ACTION(readlink);
FREE_ACTION(chdir);
FREE_ACTION(chroot);
FREE_ACTION(chmod);
FREE_ACTION(chown);
FREE_ACTION(utimes);
FREE_ACTION(truncate);
FREE_ACTION(setxattr);
FREE_ACTION(connect);

FIXTURE_SETUP(free_action)
{
	const struct sockaddr_un address = {
		.sun_family = AF_UNIX,
		.sun_path = "socket",
	};
	int fd;

	mount_base(_metadata);
	make_tree(_metadata, BOUND);
	ASSERT_EQ(0, chdir(BOUND));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ASSERT_EQ(0, bind(fd, (const void *)&address, sizeof(address)));
	ASSERT_EQ(0, listen(fd, 1));
}

FIXTURE_TEARDOWN_PARENT(free_action)
{
}

TEST_F(free_action, is_not_restricted)
{
	sandbox(_metadata, ABI1, NULL);
	EXPECT_EQ(EACCES, try_open("file", O_RDONLY));
	EXPECT_EQ(0, variant->act());
}

/* Which error is seen first */

TEST_F(files, errors_of_the_lookup_come_first)
{
	sandbox(_metadata, ABI1, NULL);
	EXPECT_EQ(EEXIST, ERR(mkdir(BOUND "/dir", 0700)));
	EXPECT_EQ(EEXIST, ERR(mknod(BOUND "/file", S_IFREG, 0)));
	EXPECT_EQ(EEXIST, ERR(symlink("a", BOUND "/file")));
	EXPECT_EQ(EEXIST, try_open(BOUND "/file", O_CREAT | O_EXCL));
	EXPECT_EQ(ENOENT, ERR(unlink(BOUND "/missing")));
	EXPECT_EQ(ENOENT, ERR(rmdir(BOUND "/missing")));
	EXPECT_EQ(ENOENT, try_open(BOUND "/missing", O_RDONLY));
	EXPECT_EQ(ENOTDIR, try_open(BOUND "/file/", O_RDONLY));
	EXPECT_EQ(ELOOP, try_open(BOUND "/symlink", O_RDONLY | O_NOFOLLOW));
	EXPECT_EQ(EISDIR, try_open(BOUND "/dir", O_WRONLY));
}

TEST_F(files, denials_come_before_errors_of_the_action)
{
	sandbox(_metadata, ABI1, NULL);
	/* ENOTEMPTY, ENOTDIR and EISDIR without a sandbox. */
	EXPECT_EQ(EACCES, ERR(rmdir(BOUND)));
	EXPECT_EQ(EACCES, ERR(rmdir(BOUND "/file")));
	EXPECT_EQ(EACCES, ERR(unlink(BOUND "/dir")));
}

TEST_F(files, read_only_mount_comes_first)
{
	ASSERT_EQ(0, mount(NULL, BASE, NULL, MS_REMOUNT | MS_RDONLY, NULL));
	sandbox(_metadata, ABI1, NULL);
	EXPECT_EQ(EROFS, ERR(mkdir(BOUND "/new", 0700)));
	EXPECT_EQ(EROFS, try_open(BOUND "/file", O_WRONLY));
	EXPECT_EQ(EACCES, try_open(BOUND "/file", O_RDONLY));
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], PROBE_ARG))
		return 0;
	return test_harness_run(argc, argv);
}
