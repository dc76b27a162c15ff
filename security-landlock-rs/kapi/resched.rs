// SPDX-License-Identifier: GPL-2.0-only

//! Points where a long loop lets other tasks run.
//!
//! C header: [`include/linux/sched.h`](srctree/include/linux/sched.h)

use super::shim::safe;

use core::mem;

/// Yields `parts`, and lets other tasks run before each one but the first, if there are any that
/// should. Each step may sleep.
pub(crate) fn between<T>(parts: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
    let mut is_first = true;

    parts.inspect(move |_| {
        if !mem::replace(&mut is_first, false) {
            resched();
        }
    })
}

/// Lets other tasks run, if there are any that should. May sleep.
pub(crate) fn resched() {
    safe::landlock_rs_resched();
}
