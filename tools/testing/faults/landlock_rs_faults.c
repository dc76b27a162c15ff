// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a mistake on demand, to see that a debug kernel notices it
 *
 * Loading always fails, so that the next mistake can be asked for.
 */

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

static char *fault = "";
module_param(fault, charp, 0);
MODULE_PARM_DESC(fault, "rcu, sleep, leak, lock or overflow");

static DEFINE_SPINLOCK(spin);
static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static int __rcu *pointer;

/* Dereferences without a read-side critical section. */
static void make_rcu(void)
{
	if (rcu_dereference(pointer))
		pr_info("There is something.\n");
}

/* Allocates in a way that may sleep while it must not. */
static void make_sleep(void)
{
	spin_lock(&spin);
	kfree(kmalloc(8, GFP_KERNEL));
	spin_unlock(&spin);
}

/* Forgets what it allocates, often enough for no stale pointer to hide it. */
static void make_leak(void)
{
	int i;

	for (i = 0; i < 16; i++) {
		char *bytes = kmalloc(200, GFP_KERNEL);

		OPTIMIZER_HIDE_VAR(bytes);
	}
}

/* Takes two locks in both orders. */
static void make_lock(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

/* Writes behind the end of an allocation. */
static void make_overflow(void)
{
	char *const bytes = kmalloc(8, GFP_KERNEL);
	size_t end = 8;

	if (!bytes)
		return;
	OPTIMIZER_HIDE_VAR(end);
	WRITE_ONCE(bytes[end], 1);
	kfree(bytes);
}

static const struct {
	const char *name;
	void (*make)(void);
} faults[] = {
	{ "rcu", make_rcu },	     { "sleep", make_sleep },
	{ "leak", make_leak },	     { "lock", make_lock },
	{ "overflow", make_overflow },
};

static int __init landlock_rs_faults_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (!strcmp(fault, faults[i].name))
			faults[i].make();
	}
	return -ENODEV;
}
module_init(landlock_rs_faults_init);

MODULE_DESCRIPTION("Mistakes that a debug kernel must notice");
MODULE_LICENSE("GPL");
