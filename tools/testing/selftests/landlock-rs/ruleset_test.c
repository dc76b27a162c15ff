// SPDX-License-Identifier: GPL-2.0-only
/* landlock_create_ruleset(2): what it accepts, refuses, and in which order. */

#include "common.h"

static const __u64 all_ones = ~0ULL;

/* Queries: version and errata */

TEST(version_is_stable)
{
	const int abi = abi_version();

	ASSERT_LE(1, abi);
	EXPECT_EQ(abi, abi_version());
}

TEST(errata_of_abi_1_are_fixed)
{
	const int errata =
		create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_ERRATA);

	if (abi_version() < 7)
		SKIP(return, "needs ABI 7");
	ASSERT_LE(0, errata);
	/* Erratum 3: disconnected directories. Erratum 4: whiteouts. */
	EXPECT_EQ(1 << 2, errata & (1 << 2));
	EXPECT_EQ(1 << 3, errata & (1 << 3));
}

TEST(errata_cannot_be_queried_before_abi_7)
{
	if (abi_version() >= 7)
		SKIP(return, "needs an older ABI");
	EXPECT_EQ(EINVAL, try_create(NULL, 0, LANDLOCK_CREATE_RULESET_ERRATA));
}

FIXTURE(query)
{
};

FIXTURE_VARIANT(query)
{
	const void *attr;
	size_t size;
	__u32 flags;
	int expected;
};

/* clang-format off */
#define QUERY(name, attr_, size_, flags_, expected_)			\
	FIXTURE_VARIANT_ADD(query, name) {				\
		.attr = attr_, .size = size_, .flags = flags_,		\
		.expected = expected_,					\
	}
/* clang-format on */

QUERY(version_with_attr, &all_ones, 0, 1, EINVAL);
QUERY(version_with_size, NULL, 8, 1, EINVAL);
QUERY(version_with_both, &all_ones, 8, 1, EINVAL);
QUERY(errata_with_attr, &all_ones, 0, 2, EINVAL);
QUERY(errata_with_size, NULL, 8, 2, EINVAL);
QUERY(version_and_errata, NULL, 0, 3, EINVAL);
QUERY(next_flag, NULL, 0, 4, EINVAL);
QUERY(last_flag, NULL, 0, 1U << 31, EINVAL);
QUERY(all_flags, NULL, 0, ~0U, EINVAL);
QUERY(version_and_last_flag, NULL, 0, 1U << 31 | 1, EINVAL);
/* A flag is looked at before the memory that attr points to. */
QUERY(flag_wins_over_bad_address, (void *)8, 8, 1, EINVAL);

FIXTURE_SETUP(query)
{
}

FIXTURE_TEARDOWN(query)
{
}

TEST_F(query, is_refused)
{
	EXPECT_EQ(variant->expected,
		  try_create(variant->attr, variant->size, variant->flags));
}

/* Attributes: sizes, tails, addresses */

FIXTURE(attr_size)
{
	size_t page;
	/* One page followed by one that cannot be read. */
	char *buffer;
};

FIXTURE_SETUP(attr_size)
{
	self->page = sysconf(_SC_PAGESIZE);
	self->buffer = mmap(NULL, 2 * self->page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->buffer);
	ASSERT_EQ(0,
		  mprotect(self->buffer + self->page, self->page, PROT_NONE));
	*(__u64 *)self->buffer = LANDLOCK_ACCESS_FS_READ_FILE;
}

FIXTURE_TEARDOWN(attr_size)
{
	munmap(self->buffer, 2 * self->page);
}

TEST_F(attr_size, minimum_is_one_field)
{
	size_t size;

	for (size = 0; size < sizeof(__u64); size++) {
		EXPECT_EQ(EINVAL, try_create(self->buffer, size, 0));
	}
	EXPECT_EQ(0, try_create(self->buffer, sizeof(__u64), 0));
}

TEST_F(attr_size, zero_tail_is_accepted)
{
	size_t size;

	for (size = sizeof(__u64); size <= 128; size++) {
		EXPECT_EQ(0, try_create(self->buffer, size, 0));
	}
	EXPECT_EQ(0, try_create(self->buffer, self->page, 0));
}

TEST_F(attr_size, unknown_tail_is_refused)
{
	const size_t known = known_attr_size(abi_version());
	size_t at;

	for (at = known; at < self->page; at = at * 3 / 2) {
		self->buffer[at] = 1;
		/* Not part of the attribute: not looked at. */
		EXPECT_EQ(0, try_create(self->buffer, at, 0));
		EXPECT_EQ(E2BIG, try_create(self->buffer, at + 1, 0));
		EXPECT_EQ(E2BIG, try_create(self->buffer, self->page, 0));
		self->buffer[at] = 0;
	}
	EXPECT_EQ(0, try_create(self->buffer, self->page, 0));
}

TEST_F(attr_size, more_than_a_page_is_refused)
{
	EXPECT_EQ(E2BIG, try_create(self->buffer, self->page + 1, 0));
	EXPECT_EQ(E2BIG, try_create(self->buffer, SIZE_MAX, 0));
	EXPECT_EQ(0, try_create(self->buffer, self->page, 0));
}

