// SPDX-License-Identifier: GPL-2.0-only

//! Tasks: their credentials, and what the current one may do.
//!
//! C header: [`include/linux/sched.h`](srctree/include/linux/sched.h)

use super::shim::{self, safe};

use core::marker::PhantomData;
use kernel::{
    bindings,
    error::{code::ERESTARTNOINTR, Error},
    sync::rcu,
    task::Task,
    types::NotThreadSafe,
};

/// Returns whether `task` is a thread of the current task's process.
pub(crate) fn is_thread_of_current(task: &Task) -> bool {
    // SAFETY: `task` is valid. What is compared belongs to it, and to the current task.
    unsafe { shim::landlock_rs_is_thread_of_current(task.as_ptr()) }
}

/// Returns whether the current task is the only thread of its process.
pub(crate) fn current_is_alone() -> bool {
    safe::landlock_rs_is_alone()
}

/// Returns whether the current task gains no privileges by executing a program.
pub(crate) fn current_has_no_new_privs() -> bool {
    safe::landlock_rs_no_new_privs()
}

/// Returns whether the current task has `CAP_SYS_ADMIN` in its user namespace.
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

/// What happens to `no_new_privs` of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoNewPrivs {
    /// It stays as it is.
    Keep,
    /// It is set. Nothing takes that back.
    Set,
}

impl NoNewPrivs {
    /// Returns what has to happen to other threads for them to have what the current one has.
    pub(crate) fn of_current() -> Self {
        if current_has_no_new_privs() {
            Self::Set
        } else {
            Self::Keep
        }
    }

    /// Applies it to the current thread.
    pub(crate) fn apply(self) {
        if self == Self::Set {
            safe::landlock_rs_set_no_new_privs();
        }
    }
}

/// Returns an error with which the current system call starts again, after whatever the thread has
/// to do before it would return to user space.
pub(crate) fn restart_syscall() -> Error {
    safe::landlock_rs_restart_syscall();
    ERESTARTNOINTR
}

/// Returns the other threads of the current process that are not about to exit.
///
/// Threads that are created meanwhile may be missing, and those that are returned may exit.
pub(crate) fn siblings(_guard: &rcu::Guard) -> Siblings<'_> {
    Siblings {
        // SAFETY: The guard proves the RCU read-side critical section.
        next: unsafe { shim::landlock_rs_first_thread() },
        _guard: PhantomData,
    }
}

/// An iterator over the other threads of the current process.
///
/// # Invariants
///
/// `next` is null, or a thread that was in the list of the process during `'g`, which is an RCU
/// read-side critical section.
pub(crate) struct Siblings<'g> {
    next: *mut bindings::task_struct,
    _guard: PhantomData<&'g rcu::Guard>,
}

impl<'g> Iterator for Siblings<'g> {
    type Item = &'g Task;

    fn next(&mut self) -> Option<&'g Task> {
        while !self.next.is_null() {
            let task = self.next;
            // INVARIANT: The next one is in the list as well.
            // SAFETY: By the type invariants. A thread that leaves the list still leads to the
            // next one, and is freed after a grace period.
            self.next = unsafe { shim::landlock_rs_next_thread(task) };

            // SAFETY: As above.
            let is_exiting = unsafe { shim::landlock_rs_is_exiting(task) };
            if task != Task::current_raw() && !is_exiting {
                // SAFETY: As above, for `'g`. A thread has references until a grace period after
                // it left the list. `Task` is transparent.
                return Some(unsafe { &*task.cast::<Task>() });
            }
        }
        None
    }
}

/// `exec_update_lock` of the current process, held for writing: nobody executes a program in the
/// process, and nobody checks whether they may look into it. Dropping the value unlocks.
///
/// Threads wait for this lock where only a fatal signal interrupts them. So the thread that holds
/// it must not wait for what such a thread does.
pub(crate) struct ExecUpdateLock(NotThreadSafe);

impl ExecUpdateLock {
    /// Takes the lock, unless another thread holds it, for reading or for writing.
    pub(crate) fn try_lock() -> Option<Self> {
        let is_mine = safe::landlock_rs_exec_update_trylock();

        // Not `then_some()`, which would create the value, and drop it, in any case.
        is_mine.then(|| Self(NotThreadSafe))
    }
}

impl Drop for ExecUpdateLock {
    fn drop(&mut self) {
        // SAFETY: `try_lock()` took the lock in this thread.
        unsafe { shim::landlock_rs_exec_update_unlock() };
    }
}
