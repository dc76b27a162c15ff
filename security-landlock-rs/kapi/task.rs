// SPDX-License-Identifier: GPL-2.0-only

//! Tasks: their credentials, and what the current one may do.
//!
//! C header: [`include/linux/sched.h`](srctree/include/linux/sched.h)

use super::{
    shim,
    wrapper::declare_safe, //
};

use kernel::{
    bindings,
    error::{code::ERESTARTNOINTR, Error},
    ffi::c_int,
    sync::rcu,
    task::Task,
    types::NotThreadSafe,
};

declare_safe! { shim:
    /// Compares what belongs to the task with what belongs to the current one.
    fn landlock_rs_is_thread_of_current(task: &Task) -> bool;
    /// Looks at flags of the task.
    fn landlock_rs_is_exiting(task: &Task) -> bool;
    /// Looks at a counter of the current process.
    fn landlock_rs_is_alone() -> bool;
    /// Looks at a flag of the current task.
    fn landlock_rs_no_new_privs() -> bool;
    /// Sets a flag of the current task, atomically.
    fn landlock_rs_set_no_new_privs();
    /// Sets a flag of the current task, atomically.
    fn landlock_rs_restart_syscall() -> c_int;
    /// Takes a lock of the current process, if it is free.
    fn landlock_rs_exec_update_trylock() -> bool;
}

/// Returns whether `task` is a thread of the current task's process.
pub(crate) fn is_thread_of_current(task: &Task) -> bool {
    landlock_rs_is_thread_of_current(task)
}

/// Returns whether the current task is the only thread of its process.
pub(crate) fn current_is_alone() -> bool {
    landlock_rs_is_alone()
}

/// Returns whether the current task has set `no_new_privs`.
pub(crate) fn current_has_no_new_privs() -> bool {
    landlock_rs_no_new_privs()
}

/// Returns whether the current task has `CAP_SYS_ADMIN` in its user namespace.
///
/// The check is not audited. May sleep.
pub(crate) fn current_is_admin() -> bool {
    // SAFETY: The user namespace of the current task's credentials stays as long as they do, and
    // only the current task may replace them.
    unsafe {
        bindings::ns_capable_noaudit(
            bindings::current_user_ns(),
            bindings::CAP_SYS_ADMIN as c_int,
        )
    }
}

/// What to do with `no_new_privs` of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoNewPrivs {
    /// Keep it.
    Keep,
    /// Set it, which cannot be undone.
    Set,
}

impl NoNewPrivs {
    /// Returns what other threads have to do to have what the current one has.
    pub(crate) fn of_current() -> Self {
        if current_has_no_new_privs() {
            Self::Set
        } else {
            Self::Keep
        }
    }

    /// Does it in the current thread.
    pub(crate) fn apply(self) {
        if self == Self::Set {
            landlock_rs_set_no_new_privs();
        }
    }
}

/// Returns an error that restarts the current system call, after whatever the thread has to do
/// before returning to user space.
pub(crate) fn restart_syscall() -> Error {
    landlock_rs_restart_syscall();
    ERESTARTNOINTR
}

/// Returns the other threads of the current process that are not about to exit.
///
/// Threads that are created concurrently may be missing, and those that are returned may exit.
pub(crate) fn siblings(_guard: &rcu::Guard) -> Siblings<'_> {
    // SAFETY: The guard proves the RCU read-side critical section. A thread has references until a
    // grace period after it leaves the list. `Task` is transparent.
    let next = unsafe { shim::landlock_rs_first_thread().cast::<Task>().as_ref() };

    // INVARIANT: It was just found.
    Siblings { next }
}

/// An iterator over the other threads of the current process.
///
/// # Invariants
///
/// `next` was in the list of threads of the process during `'g`, which is an RCU read-side critical
/// section.
pub(crate) struct Siblings<'g> {
    next: Option<&'g Task>,
}

impl<'g> Iterator for Siblings<'g> {
    type Item = &'g Task;

    fn next(&mut self) -> Option<&'g Task> {
        while let Some(task) = self.next {
            // INVARIANT: The next one was in the list as well.
            // SAFETY: By the type invariants, `task` was in the list during `'g`. If it has left
            // the list since, it still leads to the next one, which has references until a grace
            // period after it leaves the list. `Task` is transparent.
            self.next = unsafe {
                let next = shim::landlock_rs_next_thread(task.as_ptr());
                next.cast::<Task>().as_ref()
            };

            if task.as_ptr() != Task::current_raw() && !landlock_rs_is_exiting(task) {
                return Some(task);
            }
        }
        None
    }
}

/// `exec_update_lock` of the current process, held for writing: no thread executes a program, and
/// no task checks whether it may look into the process. Dropping the value unlocks.
///
/// Threads wait for this lock where only a fatal signal interrupts them. So the thread that holds
/// it must not wait for such a thread.
pub(crate) struct ExecUpdateLock(NotThreadSafe);

impl ExecUpdateLock {
    /// Takes the lock, unless another thread holds it, for reading or for writing.
    pub(crate) fn try_lock() -> Option<Self> {
        let is_mine = landlock_rs_exec_update_trylock();

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
