/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Landlock in Rust - what fills the slot
 */

#ifndef _LANDLOCK_RS_HOOKS_H
#define _LANDLOCK_RS_HOOKS_H

#include <linux/landlock_slot.h>

extern const struct landlock_slot_ops landlock_rs_ops;

#endif /* _LANDLOCK_RS_HOOKS_H */
