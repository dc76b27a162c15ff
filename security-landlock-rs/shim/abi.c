// SPDX-License-Identifier: GPL-2.0-only
/*
 * Landlock in Rust - the ABI version that user space sees, and extensions
 *
 * Parameters of the module: insmod landlock_rs.ko abi=5 extensions=1, or
 * landlock_rs.abi=5 landlock_rs.extensions=1 on the command line of a kernel
 * with this code built in.
 */

#define pr_fmt(fmt) "landlock: " fmt

#include <linux/cache.h>
#include <linux/init.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>

#include "landlock_rs.h"

unsigned int landlock_rs_abi __ro_after_init = LANDLOCK_RS_ABI_MAX;

/* The caller says which value of which parameter is invalid. */
static int abi_set(const char *value, const struct kernel_param *param)
{
	const int err =
		param_set_uint_minmax(value, param, 1, LANDLOCK_RS_ABI_MAX);

	if (err)
		pr_err("There is no such ABI version. You should choose one from 1 to %d.\n",
		       LANDLOCK_RS_ABI_MAX);
	return err;
}

static const struct kernel_param_ops abi_ops = {
	.set = abi_set,
	.get = param_get_uint,
};

module_param_cb(abi, &abi_ops, &landlock_rs_abi, 0444);
MODULE_PARM_DESC(abi, "ABI version that user space sees (default: the latest)");

bool landlock_rs_extensions __ro_after_init;

module_param_named(extensions, landlock_rs_extensions, bool, 0444);
MODULE_PARM_DESC(extensions, "Offer what C Landlock does not have (default: no)");
