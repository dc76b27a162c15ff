// SPDX-License-Identifier: GPL-2.0-only
/*
 * The versions of the ABI: what each of them knows and refuses, and what is
 * denied by a sandbox that handles everything that the version knows.
 *
 * ABI=<version> in the environment says which one the kernel was told to have;
 * otherwise it has the latest.
 */

#include "common.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/un.h>

#define LATEST 11

/* The errata of Linux 7.3, all of which are about ABI 6 or older ones. */
#define ERRATA 0xf

#define PORT 4242

/* Rights that make sense on a file. */
#define OF_FILES                                   \
	(ABI1_FILE | LANDLOCK_ACCESS_FS_TRUNCATE | \
	 LANDLOCK_ACCESS_FS_IOCTL_DEV | LANDLOCK_ACCESS_FS_RESOLVE_UNIX)

static int wanted_abi(void)
{
	const char *const abi = getenv("ABI");

	return abi ? atoi(abi) : LATEST;
}

/* landlock_create_ruleset() */

TEST(version)
{
	EXPECT_EQ(wanted_abi(), abi_version());
}

TEST(errata)
{
	const int errata =
		create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_ERRATA);

	if (wanted_abi() >= 7) {
		EXPECT_EQ(ERRATA, errata);
	} else {
		EXPECT_EQ(EINVAL, ERR(errata));
	}
}

TEST(each_right_is_known_or_refused)
{
	const int abi = wanted_abi();
	const __u64 known[] = { known_fs(abi), known_net(abi),
				known_scopes(abi) };
	const size_t members = known_attr_size(abi) / sizeof(__u64);
	size_t member, bit;

	for (member = 0; member < 3; member++) {
		for (bit = 0; bit < 64; bit++) {
			__u64 attr[6] = { LANDLOCK_ACCESS_FS_READ_FILE };
			int expected = EINVAL;

			attr[member] |= 1ULL << bit;
			if (member >= members)
				expected = E2BIG;
			else if (known[member] >> bit & 1)
				expected = 0;
			EXPECT_EQ(expected, try_create(attr, sizeof(attr), 0))
			{
				TH_LOG("member %zu, bit %zu", member, bit);
			}
		}
	}
}

TEST(quiet_members_come_with_abi_10)
{
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE,
		.quiet_access_fs = LANDLOCK_ACCESS_FS_READ_FILE,
	};

	EXPECT_EQ(wanted_abi() >= 10 ? 0 : E2BIG,
		  try_create(&attr, sizeof(attr), 0));
	/* What the size leaves out does not count. */
	EXPECT_EQ(0, try_create(&attr, sizeof(__u64), 0));
}

TEST(structure_may_be_larger_if_the_tail_is_zero)
{
	const size_t known = known_attr_size(wanted_abi());
	char attr[256] = { LANDLOCK_ACCESS_FS_READ_FILE };
	size_t at;

	for (at = known; at < sizeof(attr); at++) {
		EXPECT_EQ(0, try_create(attr, at + 1, 0));
		attr[at] = 1;
		EXPECT_EQ(E2BIG, try_create(attr, at + 1, 0));
		attr[at] = 0;
	}
}

/* landlock_add_rule() */

TEST(each_type_and_flag_of_a_rule_is_known_or_refused)
{
	const int abi = wanted_abi();
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE,
		.handled_access_net = LANDLOCK_ACCESS_NET_BIND_TCP &
				      known_net(abi),
		.quiet_access_fs = abi >= 10 ? LANDLOCK_ACCESS_FS_READ_FILE : 0,
	};
	const struct landlock_net_port_attr port = {
		.allowed_access = LANDLOCK_ACCESS_NET_BIND_TCP,
		.port = PORT,
	};
	const struct landlock_path_beneath_attr path = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
		.parent_fd = open("/tmp", O_PATH | O_CLOEXEC),
	};
	const int fd = create_ruleset(&attr, sizeof(attr), 0);
	const int paths = LANDLOCK_RULE_PATH_BENEATH;
	const int ports = LANDLOCK_RULE_NET_PORT;
	__u32 flag;

	ASSERT_LE(0, path.parent_fd);
	ASSERT_LE(0, fd);
	EXPECT_EQ(EINVAL, ERR(add_rule(fd, 0, &path, 0)));
	EXPECT_EQ(0, ERR(add_rule(fd, paths, &path, 0)));
	EXPECT_EQ(abi >= 4 ? 0 : EINVAL, ERR(add_rule(fd, ports, &port, 0)));
	EXPECT_EQ(EINVAL, ERR(add_rule(fd, 3, &port, 0)));

	for (flag = 1; flag; flag <<= 1) {
		const bool is_known = abi >= 10 &&
				      flag == LANDLOCK_ADD_RULE_QUIET;

		EXPECT_EQ(is_known ? 0 : EINVAL,
			  ERR(add_rule(fd, paths, &path, flag)));
	}
	EXPECT_EQ(0, close(path.parent_fd));
	EXPECT_EQ(0, close(fd));
}

