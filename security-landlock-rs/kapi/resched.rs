// SPDX-License-Identifier: GPL-2.0-only

//! Rescheduling in long loops.
//!
//! C header: [`include/linux/sched.h`](srctree/include/linux/sched.h)

use super::shim::safe;

use core::mem;

/// Yields `parts`, and reschedules if needed before each one but the first. Each step may sleep.
pub(crate) fn between<T>(parts: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
    let mut is_first = true;

    parts.inspect(move |_| {
        if !mem::replace(&mut is_first, false) {
            resched();
        }
    })
}

/// Reschedules if needed. May sleep.
pub(crate) fn resched() {
    safe::landlock_rs_resched();
}
