// SPDX-License-Identifier: GPL-2.0-only

//! Tasks: their credentials, and what the current one may do.
//!
//! C header: [`include/linux/sched.h`](srctree/include/linux/sched.h)

use super::shim;

use kernel::{bindings, cred::Credential, sync::rcu, task::Task};

/// Returns the credentials that `task` has to others, its objective ones.
pub(crate) fn cred<'g>(task: &Task, _guard: &'g rcu::Guard) -> &'g Credential {
    // SAFETY: `task` is valid, and has credentials as long as it is. The credentials stay for the
    // RCU read-side critical section, which the guard proves, even if the task changes them.
    unsafe { Credential::from_ptr(shim::landlock_rs_task_cred(task.as_ptr())) }
}

/// Tells whether `task` is a thread of the current task's process.
pub(crate) fn is_thread_of_current(task: &Task) -> bool {
    // SAFETY: `task` is valid. What is compared belongs to it, and to the current task.
    unsafe { shim::landlock_rs_is_thread_of_current(task.as_ptr()) }
}

/// Tells whether the current task gains no privileges by executing a program.
pub(crate) fn current_has_no_new_privs() -> bool {
    // SAFETY: Only looks at a flag of the current task.
    unsafe { shim::landlock_rs_no_new_privs() }
}

/// Tells whether the current task has `CAP_SYS_ADMIN` in its user namespace.
///
/// The audit subsystem does not hear of the question. May sleep.
pub(crate) fn current_is_admin() -> bool {
    // SAFETY: The user namespace of the current task's credentials stays as long as they do, and
    // only the current task may replace them.
    unsafe {
        bindings::ns_capable_noaudit(
            bindings::current_user_ns(),
            bindings::CAP_SYS_ADMIN as kernel::ffi::c_int,
        )
    }
}
