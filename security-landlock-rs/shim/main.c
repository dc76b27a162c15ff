// SPDX-License-Identifier: GPL-2.0-only
/*
 * Landlock in Rust - module entry
 *
 * There is no exit: credentials, inodes and files refer to this code for as
 * long as the kernel runs.
 */

#define pr_fmt(fmt) "landlock: " fmt

#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/init.h>
#include <linux/module.h>

#include "coverage.h"
#include "hook.h"
#include "landlock_rs.h"
#include "marks.h"

static_assert(sizeof(struct landlock_rs_cred) <= LANDLOCK_SLOT_CRED_SIZE);
static_assert(sizeof(struct landlock_rs_file) <= LANDLOCK_SLOT_FILE_SIZE);
static_assert(sizeof(struct landlock_rs_inode) <= LANDLOCK_SLOT_INODE_SIZE);
static_assert(sizeof(struct landlock_rs_superblock) <=
	      LANDLOCK_SLOT_SUPERBLOCK_SIZE);

struct lsm_blob_sizes landlock_rs_blob_sizes __ro_after_init;
bool landlock_rs_is_enabled __ro_after_init;

static int __init landlock_rs_init(void)
{
	int err;

	landlock_rs_blob_sizes = landlock_slot_blobs;
	err = landlock_slot_fill(&landlock_rs_ops);

	/* The slot said why, and what to do. */
	if (err)
		return err;

	landlock_rs_is_enabled = true;
	pr_info("Up and running.\n");
	landlock_rs_coverage_init();
	/* As above: the module cannot go away any more, and works without. */
	(void)landlock_rs_marks_init();
	return 0;
}
module_init(landlock_rs_init);

MODULE_DESCRIPTION("Landlock, implemented in Rust");
MODULE_LICENSE("GPL");
