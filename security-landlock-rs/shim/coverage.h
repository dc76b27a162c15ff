/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Landlock in Rust - which code was reached, for make coverage only
 */

#ifndef _LANDLOCK_RS_COVERAGE_H
#define _LANDLOCK_RS_COVERAGE_H

#ifdef LANDLOCK_RS_COVERAGE
void landlock_rs_coverage_init(void);

/* Called by instrumented code, in any context. */
void __sanitizer_cov_trace_pc(void);
#else
static inline void landlock_rs_coverage_init(void)
{
}
#endif

#endif /* _LANDLOCK_RS_COVERAGE_H */
