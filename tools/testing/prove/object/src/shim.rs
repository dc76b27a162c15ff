// SPDX-License-Identifier: GPL-2.0-only

//! What `shim/helpers.c` offers.

use kernel::bindings::{atomic_long_t, refcount_t};

pub unsafe fn landlock_rs_refcount_inc_not_zero(refs: *mut refcount_t) -> bool {
    unsafe { kernel::bindings::refcount_inc_not_zero(refs) }
}

/// Uses the address only. A thread that waits looks again and again, as after any wakeup.
pub unsafe fn landlock_rs_release_wake(_: *mut atomic_long_t) {}

pub unsafe fn landlock_rs_release_wait(pending: *mut atomic_long_t) {
    kernel::task::might_sleep();
    while unsafe { &*pending }.load(kernel::sync::atomic::Acquire) != 0 {
        loom::thread::yield_now();
    }
}