/* landlock_restrict_self() */

TEST(each_flag_of_enforcement_is_known_or_refused)
{
	const __u32 known = known_restrict_flags(wanted_abi());
	const int fd = new_ruleset(_metadata, LANDLOCK_ACCESS_FS_READ_FILE);
	__u32 flag;

	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	EXPECT_EQ(0, ERR(restrict_self(fd, 0)));
	for (flag = 1; flag; flag <<= 1) {
		EXPECT_EQ(flag & known ? 0 : EINVAL,
			  ERR(restrict_self(fd, flag)));
	}
	EXPECT_EQ(0, close(fd));
}

TEST(privilege_goes_before_flags_until_one_of_them_replaces_it)
{
	const bool has_flag = wanted_abi() >= 11;
	const int fd = new_ruleset(_metadata, LANDLOCK_ACCESS_FS_READ_FILE);

	ASSERT_EQ(0, drop_caps());
	EXPECT_EQ(EPERM, ERR(restrict_self(fd, 0)));
	EXPECT_EQ(has_flag ? EINVAL : EPERM, ERR(restrict_self(fd, 1U << 31)));
	EXPECT_EQ(has_flag ? 0 : EPERM,
		  ERR(restrict_self(fd, LANDLOCK_RESTRICT_SELF_NO_NEW_PRIVS)));
	EXPECT_EQ(has_flag, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	EXPECT_EQ(0, close(fd));
}

/* A sandbox that handles everything, and one that grants it again. */

FIXTURE(sandboxed)
{
	int abi, ruleset_fd;
};

FIXTURE_VARIANT(sandboxed)
{
	/* Grant everything by rules, and limit nothing else. */
	bool granted;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(sandboxed, without_rules) {
	/* clang-format on */
	.granted = false,
};

/* clang-format off */
FIXTURE_VARIANT_ADD(sandboxed, with_rules) {
	/* clang-format on */
	.granted = true,
};

FIXTURE_SETUP(sandboxed)
{
	const int abi = wanted_abi();
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = known_fs(abi),
		.handled_access_net = known_net(abi),
		.scoped = variant->granted ? 0 : known_scopes(abi),
	};

	mount_base(_metadata);
	make_dir(_metadata, BASE "/from");
	make_dir(_metadata, BASE "/to");
	make_file(_metadata, BASE "/from/file");
	make_network(_metadata);

	self->abi = abi;
	self->ruleset_fd = create_ruleset(&attr, known_attr_size(abi), 0);
	ASSERT_LE(0, self->ruleset_fd);
	if (!variant->granted)
		return;
	add_path(_metadata, self->ruleset_fd, BASE, known_fs(abi));
	add_path(_metadata, self->ruleset_fd, "/dev/null",
		 known_fs(abi) & OF_FILES);
	if (known_net(abi)) {
		ASSERT_EQ(0, add_rule_port(self->ruleset_fd, PORT,
					   known_net(abi)));
	}
}

FIXTURE_TEARDOWN_PARENT(sandboxed)
{
}

/* Expects that @call fails with @err since ABI version @since, without rules. */
#define EXPECT_SINCE(since, err, call)                                     \
	EXPECT_EQ(!variant->granted && self->abi >= (since) ? (err) : 0, \
		  ERR(call))

TEST_F(sandboxed, files)
{
	enforce(_metadata, self->ruleset_fd);
	EXPECT_SINCE(1, EACCES, open(BASE "/from/file", O_RDONLY | O_CLOEXEC));
	EXPECT_SINCE(1, EACCES, mkdir(BASE "/from/dir", 0700));
	EXPECT_SINCE(1, EACCES,
		     rename(BASE "/from/file", BASE "/from/renamed"));
}

TEST_F(sandboxed, change_of_directory)
{
	/* In ABI 1 no rule helps, and there is no other error. */
	const int expected = self->abi == 1   ? EXDEV :
			     variant->granted ? 0 :
						EACCES;

	enforce(_metadata, self->ruleset_fd);
	EXPECT_EQ(expected, ERR(link(BASE "/from/file", BASE "/to/link")));
	EXPECT_EQ(expected, ERR(rename(BASE "/from/file", BASE "/to/file")));
}

/* Nothing but this right is missing. */
TEST(change_of_directory_without_the_right)
{
	const __u64 needed = LANDLOCK_ACCESS_FS_REMOVE_FILE |
			     LANDLOCK_ACCESS_FS_MAKE_REG;
	const struct rule rules[] = { { BASE, needed }, {} };

	mount_base(_metadata);
	make_dir(_metadata, BASE "/to");
	make_file(_metadata, BASE "/file");
	sandbox(_metadata, needed, rules);
	EXPECT_EQ(EXDEV, ERR(rename(BASE "/file", BASE "/to/file")));
	EXPECT_EQ(0, ERR(rename(BASE "/file", BASE "/renamed")));
}

TEST_F(sandboxed, truncation)
{
	enforce(_metadata, self->ruleset_fd);
	EXPECT_SINCE(3, EACCES, truncate(BASE "/from/file", 1));
}

TEST_F(sandboxed, tcp_port)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ASSERT_LE(0, fd);
	enforce(_metadata, self->ruleset_fd);
	EXPECT_SINCE(4, EACCES,
		     bind(fd, (const struct sockaddr *)&address,
			  sizeof(address)));
}

