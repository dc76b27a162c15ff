// SPDX-License-Identifier: GPL-2.0-only
/*
 * Landlock in Rust - which code was reached, for make coverage only
 *
 * Unlike KCOV, this sees every context: interrupts, task work and kernel threads
 * as well.
 */

#define pr_fmt(fmt) "landlock: " fmt

#include <linux/bitmap.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/security.h>
#include <linux/seq_file.h>

#include "coverage.h"

/* More than the instrumented text has. */
#define LANDLOCK_RS_TEXT_SIZE (1024 * 1024)

static DECLARE_BITMAP(reached, LANDLOCK_RS_TEXT_SIZE);

/**
 * __sanitizer_cov_trace_pc() - Remember that the caller was reached
 *
 * The compiler puts a call of it at the start of each basic block.
 *
 * Context: Any context.
 */
noinline void notrace __sanitizer_cov_trace_pc(void)
{
	const unsigned long base =
		(unsigned long)THIS_MODULE->mem[MOD_TEXT].base;
	const unsigned long offset =
		(unsigned long)__builtin_return_address(0) - base;

	if (offset < LANDLOCK_RS_TEXT_SIZE && !test_bit(offset, reached))
		set_bit(offset, reached);
}

static int coverage_show(struct seq_file *seq, void *unused)
{
	const unsigned long base =
		(unsigned long)THIS_MODULE->mem[MOD_TEXT].base;
	unsigned long offset;

	for_each_set_bit(offset, reached, LANDLOCK_RS_TEXT_SIZE)
		seq_printf(seq, "%lx\n", base + offset);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(coverage);

/**
 * landlock_rs_coverage_init() - Create the file that shows what was reached
 *
 * It has the return addresses of all calls so far, one per line.  Failing to
 * create it is only reported, since the module cannot go away any more and
 * works without it.
 *
 * Context: Process context, may sleep.
 */
void __init landlock_rs_coverage_init(void)
{
	struct dentry *const file =
		securityfs_create_file("landlock_rs_coverage", 0400, NULL, NULL,
				       &coverage_fops);

	if (IS_ERR(file))
		pr_err("No record of what is reached: error %ld.\n",
		       PTR_ERR(file));
}
