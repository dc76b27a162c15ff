// SPDX-License-Identifier: GPL-2.0-only
/*
 * Landlock in Rust - marked points at which a test can make the code wait
 *
 * kapi/mark.rs names them.  Each has a file in debugfs, landlock_rs/NAME.
 * Writing "VISITORS MS" lets the next visitors wait for so long, and "0 0" lets
 * go those who do.  Reading gives how many waited so far, and how many do now.
 *
 * Where sleeping is forbidden they spin, and only for a moment: an interrupt or
 * a lock may wait for them.
 */

#define pr_fmt(fmt) "landlock: " fmt

#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/nmi.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "landlock_rs.h"
#include "marks.h"

/* Longest time to spin, in milliseconds. */
#define LANDLOCK_RS_MAX_SPIN 500

/* More than there are. */
#define LANDLOCK_RS_MAX_MARKS 128

static struct landlock_rs_mark {
	atomic_t left, hits, waiting;
	u32 delay_ms;
} marks[LANDLOCK_RS_MAX_MARKS];

static void spin_at(const struct landlock_rs_mark *const mark)
{
	u32 ms;

	for (ms = 0; ms < LANDLOCK_RS_MAX_SPIN; ms++) {
		if (ms >= READ_ONCE(mark->delay_ms))
			break;
		mdelay(1);
		touch_nmi_watchdog();
	}
}

static void sleep_at(const struct landlock_rs_mark *const mark)
{
	const unsigned long start = jiffies;

	while (time_before(jiffies,
			   start + msecs_to_jiffies(READ_ONCE(mark->delay_ms))))
		schedule_timeout_uninterruptible(1);
}

/**
 * landlock_rs_mark() - Wait at a mark if a test asks for that
 * @index: Number of the mark.
 *
 * Context: Any context: spins where sleeping is not allowed.
 */
void landlock_rs_mark(unsigned int index)
{
	struct landlock_rs_mark *const mark = &marks[index];

	if (atomic_dec_if_positive(&mark->left) < 0)
		return;
	atomic_inc(&mark->waiting);
	atomic_inc(&mark->hits);
	if (preemptible() && !rcu_preempt_depth())
		sleep_at(mark);
	else
		spin_at(mark);
	atomic_dec(&mark->waiting);
}

static ssize_t mark_read(struct file *file, char __user *to, size_t size,
			 loff_t *pos)
{
	const struct landlock_rs_mark *const mark = file->private_data;
	char text[32];
	const int len = scnprintf(text, sizeof(text), "%d %d\n",
				  atomic_read(&mark->hits),
				  atomic_read(&mark->waiting));

	return simple_read_from_buffer(to, size, pos, text, len);
}

static ssize_t mark_write(struct file *file, const char __user *from,
			  size_t size, loff_t *pos)
{
	struct landlock_rs_mark *const mark = file->private_data;
	char text[32] = "";
	unsigned int visitors, ms;

	if (size >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, size))
		return -EFAULT;
	if (sscanf(text, "%u %u", &visitors, &ms) != 2)
		return -EINVAL;
	WRITE_ONCE(mark->delay_ms, ms);
	atomic_set(&mark->left, visitors);
	return size;
}

static const struct file_operations mark_fops = {
	.open = simple_open,
	.read = mark_read,
	.write = mark_write,
	.llseek = default_llseek,
};

/**
 * landlock_rs_marks_init() - Create the files by which tests use marks
 *
 * Context: Process context, may sleep.
 *
 * Return: 0, or %-ENOSPC if there are more marks than files, which are there
 * nevertheless.
 */
int __init landlock_rs_marks_init(void)
{
	struct dentry *const root = debugfs_create_dir("landlock_rs", NULL);
	const char *name;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		name = landlock_rs_mark_name(i);
		if (!name)
			return 0;
		debugfs_create_file(name, 0600, root, &marks[i], &mark_fops);
	}
	pr_err("Too many marks.\n");
	return -ENOSPC;
}
