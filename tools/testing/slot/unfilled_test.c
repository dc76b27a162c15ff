// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls of Landlock as long as no module filled the slot
 *
 * Runs before the module is loaded, so it is not part of the other suites.
 */

#include <errno.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"

TEST(create_ruleset)
{
	const struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE,
	};

	ASSERT_EQ(-1, syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr),
			      0));
	ASSERT_EQ(EOPNOTSUPP, errno);
}

TEST(version)
{
	ASSERT_EQ(-1, syscall(SYS_landlock_create_ruleset, NULL, 0,
			      LANDLOCK_CREATE_RULESET_VERSION));
	ASSERT_EQ(EOPNOTSUPP, errno);
}

TEST(add_rule)
{
	const struct landlock_path_beneath_attr attr = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
		.parent_fd = -1,
	};

	ASSERT_EQ(-1, syscall(SYS_landlock_add_rule, -1,
			      LANDLOCK_RULE_PATH_BENEATH, &attr, 0));
	ASSERT_EQ(EOPNOTSUPP, errno);
}

TEST(restrict_self)
{
	ASSERT_EQ(-1, syscall(SYS_landlock_restrict_self, -1, 0));
	ASSERT_EQ(EOPNOTSUPP, errno);
}

TEST_HARNESS_MAIN
