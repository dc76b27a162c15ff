// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flags of landlock_restrict_self(2) and landlock_add_rule(2): each combination,
 * with each kind of mistake next to it, and the error that comes first.
 */

#include "common.h"

#define READ LANDLOCK_ACCESS_FS_READ_FILE
#define BIND LANDLOCK_ACCESS_NET_BIND_TCP

/* One bit more than there are flags. */
#define NUM_FLAGS (LANDLOCK_RESTRICT_SELF_NO_NEW_PRIVS << 2)

/* What a descriptor is. */
enum descriptor {
	MINUS_ONE,
	MINUS_TWO,
	CLOSED,
	PIPE,
	RULESET,
	NUM_DESCRIPTORS,
};

FIXTURE(restrict_flags)
{
	int fds[NUM_DESCRIPTORS];
};

FIXTURE_VARIANT(restrict_flags)
{
	bool no_new_privs, caps;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(restrict_flags, unprivileged) {
	/* clang-format on */
};

/* clang-format off */
FIXTURE_VARIANT_ADD(restrict_flags, no_new_privs) {
	/* clang-format on */
	.no_new_privs = true,
};

/* clang-format off */
FIXTURE_VARIANT_ADD(restrict_flags, caps) {
	/* clang-format on */
	.caps = true,
};

FIXTURE_SETUP(restrict_flags)
{
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	self->fds[MINUS_ONE] = -1;
	self->fds[MINUS_TWO] = -2;
	self->fds[CLOSED] = 1000;
	self->fds[PIPE] = fds[0];
	self->fds[RULESET] = new_ruleset(_metadata, READ);
	if (variant->no_new_privs) {
		ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	}
	if (!variant->caps) {
		ASSERT_EQ(0, drop_caps());
	}
}

FIXTURE_TEARDOWN_PARENT(restrict_flags)
{
}

static int expected_errno(enum descriptor descriptor, __u32 flags,
			  bool privileged)
{
	const __u32 without_ruleset = flags & ~LANDLOCK_RESTRICT_SELF_TSYNC;

	/* Until a flag could replace it, the privilege came first. */
	if (abi_version() < 11 && !privileged)
		return EPERM;
	if (flags & ~known_restrict_flags(abi_version()))
		return EINVAL;
	if (!(flags & LANDLOCK_RESTRICT_SELF_NO_NEW_PRIVS) && !privileged)
		return EPERM;
	if (descriptor == MINUS_ONE &&
	    without_ruleset == LANDLOCK_RESTRICT_SELF_LOG_SUBDOMAINS_OFF)
		return 0;
	if (descriptor == PIPE)
		return EBADFD;
	return descriptor == RULESET ? 0 : EBADF;
}

/* Returns 0, or 1 if the error is not as expected, or 2 for no_new_privs. */
static int try_restrict(int fd, __u32 flags, int expected, bool no_new_privs)
{
	const bool sets = flags & LANDLOCK_RESTRICT_SELF_NO_NEW_PRIVS;
	const int err = ERR(restrict_self(fd, flags));

	if (err != expected)
		return 1;
	no_new_privs |= sets && !err;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == no_new_privs ? 0 : 2;
}

TEST_F_TIMEOUT(restrict_flags, all_combinations, 120)
{
	const bool privileged = variant->no_new_privs || variant->caps;
	int descriptor, expected;
	__u32 flags;
	pid_t child;

	for (descriptor = 0; descriptor < NUM_DESCRIPTORS; descriptor++) {
		for (flags = 0; flags < NUM_FLAGS; flags++) {
			expected = expected_errno(descriptor, flags,
						  privileged);
			child = fork();
			if (!child)
				_exit(try_restrict(self->fds[descriptor], flags,
						   expected,
						   variant->no_new_privs));
			EXPECT_EQ(0, wait_for(_metadata, child))
			{
				TH_LOG("descriptor %d flags %x expected %d",
				       descriptor, flags, expected);
			}
		}
	}
}

TEST_F(restrict_flags, unknown_bits_come_first)
{
	const bool privileged = variant->no_new_privs || variant->caps;
	const int expected = abi_version() < 11 && !privileged ? EPERM : EINVAL;
	int bit;

	for (bit = 0; bit < 32; bit++) {
		if ((1U << bit) & known_restrict_flags(abi_version()))
			continue;
		EXPECT_EQ(expected, ERR(restrict_self(-1, 1U << bit)));
	}
}

/* Layers that are only configuration do not count. */
TEST(flags_without_ruleset_add_no_layer)
{
	const __u32 only_flags = LANDLOCK_RESTRICT_SELF_LOG_SUBDOMAINS_OFF;
	const int ruleset_fd = new_ruleset(_metadata, READ);
	int i;

	if (abi_version() < 7)
		SKIP(return, "needs ABI 7");
	for (i = 0; i < MAX_LAYERS; i++) {
		ASSERT_EQ(0, ERR(restrict_self(-1, only_flags)));
		ASSERT_EQ(0, ERR(restrict_self(ruleset_fd, 0)));
	}
	EXPECT_EQ(0, ERR(restrict_self(-1, only_flags)));
	EXPECT_EQ(E2BIG, ERR(restrict_self(ruleset_fd, 0)));
}

/* Quiet rules */

struct quiet_case {
	__u64 handled_fs, quiet_fs, handled_net, quiet_net, scoped, quiet_scoped;
	int expected;
};

TEST(quiet_is_a_subset)
{
	const struct quiet_case cases[] = {
		{ READ, READ, 0, 0, 0, 0, 0 },
		{ READ, 0, BIND, BIND, 0, 0, 0 },
		{ READ, READ << 1, 0, 0, 0, 0, EINVAL },
		{ READ, 1ULL << 63, 0, 0, 0, 0, EINVAL },
		{ 0, READ, BIND, 0, 0, 0, EINVAL },
		{ READ, 0, 0, BIND, 0, 0, EINVAL },
		{ READ, 0, BIND, BIND << 1, 0, 0, EINVAL },
		{ READ, 0, 0, 0, 0, 1, EINVAL },
		/* Not ENOMSG, which comes after all these. */
		{ 0, READ, 0, 0, 0, 0, EINVAL },
		{ 0, 0, 0, 0, 0, 0, ENOMSG },
	};
	int i;

	if (abi_version() < 10)
		SKIP(return, "needs ABI 10");
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct landlock_ruleset_attr attr = {
			.handled_access_fs = cases[i].handled_fs,
			.handled_access_net = cases[i].handled_net,
			.scoped = cases[i].scoped,
			.quiet_access_fs = cases[i].quiet_fs,
			.quiet_access_net = cases[i].quiet_net,
			.quiet_scoped = cases[i].quiet_scoped,
		};

		EXPECT_EQ(cases[i].expected,
			  ERR(create_ruleset(&attr, sizeof(attr), 0)))
		{
			TH_LOG("case %d", i);
		}
	}
}

