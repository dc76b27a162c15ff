/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Landlock in Rust - marked points at which a test can make the code wait
 */

#ifndef _LANDLOCK_RS_MARKS_H
#define _LANDLOCK_RS_MARKS_H

#ifdef CONFIG_SECURITY_LANDLOCK_RACE_TEST
int landlock_rs_marks_init(void);
#else
static inline int landlock_rs_marks_init(void)
{
	return 0;
}
#endif

#endif /* _LANDLOCK_RS_MARKS_H */