TEST_F(sandboxed, command_to_a_device)
{
	int fd, size;

	enforce(_metadata, self->ruleset_fd);
	/* Access mode 3 needs no right to read or write. */
	fd = open("/dev/null", 3 | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(!variant->granted && self->abi >= 5 ? EACCES : ENOTTY,
		  ERR(ioctl(fd, FIONREAD, &size)));
}

TEST_F(sandboxed, signal)
{
	enforce(_metadata, self->ruleset_fd);
	EXPECT_SINCE(6, EPERM, kill(getppid(), 0));
	EXPECT_EQ(0, ERR(kill(getpid(), 0)));
}

/* Connects to a socket that was there before the sandbox. */
static int connect_outside(struct __test_metadata *const _metadata,
			   int ruleset_fd, const struct sockaddr_un *address,
			   socklen_t size)
{
	const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct sockaddr *const any = (const void *)address;

	ASSERT_LE(0, server);
	ASSERT_LE(0, client);
	ASSERT_EQ(0, ERR(bind(server, any, size)));
	ASSERT_EQ(0, ERR(listen(server, 1)));
	enforce(_metadata, ruleset_fd);
	return connect(client, any, size);
}

TEST_F(sandboxed, abstract_socket)
{
	const struct sockaddr_un address = {
		.sun_family = AF_UNIX,
		.sun_path = "\0abi_test",
	};

	EXPECT_SINCE(6, EPERM,
		     connect_outside(_metadata, self->ruleset_fd, &address,
				     sizeof(address)));
}

TEST_F(sandboxed, socket_with_a_path)
{
	const struct sockaddr_un address = {
		.sun_family = AF_UNIX,
		.sun_path = BASE "/to/socket",
	};

	EXPECT_SINCE(9, EACCES,
		     connect_outside(_metadata, self->ruleset_fd, &address,
				     sizeof(address)));
}

TEST_F(sandboxed, udp_port)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ASSERT_LE(0, fd);
	enforce(_metadata, self->ruleset_fd);
	EXPECT_SINCE(10, EACCES,
		     bind(fd, (const struct sockaddr *)&address,
			  sizeof(address)));
}

TEST_HARNESS_MAIN
