/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Landlock in Rust - what user space may ask for besides <linux/landlock.h>
 *
 * The kernel has this if it was told so: landlock_rs.extensions=1.  Bits count
 * down from the highest one of each word, so that they stay clear of those that
 * Landlock gets next.
 */

#ifndef _UAPI_LINUX_LANDLOCK_RS_H
#define _UAPI_LINUX_LANDLOCK_RS_H

/**
 * DOC: landlock_rs_create_ruleset_flags
 *
 * %LANDLOCK_RS_CREATE_RULESET_EXTENSIONS
 *     Flag of landlock_create_ruleset(), without attributes, that makes it return
 *     the set of extensions.  Without extensions it is an unknown flag, which is
 *     %EINVAL.
 */
/* clang-format off */
#define LANDLOCK_RS_CREATE_RULESET_EXTENSIONS		(1U << 31)
/* clang-format on */

/**
 * DOC: landlock_rs_extensions
 *
 * %LANDLOCK_RS_EXTENSION_PERMISSIVE
 *     There is %LANDLOCK_RS_RESTRICT_SELF_PERMISSIVE.
 *
 * %LANDLOCK_RS_EXTENSION_NO_INHERIT
 *     There is %LANDLOCK_RS_ADD_RULE_NO_INHERIT.
 */
/* clang-format off */
#define LANDLOCK_RS_EXTENSION_PERMISSIVE		(1U << 0)
#define LANDLOCK_RS_EXTENSION_NO_INHERIT		(1U << 1)
/* clang-format on */

/**
 * DOC: landlock_rs_add_rule_flags
 *
 * %LANDLOCK_RS_ADD_RULE_NO_INHERIT
 *     In the layer of this ruleset, no rule further up counts on the file or
 *     directory of this rule and beneath it, neither its rights nor whether it is
 *     quiet.  What this rule grants, and rules beneath it, does.  The rule may
 *     grant nothing.
 */
/* clang-format off */
#define LANDLOCK_RS_ADD_RULE_NO_INHERIT			(1U << 31)
/* clang-format on */

/**
 * DOC: landlock_rs_restrict_self_flags
 *
 * %LANDLOCK_RS_RESTRICT_SELF_PERMISSIVE
 *     The new layer denies nothing.  What it would deny, and no other layer
 *     denies, is logged and traced as such.
 */
/* clang-format off */
#define LANDLOCK_RS_RESTRICT_SELF_PERMISSIVE		(1U << 31)
/* clang-format on */

#endif /* _UAPI_LINUX_LANDLOCK_RS_H */
