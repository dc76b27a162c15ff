// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of Documentation/logs.rst: each must work, and show the denial of
 * a program in a sandbox.  A test of tools/ compares them with that page.
 */

#include "common.h"

#define DENIED "/proc/version"

static const char trace_before[] =
	"cd /sys/kernel/tracing\n"
	"echo 1 > events/landlock/enable\n";

static const char trace_after[] =
	"grep landlock_deny /sys/kernel/tracing/trace\n"
	"echo 0 > /sys/kernel/tracing/events/landlock/enable\n";

static const char audit_after[] =
	"dmesg | grep 'audit: type=1423' | tail -n 5\n"
	"dmesg | grep 'audit: type=1424' | tail -n 5\n";

/* Opens a file in a sandbox that allows nothing. */
static void be_denied(struct __test_metadata *const _metadata)
{
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE,
	};
	const pid_t child = fork();
	int status;

	ASSERT_LE(0, child);
	if (!child) {
		const int fd = create_ruleset(&attr, sizeof(attr), 0);

		if (fd < 0 || restrict_self(fd, 0))
			_exit(2);
		_exit(ERR(open(DENIED, O_RDONLY | O_CLOEXEC)) != EACCES);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_EQ(0, status);
}

/* Runs commands in a shell, and returns whether they print all of @expected. */
static bool shows(const char *const commands, const char *const expected[])
{
	static char output[1 << 20];
	FILE *const shell = popen(commands, "r");
	size_t i;

	if (!shell)
		return false;

	output[fread(output, 1, sizeof(output) - 1, shell)] = '\0';
	if (pclose(shell))
		return false;

	for (i = 0; expected[i]; i++) {
		if (!strstr(output, expected[i]))
			return false;
	}
	return true;
}

TEST(trace_events_show_a_denial)
{
	const char *const expected[] = {
		"landlock_deny_access_fs:",
		"blockers=read_file",
		"path=" DENIED,
		NULL,
	};

	ASSERT_EQ(0, system(trace_before));
	be_denied(_metadata);
	EXPECT_TRUE(shows(trace_after, expected));
}

TEST(audit_records_show_a_denial)
{
	const char *const expected[] = {
		"blockers=fs.read_file path=\"" DENIED "\"",
		"status=allocated mode=enforcing",
		NULL,
	};
	bool is_shown = false;
	int i;

	ASSERT_EQ(0, set_audit(1));
	be_denied(_metadata);
	/* A thread of the kernel writes them. */
	for (i = 0; i < 50 && !is_shown; i++) {
		usleep(100 * 1000);
		is_shown = shows(audit_after, expected);
	}
	EXPECT_TRUE(is_shown);
	EXPECT_EQ(0, set_audit(0));
}

TEST_HARNESS_MAIN