TEST(quiet_rule_and_other_mistakes)
{
	const struct landlock_ruleset_attr quiet = {
		.handled_access_fs = READ,
		.quiet_access_fs = READ,
		.handled_access_net = BIND,
	};
	const struct landlock_path_beneath_attr none = { .parent_fd = -1 };
	const struct landlock_path_beneath_attr other = {
		.allowed_access = READ << 1,
		.parent_fd = -1,
	};
	const struct landlock_net_port_attr port = { .port = 1 << 16 };
	const int path_beneath = LANDLOCK_RULE_PATH_BENEATH;
	const int net_port = LANDLOCK_RULE_NET_PORT;
	const __u32 flag = LANDLOCK_ADD_RULE_QUIET;
	int fd, plain_fd;

	if (abi_version() < 10)
		SKIP(return, "needs ABI 10");
	fd = create_ruleset(&quiet, sizeof(quiet), 0);
	ASSERT_LE(0, fd);
	plain_fd = new_ruleset(_metadata, READ);

	/* Flags, descriptor, type, address, rights, use, what the rule is on. */
	EXPECT_EQ(EINVAL, ERR(add_rule(-1, path_beneath, NULL, flag << 1)));
	EXPECT_EQ(EINVAL, ERR(add_rule(-1, path_beneath, NULL, flag | 2)));
	EXPECT_EQ(EBADF, ERR(add_rule(-1, 0, NULL, flag)));
	EXPECT_EQ(EINVAL, ERR(add_rule(fd, 0, NULL, flag)));
	EXPECT_EQ(EFAULT, ERR(add_rule(fd, path_beneath, NULL, flag)));
	EXPECT_EQ(ENOMSG, ERR(add_rule(fd, path_beneath, &none, 0)));
	EXPECT_EQ(EINVAL, ERR(add_rule(fd, path_beneath, &other, flag)));
	EXPECT_EQ(EINVAL, ERR(add_rule(plain_fd, path_beneath, &none, flag)));
	EXPECT_EQ(EBADF, ERR(add_rule(fd, path_beneath, &none, flag)));
	/* There is no quiet right on ports in this ruleset. */
	EXPECT_EQ(ENOMSG, ERR(add_rule(fd, net_port, &port, 0)));
	EXPECT_EQ(EINVAL, ERR(add_rule(fd, net_port, &port, flag)));
}

/* A mark on a rule grants nothing, and takes nothing away, in any layer. */
TEST(quiet_rules_do_not_change_verdicts)
{
	const struct landlock_ruleset_attr quiet = {
		.handled_access_fs = ABI1,
		.quiet_access_fs = ABI1,
	};
	struct landlock_path_beneath_attr attr = {};
	int fd, layer;

	if (abi_version() < 10)
		SKIP(return, "needs ABI 10");
	mount_base(_metadata);
	make_dir(_metadata, BASE "/quiet");
	make_file(_metadata, BASE "/quiet/file");
	make_file(_metadata, BASE "/other");
	attr.parent_fd = open(BASE "/quiet", O_PATH | O_CLOEXEC);
	ASSERT_LE(0, attr.parent_fd);

	for (layer = 0; layer < MAX_LAYERS; layer++) {
		fd = create_ruleset(&quiet, sizeof(quiet), 0);
		ASSERT_LE(0, fd);
		attr.allowed_access = 0;
		ASSERT_EQ(0, ERR(add_rule(fd, LANDLOCK_RULE_PATH_BENEATH, &attr,
					  LANDLOCK_ADD_RULE_QUIET)));
		if (layer < MAX_LAYERS - 1) {
			attr.allowed_access = READ;
			ASSERT_EQ(0, add_rule_fd(fd, attr.parent_fd, READ));
		}
		enforce(_metadata, fd);
		ASSERT_EQ(0, close(fd));

		EXPECT_EQ(layer < MAX_LAYERS - 1 ? 0 : EACCES,
			  try_open(BASE "/quiet/file", O_RDONLY));
		EXPECT_EQ(EACCES, try_open(BASE "/quiet/file", O_WRONLY));
		EXPECT_EQ(EACCES, try_open(BASE "/other", O_RDONLY));
	}
}

TEST_HARNESS_MAIN
