// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a sandbox does not deny, even if it handles everything and grants
 * nothing: the limits that Documentation/threat-model.rst lists.
 *
 * They are those of C Landlock. Each test also does something similar that is
 * denied, so that it cannot pass without a sandbox.
 */

#include "common.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/un.h>
#include <sys/xattr.h>

#define DIR_PATH BASE "/dir"
#define FILE_PATH DIR_PATH "/file"

/* This binary, run with EXIT_ARG, exits with EXIT_STATUS. */
#define EXIT_ARG "--exit"
#define EXIT_STATUS 42

#define PORT 4242

FIXTURE(limits)
{
	/* From before the sandbox, which is not there yet. */
	int file_fd, dir_fd, ruleset_fd;
};

FIXTURE_SETUP(limits)
{
	const int abi = abi_version();
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = known_fs(abi),
		.handled_access_net = known_net(abi),
		.scoped = known_scopes(abi),
	};

	mount_base(_metadata);
	make_dir(_metadata, DIR_PATH);
	make_file(_metadata, FILE_PATH);
	ASSERT_EQ(0, write_text(FILE_PATH, "content"));
	make_network(_metadata);

	self->file_fd = open(FILE_PATH, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->file_fd);
	self->dir_fd = open(DIR_PATH, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, self->dir_fd);
	self->ruleset_fd = create_ruleset(&attr, known_attr_size(abi), 0);
	ASSERT_LE(0, self->ruleset_fd);
}

FIXTURE_TEARDOWN_PARENT(limits)
{
}

/* The sandbox is there: nothing can be opened. */
#define EXPECT_SANDBOXED() \
	EXPECT_EQ(EACCES, try_open(FILE_PATH, O_RDONLY))

/* Files by their path */

TEST_F(limits, chdir)
{
	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(0, ERR(chdir(DIR_PATH)));
	EXPECT_EQ(0, ERR(fchdir(self->dir_fd)));
	EXPECT_EQ(EACCES, try_open(".", O_RDONLY | O_DIRECTORY));
}

TEST_F(limits, stat)
{
	struct stat st;

	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(0, ERR(stat(FILE_PATH, &st)));
	EXPECT_EQ(strlen("content"), st.st_size);
	EXPECT_EQ(ENOENT, ERR(stat(DIR_PATH "/missing", &st)));
	EXPECT_SANDBOXED();
}

TEST_F(limits, access)
{
	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(0, ERR(access(FILE_PATH, R_OK | W_OK)));
	EXPECT_SANDBOXED();
}

TEST_F(limits, readlink)
{
	char target[16];

	ASSERT_EQ(0, symlink("target", DIR_PATH "/link"));
	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(6, readlink(DIR_PATH "/link", target, sizeof(target)));
	EXPECT_EQ(EACCES, ERR(symlink("target", DIR_PATH "/other")));
}

TEST_F(limits, open_only_to_name_a_file)
{
	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(0, try_open(FILE_PATH, O_PATH));
	EXPECT_SANDBOXED();
}

TEST_F(limits, chmod)
{
	struct stat st;

	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(0, ERR(chmod(FILE_PATH, 04755)));
	ASSERT_EQ(0, stat(FILE_PATH, &st));
	EXPECT_EQ(04755, st.st_mode & 07777);
	EXPECT_SANDBOXED();
}

TEST_F(limits, chown)
{
	struct stat st;

	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(0, ERR(chown(FILE_PATH, 1, 1)));
	ASSERT_EQ(0, stat(FILE_PATH, &st));
	EXPECT_EQ(1, st.st_uid);
	EXPECT_SANDBOXED();
}

TEST_F(limits, setxattr)
{
	char value;

	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(0, ERR(setxattr(FILE_PATH, "trusted.test", "x", 1, 0)));
	EXPECT_EQ(1, getxattr(FILE_PATH, "trusted.test", &value, 1));
	EXPECT_EQ(0, ERR(removexattr(FILE_PATH, "trusted.test")));
	EXPECT_SANDBOXED();
}

TEST_F(limits, utime)
{
	const struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 2 } };
	struct stat st;

	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(0, ERR(utimensat(AT_FDCWD, FILE_PATH, times, 0)));
	ASSERT_EQ(0, stat(FILE_PATH, &st));
	EXPECT_EQ(2, st.st_mtime);
	EXPECT_SANDBOXED();
}

TEST_F(limits, chroot)
{
	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(0, ERR(chroot(DIR_PATH)));
	EXPECT_EQ(EACCES, try_open("/file", O_RDONLY));
	EXPECT_EQ(EPERM, ERR(mount(NULL, "/", NULL, MS_REMOUNT, NULL)));
}

/* Descriptors from before */

TEST_F(limits, descriptors_from_before)
{
	char byte;

	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(1, pread(self->file_fd, &byte, 1, 0));
	EXPECT_EQ(1, pwrite(self->file_fd, "x", 1, 0));
	EXPECT_EQ(0, ERR(ftruncate(self->file_fd, 3)));
	EXPECT_NE(MAP_FAILED, mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED,
				   self->file_fd, 0));
	/* They do not help to open the same file again, or others. */
	EXPECT_EQ(EACCES, try_reopen(self->file_fd, O_RDONLY));
	EXPECT_EQ(EACCES, try_openat(self->dir_fd, "file", O_RDONLY));
}

TEST_F(limits, flock)
{
	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(0, ERR(flock(self->file_fd, LOCK_EX)));
	EXPECT_SANDBOXED();
}

TEST_F(limits, fcntl)
{
	struct flock lock = { .l_type = F_WRLCK };

	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(0, ERR(fcntl(self->file_fd, F_SETLK, &lock)));
	EXPECT_EQ(0, ERR(fcntl(self->file_fd, F_SETFL, O_APPEND)));
	EXPECT_SANDBOXED();
}

