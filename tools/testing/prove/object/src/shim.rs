// SPDX-License-Identifier: GPL-2.0-only

//! What `shim/helpers.c` offers.

use kernel::model;
use std::ffi::c_void;

/// Allocates a table. Its words are what is written before it is shared.
///
/// # Safety
///
/// As the kernel's: nothing but the size is written.
pub unsafe fn landlock_rs_table_alloc(size: &mut usize) -> *mut c_void {
    const WORDS: usize = 16;
    let memory = Box::into_raw(Box::new([0_u64; WORDS]));

    kernel::task::might_sleep();
    *size = size_of::<[u64; WORDS]>();
    // SAFETY: The box has just given it away.
    unsafe { model::allocated(memory) };
    memory.cast()
}

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

    pub fn landlock_rs_resched() {
        kernel::task::might_sleep();
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
