/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Landlock in Rust - how the hooks get to the LSM framework
 */

#ifndef _LANDLOCK_RS_HOOK_H
#define _LANDLOCK_RS_HOOK_H

#ifdef MODULE

#include <linux/landlock_slot.h>

extern const struct landlock_slot_ops landlock_rs_ops;

#else /* MODULE */

#include <linux/lsm_hooks.h>

void landlock_rs_add_hooks(const struct lsm_id *lsm);

#endif /* MODULE */

#endif /* _LANDLOCK_RS_HOOK_H */
