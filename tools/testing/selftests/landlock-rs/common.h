/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Helpers of the landlock-rs selftests.
 *
 * Nothing here depends on the Landlock ABI of the running kernel except
 * known_*(), which say what a kernel of a given ABI must accept: the same
 * tests hold for any implementation and any ABI from 1 on.
 */

#ifndef LANDLOCK_RS_COMMON_H
#define LANDLOCK_RS_COMMON_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/netlink.h>

#include "kselftest_harness.h"

/* Each test has a private tmpfs here, which goes away with the test. */
#define BASE "/tmp/landlock-rs"

/* All the rights of ABI 1, and those that a file may have. */
#define ABI1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define ABI1_FILE                                                     \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	 LANDLOCK_ACCESS_FS_READ_FILE)
#define READ_WRITE \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)

#define MAX_LAYERS 16

/* The errno of a call that returns a negative value on failure, or 0. */
#define ERR(call) ((call) < 0 ? errno : 0)

struct rule {
	const char *path;
	__u64 access;
};

static inline int create_ruleset(const void *attr, size_t size, __u32 flags)
{
	return syscall(__NR_landlock_create_ruleset, attr, size, flags);
}

/* Creates a ruleset only to see whether it can be done. Returns an errno, or 0. */
static inline int try_create(const void *attr, size_t size, __u32 flags)
{
	const int fd = create_ruleset(attr, size, flags);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static inline int add_rule(int ruleset_fd, int type, const void *attr,
			   __u32 flags)
{
	return syscall(__NR_landlock_add_rule, ruleset_fd, type, attr, flags);
}

static inline int restrict_self(int ruleset_fd, __u32 flags)
{
	return syscall(__NR_landlock_restrict_self, ruleset_fd, flags);
}

/* What the running kernel knows */

static inline int abi_version(void)
{
	return create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static inline __u64 known_fs(int abi)
{
	if (abi >= 9)
		return (LANDLOCK_ACCESS_FS_RESOLVE_UNIX << 1) - 1;
	if (abi >= 5)
		return (LANDLOCK_ACCESS_FS_IOCTL_DEV << 1) - 1;
	if (abi >= 3)
		return (LANDLOCK_ACCESS_FS_TRUNCATE << 1) - 1;
	if (abi >= 2)
		return (LANDLOCK_ACCESS_FS_REFER << 1) - 1;
	return ABI1;
}

static inline __u64 known_net(int abi)
{
	if (abi >= 10)
		return (LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP << 1) - 1;
	if (abi >= 4)
		return (LANDLOCK_ACCESS_NET_CONNECT_TCP << 1) - 1;
	return 0;
}

static inline __u64 known_scopes(int abi)
{
	return abi >= 6 ? (LANDLOCK_SCOPE_SIGNAL << 1) - 1 : 0;
}

static inline __u32 known_restrict_flags(int abi)
{
	if (abi >= 11)
		return (LANDLOCK_RESTRICT_SELF_NO_NEW_PRIVS << 1) - 1;
	if (abi >= 8)
		return (LANDLOCK_RESTRICT_SELF_TSYNC << 1) - 1;
	if (abi >= 7)
		return (LANDLOCK_RESTRICT_SELF_LOG_SUBDOMAINS_OFF << 1) - 1;
	return 0;
}

/* Size of struct landlock_ruleset_attr. */
static inline size_t known_attr_size(int abi)
{
	if (abi >= 10)
		return offsetof(struct landlock_ruleset_attr, quiet_scoped) + 8;
	if (abi >= 6)
		return offsetof(struct landlock_ruleset_attr, scoped) + 8;
	if (abi >= 4)
		return offsetof(struct landlock_ruleset_attr, scoped);
	return offsetof(struct landlock_ruleset_attr, handled_access_net);
}

/* Rulesets */

static inline int new_ruleset(struct __test_metadata *const _metadata,
			      __u64 handled)
{
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = handled,
	};
	const size_t size = offsetof(typeof(attr), handled_access_net);
	const int fd = create_ruleset(&attr, size, 0);

	ASSERT_LE(0, fd)
	{
		TH_LOG("create_ruleset(%llx): %s", handled, strerror(errno));
	}
	return fd;
}

static inline int add_rule_fd(int ruleset_fd, int parent_fd, __u64 access)
{
	const struct landlock_path_beneath_attr attr = {
		.allowed_access = access,
		.parent_fd = parent_fd,
	};

	return ERR(add_rule(ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &attr, 0));
}

static inline int add_rule_port(int ruleset_fd, __u64 port, __u64 access)
{
	const struct landlock_net_port_attr attr = {
		.allowed_access = access,
		.port = port,
	};

	return ERR(add_rule(ruleset_fd, LANDLOCK_RULE_NET_PORT, &attr, 0));
}

static inline void add_path(struct __test_metadata *const _metadata,
			    int ruleset_fd, const char *path, __u64 access)
{
	const int fd = open(path, O_PATH | O_CLOEXEC);

	ASSERT_LE(0, fd)
	{
		TH_LOG("open(%s): %s", path, strerror(errno));
	}
	ASSERT_EQ(0, add_rule_fd(ruleset_fd, fd, access));
	ASSERT_EQ(0, close(fd));
}

static inline void enforce(struct __test_metadata *const _metadata,
			   int ruleset_fd)
{
	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	ASSERT_EQ(0, ERR(restrict_self(ruleset_fd, 0)));
}

/* Enforces one more layer. @rules may be NULL; else an empty one ends it. */
static inline void sandbox(struct __test_metadata *const _metadata,
			   __u64 handled, const struct rule *rules)
{
	const int fd = new_ruleset(_metadata, handled);

	for (; rules && rules->path; rules++)
		add_path(_metadata, fd, rules->path, rules->access);
	enforce(_metadata, fd);
	ASSERT_EQ(0, close(fd));
}

/* Files */

static inline int try_open(const char *path, int flags)
{
	const int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static inline int try_openat(int dir_fd, const char *path, int flags)
{
	const int fd = openat(dir_fd, path, flags | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* Opens the file of a descriptor again, as /proc allows. */
static inline int try_reopen(int fd, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return try_open(path, flags);
}

/* Does what "echo" into a file does. Returns an errno, or 0. */
static inline int write_text(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	int err;

	if (fd < 0)
		return errno;
	err = ERR(write(fd, text, strlen(text)));
	close(fd);
	return err;
}

static inline void make_dir(struct __test_metadata *const _metadata,
			    const char *path)
{
	ASSERT_EQ(0, ERR(mkdir(path, 0755)))
	{
		TH_LOG("mkdir(%s)", path);
	}
}

static inline void make_file(struct __test_metadata *const _metadata,
			     const char *path)
{
	ASSERT_EQ(0, try_open(path, O_CREAT | O_EXCL | O_WRONLY))
	{
		TH_LOG("create %s", path);
	}
}

/* Makes @dir with a file of each kind that needs no capability. */
static inline void make_kinds(struct __test_metadata *const _metadata,
			      const char *dir)
{
	char path[64];

	make_dir(_metadata, dir);
	snprintf(path, sizeof(path), "%s/file", dir);
	make_file(_metadata, path);
	snprintf(path, sizeof(path), "%s/dir", dir);
	make_dir(_metadata, path);
	snprintf(path, sizeof(path), "%s/fifo", dir);
	ASSERT_EQ(0, mkfifo(path, 0600));
	snprintf(path, sizeof(path), "%s/symlink", dir);
	ASSERT_EQ(0, symlink("file", path));
}

/* Moves this process to a mount namespace with a fresh tmpfs at BASE. */
static inline void mount_base(struct __test_metadata *const _metadata)
{
	if (mkdir(BASE, 0755)) {
		ASSERT_EQ(EEXIST, errno);
	}
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_EQ(0, mount("landlock-rs", BASE, "tmpfs", 0, "mode=755"));
}

/* Number of inodes in use in the tmpfs at @path. */
static inline long used_inodes(struct __test_metadata *const _metadata,
			       const char *path)
{
	struct statfs st;

	ASSERT_EQ(0, statfs(path, &st));
	return st.f_files - st.f_ffree;
}

/* Waits for work that the kernel defers, such as freeing a domain. */
static inline void expect_used_inodes(struct __test_metadata *const _metadata,
				      const char *path, long expected)
{
	int i;

	for (i = 0; i < 500 && used_inodes(_metadata, path) != expected; i++)
		usleep(10000);
	EXPECT_EQ(expected, used_inodes(_metadata, path));
}

/* Network */

/* Moves this process to a network namespace of its own, with a loopback. */
static inline void make_network(struct __test_metadata *const _metadata)
{
	struct ifreq request = {
		.ifr_name = "lo",
		.ifr_flags = IFF_UP | IFF_RUNNING,
	};
	int fd;

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ERR(ioctl(fd, SIOCSIFFLAGS, &request)));
	ASSERT_EQ(0, close(fd));
}

/* Logs */

/* Does what "auditctl -e" does. Returns an errno, or 0. */
static inline int set_audit(const __u32 enabled)
{
	struct {
		struct nlmsghdr header;
		struct audit_status status;
	} request = {
		.header = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = AUDIT_SET,
			.nlmsg_flags = NLM_F_REQUEST,
		},
		.status = {
			.mask = AUDIT_STATUS_ENABLED,
			.enabled = enabled,
		},
	};
	const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
			      NETLINK_AUDIT);
	int err;

	if (fd < 0)
		return errno;
	err = ERR(send(fd, &request, sizeof(request), 0));
	close(fd);
	return err;
}

/* Processes */

/* Waits for @child, which must not be killed, and returns its exit status. */
static inline int wait_for(struct __test_metadata *const _metadata, pid_t child)
{
	int status;

	ASSERT_LT(0, child);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFEXITED(status))
	{
		TH_LOG("child ended with status %x", status);
	}
	return WEXITSTATUS(status);
}

/* Two processes that wait for each other: @fds is a pipe. */
static inline void post(struct __test_metadata *const _metadata,
			const int fds[2])
{
	ASSERT_EQ(1, write(fds[1], ".", 1));
}

static inline void await(struct __test_metadata *const _metadata,
			 const int fds[2])
{
	char byte;

	ASSERT_EQ(1, read(fds[0], &byte, 1));
}

/* Gives up all capabilities, in every set. */
static inline int drop_caps(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	const struct __user_cap_data_struct none[2] = {};

	return ERR(syscall(__NR_capset, &header, none));
}

#endif /* LANDLOCK_RS_COMMON_H */
