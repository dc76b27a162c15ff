// SPDX-License-Identifier: GPL-2.0-only

//! Identities of processes.
//!
//! C header: [`include/linux/pid.h`](srctree/include/linux/pid.h)

use super::{
    shim,
    wrapper::declare_safe, //
};

use core::ptr::NonNull;
use kernel::{bindings, task::Task};

declare_safe! { shim:
    /// Takes a reference.
    fn landlock_rs_get_tgid() -> *mut bindings::pid;
    /// Returns a pointer.
    fn landlock_rs_task_tgid(task: &Task) -> *mut bindings::pid;
}

/// A reference to a `struct pid`, which no other process gets as long as there is a reference.
///
/// It may be dropped in atomic context.
///
/// # Invariants
///
/// The value owns a reference to the `struct pid`.
#[repr(transparent)]
pub(crate) struct PidRef(NonNull<bindings::pid>);

// SAFETY: References are counted atomically, and nothing but the address is looked at.
unsafe impl Send for PidRef {}
// SAFETY: As above.
unsafe impl Sync for PidRef {}

impl PidRef {
    /// Returns the identity of the current task's process.
    pub(crate) fn current_process() -> Self {
        // INVARIANT: The function returns a new reference.
        // SAFETY: It is not null: the current task is not reaped, and has a process until then.
        Self(unsafe { NonNull::new_unchecked(landlock_rs_get_tgid()) })
    }

    /// Returns whether this is the identity of the process that `task` is a thread of.
    pub(crate) fn is_process_of(&self, task: &Task) -> bool {
        core::ptr::eq(self.0.as_ptr(), landlock_rs_task_tgid(task))
    }
}

impl Drop for PidRef {
    fn drop(&mut self) {
        // SAFETY: By the type invariants, the reference is ours.
        unsafe { bindings::put_pid(self.0.as_ptr()) };
    }
}

// SAFETY: `NonNull` is never null, and `PidRef` is transparent: a null pointer is `None`.
unsafe impl pin_init::ZeroableOption for PidRef {}
