// SPDX-License-Identifier: GPL-2.0-only
/*
 * Landlock in Rust - what KUnit tests need of C
 */

#include <kunit/test-bug.h>
#include <kunit/test.h>

#include "landlock_rs.h"

/**
 * landlock_rs_skip_if_disabled() - Skip the current test if there are no blobs
 *
 * Built in, tests run even if Landlock is not enabled at boot.
 *
 * Return: Whether the test is marked as skipped, and has to return.
 */
bool landlock_rs_skip_if_disabled(void)
{
	struct kunit *const test = kunit_get_current_test();

	if (landlock_rs_is_enabled || !test)
		return false;

	kunit_mark_skipped(test, "Landlock is not enabled");
	return true;
}
