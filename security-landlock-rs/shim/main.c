// SPDX-License-Identifier: GPL-2.0-only
/*
 * Landlock in Rust - module entry
 *
 * There is no exit: credentials, inodes and files refer to this code for as
 * long as the kernel runs.
 */

#define pr_fmt(fmt) "landlock: " fmt

#include <linux/init.h>
#include <linux/module.h>

#include "coverage.h"
#include "hooks.h"
#include "marks.h"

static int __init landlock_rs_init(void)
{
	const int err = landlock_slot_fill(&landlock_rs_ops);

	/* The slot said why, and what to do. */
	if (err)
		return err;

	pr_info("Up and running.\n");
	landlock_rs_coverage_init();
	landlock_rs_marks_init();
	return 0;
}
module_init(landlock_rs_init);

MODULE_DESCRIPTION("Landlock, implemented in Rust");
MODULE_LICENSE("GPL");
