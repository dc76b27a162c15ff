// SPDX-License-Identifier: GPL-2.0-only

//! What `shim/helpers.c` offers.

pub mod safe {
    use kernel::{
        bindings::{self, atomic_long_t},
        sync::{
            atomic::{Acquire, Atomic},
            Refcount,
        },
    };

    pub fn landlock_rs_refcount_inc_not_zero(refs: &Refcount) -> bool {
        unsafe { bindings::refcount_inc_not_zero(refs.as_atomic().as_ptr().cast()) }
    }

    pub fn refcount_dec_not_one(refs: &Refcount) -> bool {
        unsafe { bindings::refcount_dec_not_one(refs.as_atomic().as_ptr().cast()) }
    }

    /// Uses the address only. A thread that waits looks again and again, as after any wakeup.
    pub fn landlock_rs_release_wake(_: *mut atomic_long_t) {}

    pub fn landlock_rs_release_wait(pending: &Atomic<isize>) {
        kernel::task::might_sleep();
        while pending.load(Acquire) != 0 {
            loom::thread::yield_now();
        }
    }
}
