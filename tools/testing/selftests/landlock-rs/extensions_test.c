// SPDX-License-Identifier: GPL-2.0-only
/*
 * What landlock-rs offers besides Landlock: all of it if EXT is in the
 * environment, and otherwise nothing, as C Landlock.
 */

#include "common.h"

#include "landlock_rs.h"

static bool is_extended(void)
{
	return getenv("EXT");
}

/* Returns the errno of a query, or 0. */
static int try_query(__u32 flags)
{
	return ERR(create_ruleset(NULL, 0, flags));
}

TEST(query)
{
	const __u32 flag = LANDLOCK_RS_CREATE_RULESET_EXTENSIONS;
	const struct landlock_ruleset_attr attr = { .handled_access_fs = 1 };

	EXPECT_EQ(is_extended() ? 0 : EINVAL, try_query(flag));
	/* A query has no attributes, and asks for one thing. */
	EXPECT_EQ(EINVAL, ERR(create_ruleset(&attr, sizeof(attr), flag)));
	EXPECT_EQ(EINVAL, ERR(create_ruleset(NULL, sizeof(attr), flag)));
	EXPECT_EQ(EINVAL, ERR(create_ruleset(&attr, 0, flag)));
	EXPECT_EQ(EINVAL,
		  try_query(flag | LANDLOCK_CREATE_RULESET_VERSION));
	EXPECT_EQ(EINVAL, try_query(flag >> 1));
}

TEST_HARNESS_MAIN
