// SPDX-License-Identifier: GPL-2.0-only
/*
 * Landlock slot probe - A module that tries to fill the slot
 *
 * It has no hooks, and system calls that always fail.  Loading it must fail with
 * EBUSY ("Device or resource busy") when the slot is already filled.  In an
 * empty slot it stays for ever, so load it there only to test the slot itself.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/landlock_slot.h>
#include <linux/module.h>
#include <linux/printk.h>

static long probe_create_ruleset(const struct landlock_ruleset_attr __user *attr,
				 size_t size, __u32 flags)
{
	return -ECANCELED;
}

static long probe_add_rule(int ruleset_fd, enum landlock_rule_type rule_type,
			   const void __user *rule_attr, __u32 flags)
{
	return -ECANCELED;
}

static long probe_restrict_self(int ruleset_fd, __u32 flags)
{
	return -ECANCELED;
}

/* ECANCELED tells the answers of this module from those of an empty slot. */
static const struct landlock_slot_ops probe_ops = {
	.owner = THIS_MODULE,
	.create_ruleset = probe_create_ruleset,
	.add_rule = probe_add_rule,
	.restrict_self = probe_restrict_self,
};

static int __init probe_init(void)
{
	const int err = landlock_slot_fill(&probe_ops);

	pr_info("landlock_slot_fill() returned %d\n", err);
	return err;
}
module_init(probe_init);

/* Never runs after the slot was filled, which pins the module. */
static void __exit probe_exit(void)
{
}
module_exit(probe_exit);

MODULE_DESCRIPTION("Tries to fill the Landlock slot");
MODULE_LICENSE("GPL");
