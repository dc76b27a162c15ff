// SPDX-License-Identifier: GPL-2.0-only
/* Sizes and loads well above what programs do, and too little memory. */

#include "common.h"

#include <sys/resource.h>

#define DIR BASE "/dir"
#define OUTSIDE BASE "/outside"

#define READ LANDLOCK_ACCESS_FS_READ_FILE

#define NUM_RULES 2500
#define NUM_LAYER_RULES 200
#define NUM_FORKS 300

static const char *numbered(int i)
{
	static char path[64];

	snprintf(path, sizeof(path), DIR "/%d", i);
	return path;
}

static void make_files(struct __test_metadata *const _metadata, int count)
{
	int i;

	for (i = 0; i < count; i++)
		make_file(_metadata, numbered(i));
}

FIXTURE(stress)
{
};

FIXTURE_SETUP(stress)
{
	mount_base(_metadata);
	make_dir(_metadata, DIR);
	make_file(_metadata, OUTSIDE);
}

FIXTURE_TEARDOWN_PARENT(stress)
{
}

TEST_F_TIMEOUT(stress, many_rules, 300)
{
	const int fd = new_ruleset(_metadata, READ);
	int i;

	make_files(_metadata, NUM_RULES + 1);
	for (i = 0; i < NUM_RULES; i++)
		add_path(_metadata, fd, numbered(i), READ);
	enforce(_metadata, fd);

	for (i = 0; i < NUM_RULES; i++)
		ASSERT_EQ(0, try_open(numbered(i), O_RDONLY));
	EXPECT_EQ(EACCES, try_open(numbered(NUM_RULES), O_RDONLY));
	EXPECT_EQ(EACCES, try_open(OUTSIDE, O_RDONLY));
}

/* Each layer allows all files but one of its own. */
TEST_F_TIMEOUT(stress, many_rules_in_many_layers, 300)
{
	int layer, i;

	make_files(_metadata, NUM_LAYER_RULES);
	for (layer = 0; layer < MAX_LAYERS; layer++) {
		const int fd = new_ruleset(_metadata, READ);

		for (i = 0; i < NUM_LAYER_RULES; i++) {
			if (i != layer * 10)
				add_path(_metadata, fd, numbered(i), READ);
		}
		/* The next layers open the files with O_PATH only. */
		enforce(_metadata, fd);
		ASSERT_EQ(0, close(fd));
	}
	for (i = 0; i < NUM_LAYER_RULES; i++) {
		const bool denied = i % 10 == 0 && i < MAX_LAYERS * 10;

		ASSERT_EQ(denied ? EACCES : 0,
			  try_open(numbered(i), O_RDONLY));
	}
}

/* Layers with rules on files that other layers do not know. */
TEST_F_TIMEOUT(stress, disjoint_layers, 300)
{
	int layer, i;

	make_files(_metadata, NUM_LAYER_RULES);
	for (layer = 0; layer < MAX_LAYERS; layer++) {
		const int fd = new_ruleset(_metadata, READ);

		for (i = layer; i < NUM_LAYER_RULES; i += MAX_LAYERS)
			add_path(_metadata, fd, numbered(i), READ);
		add_path(_metadata, fd, numbered(0), READ);
		enforce(_metadata, fd);
		ASSERT_EQ(0, close(fd));
	}
	EXPECT_EQ(0, try_open(numbered(0), O_RDONLY));
	for (i = 1; i < NUM_LAYER_RULES; i++)
		ASSERT_EQ(EACCES, try_open(numbered(i), O_RDONLY));
}