static int sandboxed_receive(const struct msghdr *header, int socket)
{
	struct msghdr copy = *header;

	return recvmsg(socket, &copy, 0) < 0 ? errno : 0;
}

TEST_F(limits, descriptors_from_others)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {};
	char byte = '.';
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int sockets[2], fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	control.header = (struct cmsghdr){
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
		.cmsg_len = CMSG_LEN(sizeof(int)),
	};
	memcpy(CMSG_DATA(&control.header), &self->file_fd, sizeof(int));
	ASSERT_EQ(1, sendmsg(sockets[0], &message, 0));
	ASSERT_EQ(0, close(self->file_fd));

	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(0, sandboxed_receive(&message, sockets[1]));
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(int));
	EXPECT_EQ(1, pread(fd, &byte, 1, 0));
	EXPECT_EQ('c', byte);
	EXPECT_SANDBOXED();
}

TEST_F(limits, pipes_by_their_path_in_proc)
{
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(0, try_reopen(fds[0], O_RDONLY | O_NONBLOCK));
	EXPECT_EQ(EACCES, try_reopen(self->file_fd, O_RDONLY));
}

/* Programs */

/* Returns the exit status of a program, or an errno if it cannot be executed. */
static int execute(struct __test_metadata *const _metadata, int fd,
		   const char *path)
{
	char *const argv[] = { "limits_test", EXIT_ARG, NULL };
	const int flags = *path ? 0 : AT_EMPTY_PATH;
	const pid_t child = fork();

	if (child == 0) {
		syscall(__NR_execveat, fd, path, argv, NULL, flags);
		_exit(errno);
	}
	return wait_for(_metadata, child);
}

TEST_F(limits, program_in_memory)
{
	const int program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	const int memory = memfd_create("program", MFD_CLOEXEC);
	char buffer[4096];
	ssize_t size;

	ASSERT_LE(0, program);
	ASSERT_LE(0, memory);
	enforce(_metadata, self->ruleset_fd);
	while ((size = read(program, buffer, sizeof(buffer))) > 0)
		ASSERT_EQ(size, write(memory, buffer, size));
	ASSERT_EQ(0, size);
	EXPECT_EQ(EXIT_STATUS, execute(_metadata, memory, ""));
	EXPECT_EQ(EACCES, execute(_metadata, AT_FDCWD, "/proc/self/exe"));
}

/* Sockets */

static struct sockaddr_in loopback(void)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

TEST_F(limits, sockets_connected_before)
{
	const struct sockaddr_in address = loopback();
	const struct sockaddr *const any = (const void *)&address;
	const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (abi_version() < 4)
		SKIP(return, "Ports come with ABI 4");
	ASSERT_EQ(0, ERR(bind(server, any, sizeof(address))));
	ASSERT_EQ(0, ERR(listen(server, 2)));
	ASSERT_EQ(0, ERR(connect(client, any, sizeof(address))));
	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(1, send(client, ".", 1, MSG_NOSIGNAL));
	EXPECT_LE(0, accept(server, NULL, NULL));
	EXPECT_EQ(EACCES, ERR(connect(late, any, sizeof(address))));
}

TEST_F(limits, multipath_tcp)
{
	const struct sockaddr_in address = loopback();
	const struct sockaddr *const any = (const void *)&address;
	const int multipath = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC,
				     IPPROTO_MPTCP);
	const int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (abi_version() < 4)
		SKIP(return, "Ports come with ABI 4");
	ASSERT_LE(0, multipath);
	ASSERT_LE(0, tcp);
	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(EACCES, ERR(bind(tcp, any, sizeof(address))));
	EXPECT_EQ(0, ERR(bind(multipath, any, sizeof(address))));
	EXPECT_EQ(0, ERR(listen(multipath, 1)));
	/* The plain client is told so by its own port, and not by this one. */
	EXPECT_EQ(EACCES, ERR(connect(tcp, any, sizeof(address))));
	EXPECT_EQ(0, ERR(connect(socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP),
				 any, sizeof(address))));
}

TEST_F(limits, other_protocols)
{
	const struct sockaddr_in address = loopback();
	const struct sockaddr *const any = (const void *)&address;
	int raw;

	enforce(_metadata, self->ruleset_fd);
	raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP);
	ASSERT_LE(0, raw);
	/* A packet for any port, for those who have CAP_NET_RAW. */
	EXPECT_EQ(8, sendto(raw, "\0\0\x10\x92\0\x08\0\0", 8, 0, any,
			    sizeof(address)));
	EXPECT_LE(0, socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
	EXPECT_SANDBOXED();
}

/* Other ways to act on others */

TEST_F(limits, shared_memory)
{
	const int id = shmget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
	void *memory;

	ASSERT_LE(0, id);
	enforce(_metadata, self->ruleset_fd);
	memory = shmat(id, NULL, 0);
	EXPECT_NE((void *)-1, memory);
	EXPECT_EQ(0, ERR(shmctl(id, IPC_RMID, NULL)));
	EXPECT_SANDBOXED();
}

TEST_F(limits, priorities_and_resources_of_others)
{
	const pid_t outside = getppid();
	const bool is_scoped = abi_version() >= 6;

	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(0, ERR(getpgid(outside)));
	EXPECT_EQ(0, ERR(syscall(__NR_sched_getscheduler, outside)));
	EXPECT_EQ(is_scoped ? EPERM : 0, ERR(kill(outside, 0)));
	EXPECT_SANDBOXED();
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], EXIT_ARG) == 0)
		return EXIT_STATUS;
	return test_harness_run(argc, argv);
}
