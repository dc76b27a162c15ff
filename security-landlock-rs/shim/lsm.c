// SPDX-License-Identifier: GPL-2.0-only
/*
 * Landlock in Rust - Linux security module
 *
 * What a kernel with this code built in has in place of main.c and the slot:
 * the security blobs, the registration of the hooks and the system calls.
 */

#define pr_fmt(fmt) "landlock: " fmt

#include <linux/cache.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/lsm_hooks.h>
#include <linux/printk.h>
#include <linux/syscalls.h>
#include <uapi/linux/landlock.h>
#include <uapi/linux/lsm.h>

#include "hook.h"
#include "landlock_rs.h"
#include "marks.h"

static const struct lsm_id landlock_rs_id = {
	.name = "landlock",
	.id = LSM_ID_LANDLOCK,
};

/* Sizes until the framework makes offsets of them. */
struct lsm_blob_sizes landlock_rs_blob_sizes __ro_after_init = {
	.lbs_cred = sizeof(struct landlock_rs_cred),
	.lbs_file = sizeof(struct landlock_rs_file),
	.lbs_inode = sizeof(struct landlock_rs_inode),
	.lbs_superblock = sizeof(struct landlock_rs_superblock),
};

bool landlock_rs_is_enabled __ro_after_init;

static int __init landlock_rs_init(void)
{
	landlock_rs_add_hooks(&landlock_rs_id);
	landlock_rs_is_enabled = true;
	pr_info("Up and running.\n");
	return 0;
}

DEFINE_LSM(landlock_rs) = {
	.id = &landlock_rs_id,
	.init = landlock_rs_init,
	.blobs = &landlock_rs_blob_sizes,
	/* Needs debugfs. */
	.initcall_fs = landlock_rs_marks_init,
};

/* Returns whether system calls may do anything. */
static bool check_enabled(void)
{
	if (likely(landlock_rs_is_enabled))
		return true;

	pr_warn_once("Disabled but requested by user space. You should add it to the boot parameter, lsm=landlock,...: https://docs.kernel.org/userspace-api/landlock.html#boot-time-configuration\n");
	return false;
}

/**
 * sys_landlock_create_ruleset - Create a ruleset or query what is supported
 *
 * @attr: What the ruleset handles, or NULL for a query.
 * @size: Size of @attr as user space knows it, or 0 for a query.
 * @flags: 0 or the kind of query.
 *
 * Return: A file descriptor, the answer to the query, or -errno.  %EOPNOTSUPP
 * if Landlock is not enabled.
 */
SYSCALL_DEFINE3(landlock_create_ruleset,
		const struct landlock_ruleset_attr __user *const, attr,
		const size_t, size, const __u32, flags)
{
	return check_enabled() ? landlock_rs_create_ruleset(attr, size, flags) :
				 -EOPNOTSUPP;
}

/**
 * sys_landlock_add_rule - Add a rule to a ruleset
 *
 * @ruleset_fd: File descriptor of the ruleset.
 * @rule_type: Type of the rule, which says what @rule_attr points to.
 * @rule_attr: The rule.
 * @flags: How to add the rule.
 *
 * Return: 0 or -errno.  %EOPNOTSUPP if Landlock is not enabled.
 */
SYSCALL_DEFINE4(landlock_add_rule, const int, ruleset_fd,
		const enum landlock_rule_type, rule_type,
		const void __user *const, rule_attr, const __u32, flags)
{
	return check_enabled() ? landlock_rs_add_rule(ruleset_fd, rule_type,
						      rule_attr, flags) :
				 -EOPNOTSUPP;
}

/**
 * sys_landlock_restrict_self - Enforce a ruleset on the caller
 *
 * @ruleset_fd: File descriptor of the ruleset.
 * @flags: How to enforce the ruleset.
 *
 * Return: 0 or -errno.  %EOPNOTSUPP if Landlock is not enabled.
 */
SYSCALL_DEFINE2(landlock_restrict_self, const int, ruleset_fd, const __u32,
		flags)
{
	return check_enabled() ? landlock_rs_restrict_self(ruleset_fd, flags) :
				 -EOPNOTSUPP;
}