TEST_F_TIMEOUT(stress, many_forks, 300)
{
	const long before = used_inodes(_metadata, BASE);
	const struct rule rules[] = { { DIR, READ }, {} };
	int failed = 0, i, status;

	make_files(_metadata, 1);
	for (i = 0; i < NUM_FORKS; i++) {
		const pid_t child = fork();

		ASSERT_LE(0, child);
		if (child)
			continue;
		sandbox(_metadata, READ, rules);
		sandbox(_metadata, READ, rules);
		if (try_open(numbered(0), O_RDONLY) ||
		    try_open(OUTSIDE, O_RDONLY) != EACCES)
			_exit(1);
		_exit(0);
	}
	for (i = 0; i < NUM_FORKS; i++) {
		ASSERT_LT(0, wait(&status));
		failed += status != 0;
	}
	EXPECT_EQ(0, failed);
	EXPECT_EQ(0, try_open(OUTSIDE, O_RDONLY));
	/* No domain holds the directory any more. */
	ASSERT_EQ(0, unlink(numbered(0)));
	ASSERT_EQ(0, rmdir(DIR));
	expect_used_inodes(_metadata, BASE, before - 1);
}

TEST_F_TIMEOUT(stress, many_rulesets, 300)
{
	const long before = used_inodes(_metadata, BASE);
	int i;

	for (i = 0; i < 10000; i++) {
		const int fd = new_ruleset(_metadata, READ);

		add_path(_metadata, fd, DIR, READ);
		ASSERT_EQ(0, close(fd));
	}
	ASSERT_EQ(0, rmdir(DIR));
	expect_used_inodes(_metadata, BASE, before - 1);
}

/* Too little memory */

#define CGROUP_ROOT BASE "/cgroup"
#define CGROUP CGROUP_ROOT "/landlock-rs"
#define LIMIT "4M"
#define LIMIT_BYTES (4L << 20)
#define NUM_FDS 64
#define MAX_RULESETS 4000

FIXTURE(memory)
{
	int file_fds[NUM_FDS];
	int ruleset_fds[MAX_RULESETS];
	int num_rulesets;
	/* Why the last action failed. */
	int err;
	long inodes;
};

FIXTURE_SETUP(memory)
{
	const struct rlimit files = { 2 * MAX_RULESETS, 2 * MAX_RULESETS };
	int i;

	mount_base(_metadata);
	make_dir(_metadata, DIR);
	make_dir(_metadata, CGROUP_ROOT);
	make_file(_metadata, OUTSIDE);
	if (mount("cgroup", CGROUP_ROOT, "cgroup2", 0, NULL))
		SKIP(return, "no cgroup2");
	write_text(CGROUP_ROOT "/cgroup.subtree_control", "+memory");
	if (mkdir(CGROUP, 0755)) {
		ASSERT_EQ(EEXIST, errno);
	}
	if (access(CGROUP "/memory.max", W_OK))
		SKIP(return, "no memory controller");

	self->inodes = used_inodes(_metadata, BASE);
	make_files(_metadata, NUM_FDS);
	for (i = 0; i < NUM_FDS; i++) {
		self->file_fds[i] = open(numbered(i), O_PATH | O_CLOEXEC);
		ASSERT_LE(0, self->file_fds[i]);
	}
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));
	/* Makes allocations fail, as there is nothing to kill. */
	ASSERT_EQ(0, write_text("/proc/self/oom_score_adj", "-1000"));
	ASSERT_EQ(0, mlockall(MCL_CURRENT));
}

FIXTURE_TEARDOWN(memory)
{
	rmdir(CGROUP);
}

/* Adds rulesets with rules until there is no memory left. */
static void exhaust(FIXTURE_DATA(memory) *const self)
{
	const struct landlock_ruleset_attr attr = { .handled_access_fs = READ };
	int fd, i;

	while (self->num_rulesets < MAX_RULESETS) {
		fd = create_ruleset(&attr, sizeof(__u64), 0);
		if (fd < 0) {
			self->err = errno;
			return;
		}
		self->ruleset_fds[self->num_rulesets++] = fd;
		for (i = 0; i < NUM_FDS; i++) {
			self->err = add_rule_fd(fd, self->file_fds[i], READ);
			if (self->err)
				return;
		}
	}
}