TEST_F(attr_size, unreadable_memory_is_a_fault)
{
	char *const end = self->buffer + self->page;
	const __u64 right = LANDLOCK_ACCESS_FS_READ_FILE;

	memcpy(end - sizeof(right), &right, sizeof(right));
	EXPECT_EQ(0, try_create(end - sizeof(right), sizeof(right), 0));
	/* The tail counts, even where the kernel does not know it. */
	EXPECT_EQ(EFAULT, try_create(end - sizeof(right), 128, 0));
	EXPECT_EQ(EFAULT, try_create(end - 4, sizeof(right), 0));
	EXPECT_EQ(EFAULT, try_create(end, sizeof(right), 0));
	EXPECT_EQ(EFAULT, try_create(NULL, sizeof(right), 0));
}

TEST_F(attr_size, order_of_checks)
{
	/* NULL, then the minimum, then the maximum, then memory. */
	EXPECT_EQ(EFAULT, try_create(NULL, 0, 0));
	EXPECT_EQ(EFAULT, try_create(NULL, self->page + 1, 0));
	EXPECT_EQ(EINVAL, try_create(self->buffer + self->page, 7, 0));
	EXPECT_EQ(E2BIG,
		  try_create(self->buffer + self->page, self->page + 1, 0));

	/* An unknown tail wins over unknown rights and over no right. */
	self->buffer[self->page - 1] = 1;
	*(__u64 *)self->buffer = all_ones;
	EXPECT_EQ(E2BIG, try_create(self->buffer, self->page, 0));
	*(__u64 *)self->buffer = 0;
	EXPECT_EQ(E2BIG, try_create(self->buffer, self->page, 0));
	self->buffer[self->page - 1] = 0;
	EXPECT_EQ(ENOMSG, try_create(self->buffer, self->page, 0));
}

/* Rights */

TEST(each_known_right_is_accepted_alone)
{
	const __u64 known = known_fs(abi_version());
	__u64 right;

	for (right = 1; right & known; right <<= 1) {
		EXPECT_EQ(0, try_create(&right, sizeof(right), 0));
	}
	EXPECT_EQ(0, try_create(&known, sizeof(known), 0));
}

TEST(each_unknown_right_is_refused)
{
	const __u64 known = known_fs(abi_version());
	__u64 right;

	for (right = known + 1; right; right <<= 1) {
		const __u64 both = right | LANDLOCK_ACCESS_FS_READ_FILE;

		EXPECT_EQ(EINVAL, try_create(&right, sizeof(right), 0));
		EXPECT_EQ(EINVAL, try_create(&both, sizeof(both), 0));
	}
	EXPECT_EQ(EINVAL, try_create(&all_ones, sizeof(all_ones), 0));
}

TEST(no_right_is_no_ruleset)
{
	const __u64 none[16] = {};
	size_t size;

	for (size = sizeof(__u64); size <= sizeof(none); size += 8) {
		EXPECT_EQ(ENOMSG, try_create(none, size, 0));
	}
}

/* Attributes of later ABIs: each known field is used, each other is E2BIG. */

FIXTURE(later_attr)
{
	int abi;
};

FIXTURE_VARIANT(later_attr)
{
	struct landlock_ruleset_attr attr;
	int since_abi;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(later_attr, net_tcp) {
	/* clang-format on */
	.attr.handled_access_net = LANDLOCK_ACCESS_NET_BIND_TCP,
	.since_abi = 4,
};

/* clang-format off */
FIXTURE_VARIANT_ADD(later_attr, scope_signal) {
	/* clang-format on */
	.attr.scoped = LANDLOCK_SCOPE_SIGNAL,
	.since_abi = 6,
};

/* clang-format off */
FIXTURE_VARIANT_ADD(later_attr, quiet_fs) {
	/* clang-format on */
	.attr.quiet_access_fs = LANDLOCK_ACCESS_FS_READ_FILE,
	.since_abi = 10,
};

FIXTURE_SETUP(later_attr)
{
	self->abi = abi_version();
}

FIXTURE_TEARDOWN(later_attr)
{
}

TEST_F(later_attr, is_known_or_too_big)
{
	const int expected = self->abi >= variant->since_abi ? 0 : E2BIG;
	struct landlock_ruleset_attr attr = variant->attr;

	attr.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE;
	EXPECT_EQ(expected, try_create(&attr, sizeof(attr), 0));
	/* Outside of the given size, nothing is looked at. */
	EXPECT_EQ(0, try_create(&attr, sizeof(__u64), 0));
}

/* The descriptor */

TEST(ruleset_is_a_close_on_exec_descriptor)
{
	const int fd = new_ruleset(_metadata, LANDLOCK_ACCESS_FS_READ_FILE);

	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(O_RDWR, fcntl(fd, F_GETFL) & O_ACCMODE);
	EXPECT_EQ(0, close(fd));
}

TEST(ruleset_cannot_be_read_written_or_mapped)
{
	const int fd = new_ruleset(_metadata, LANDLOCK_ACCESS_FS_READ_FILE);
	char byte = 0;

	EXPECT_EQ(EINVAL, ERR(read(fd, &byte, 1)));
	EXPECT_EQ(EINVAL, ERR(write(fd, &byte, 1)));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(ESPIPE, ERR(lseek(fd, 0, SEEK_SET)));
	EXPECT_EQ(0, close(fd));
}

TEST(ruleset_is_shown_by_name)
{
	const int fd = new_ruleset(_metadata, LANDLOCK_ACCESS_FS_READ_FILE);
	char path[32], name[64] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ASSERT_LT(0, readlink(path, name, sizeof(name) - 1));
	EXPECT_STREQ("anon_inode:[landlock-ruleset]", name);
	EXPECT_EQ(0, close(fd));
}

TEST_HARNESS_MAIN