static void close_all(FIXTURE_DATA(memory) *const self)
{
	while (self->num_rulesets)
		close(self->ruleset_fds[--self->num_rulesets]);
}

/* Enters the group with little memory. */
static void limit(struct __test_metadata *const _metadata)
{
	ASSERT_EQ(0, write_text(CGROUP "/cgroup.procs", "0"));
	ASSERT_EQ(0, write_text(CGROUP "/memory.max", LIMIT));
}

static void unlimit(struct __test_metadata *const _metadata)
{
	ASSERT_EQ(0, write_text(CGROUP "/memory.max", "max"));
	ASSERT_EQ(0, write_text(CGROUP_ROOT "/cgroup.procs", "0"));
}

static long used_memory(struct __test_metadata *const _metadata)
{
	const int fd = open(CGROUP "/memory.current", O_RDONLY | O_CLOEXEC);
	char text[32] = "";

	ASSERT_LE(0, fd);
	ASSERT_LT(0, read(fd, text, sizeof(text) - 1));
	ASSERT_EQ(0, close(fd));
	return atol(text);
}

/* Some of it is in caches; most of it must come back. */
static void expect_memory_back(struct __test_metadata *const _metadata)
{
	int i;

	for (i = 0; i < 500 && used_memory(_metadata) > LIMIT_BYTES / 8; i++)
		usleep(10000);
	EXPECT_GE(LIMIT_BYTES / 8, used_memory(_metadata));
}

static void expect_inodes_back(struct __test_metadata *const _metadata,
			       FIXTURE_DATA(memory) *const self)
{
	int i;

	for (i = 0; i < NUM_FDS; i++) {
		ASSERT_EQ(0, unlink(numbered(i)));
		ASSERT_EQ(0, close(self->file_fds[i]));
	}
	expect_used_inodes(_metadata, BASE, self->inodes);
}

TEST_F_TIMEOUT(memory, rules_fail_with_enomem, 300)
{
	int round;

	for (round = 0; round < 3; round++) {
		limit(_metadata);
		exhaust(self);
		EXPECT_EQ(ENOMEM, self->err);
		EXPECT_LT(10, self->num_rulesets);
		EXPECT_LT(self->num_rulesets, MAX_RULESETS);
		close_all(self);
		unlimit(_metadata);
		expect_memory_back(_metadata);
	}
	expect_inodes_back(_metadata, self);
}

TEST_F_TIMEOUT(memory, restriction_fails_with_enomem, 300)
{
	int err, layers;

	limit(_metadata);
	exhaust(self);
	/* What is left may be enough for a few small objects. */
	for (layers = 0; layers < MAX_LAYERS; layers++) {
		err = ERR(restrict_self(self->ruleset_fds[0], 0));
		if (err)
			break;
	}
	/* Makes room to go on, but for the first ruleset. */
	while (self->num_rulesets > 1)
		close(self->ruleset_fds[--self->num_rulesets]);
	unlimit(_metadata);

	EXPECT_EQ(ENOMEM, err);
	EXPECT_GT(MAX_LAYERS, layers);
	EXPECT_EQ(layers ? EACCES : 0, try_open(OUTSIDE, O_RDONLY));
	/* No layer was used up, and the ruleset is as it was. */
	for (; layers < MAX_LAYERS; layers++)
		ASSERT_EQ(0, ERR(restrict_self(self->ruleset_fds[0], 0)));
	EXPECT_EQ(E2BIG, ERR(restrict_self(self->ruleset_fds[0], 0)));
	EXPECT_EQ(0, try_open(numbered(0), O_RDONLY));
	EXPECT_EQ(0, try_open(numbered(NUM_FDS - 1), O_RDONLY));
	EXPECT_EQ(EACCES, try_open(OUTSIDE, O_RDONLY));
}

TEST_HARNESS_MAIN
