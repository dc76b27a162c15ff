// SPDX-License-Identifier: GPL-2.0-only

//! Work that another thread does for this one.
//!
//! A thread does such work when it is about to return to user space, and before it exits. Blocking
//! system calls are interrupted for it, as by a signal.
//!
//! C header: [`include/linux/task_work.h`](srctree/include/linux/task_work.h)

use core::ptr;
use kernel::{
    alloc::Flags,
    bindings,
    prelude::*,
    sync::{aref::ARef, Arc, UniqueArc},
    task::Task,
    types::Opaque,
};

/// Something that a thread can do. It may sleep.
pub(crate) trait ThreadWork: Send + Sync + 'static {
    /// Does it, in the thread that was told to.
    fn run(&self);
}

/// A work, and what links it into the queue of a thread.
///
/// `head` comes first: this is how [`run`] finds the rest.
#[repr(C)]
struct TaskWork<T> {
    head: Opaque<bindings::callback_head>,
    work: T,
}

// SAFETY: `head` is only touched by `task_work_add()` and `task_work_cancel()`, which synchronise.
unsafe impl<T: Send> Send for TaskWork<T> {}

// SAFETY: As above.
unsafe impl<T: Sync> Sync for TaskWork<T> {}

/// A work that nobody was told to do yet.
pub(crate) struct Idle<T>(UniqueArc<TaskWork<T>>);

impl<T: ThreadWork> Idle<T> {
    /// Allocates what is needed to tell a thread. Fails with `ENOMEM`.
    pub(crate) fn new(work: T, flags: Flags) -> Result<Self> {
        let head = bindings::callback_head {
            next: ptr::null_mut(),
            func: Some(run::<T>),
        };

        Ok(Self(UniqueArc::new(
            TaskWork {
                head: Opaque::new(head),
                work,
            },
            flags,
        )?))
    }

    /// Tells `task` to do it. Returns [`None`] if it will not, as it is about to be gone.
    ///
    /// May be called in atomic context.
    pub(crate) fn queue(self, task: &Task) -> Option<Queued<T>> {
        let work = Arc::from(self.0);
        let head = work.head.get();
        let queued = Arc::into_raw(work.clone());

        // SAFETY: `task` is valid. `head` is in no queue, as an idle work is used up by this, and
        // stays where it is while the queue owns the reference `queued`. The function that it
        // names is there for ever: the slot pins this module.
        let error = unsafe {
            bindings::task_work_add(
                task.as_ptr(),
                head,
                bindings::task_work_notify_mode_TWA_SIGNAL,
            )
        };
        if error != 0 {
            // SAFETY: `queued` came from `into_raw()`, and no queue took it.
            drop(unsafe { Arc::from_raw(queued) });
            return None;
        }
        Some(Queued {
            work,
            task: task.into(),
        })
    }
}

/// Does the work, with the reference of the queue.
///
/// # Safety
///
/// `head` must be that of a queued `TaskWork<T>`, whose reference is given up.
unsafe extern "C" fn run<T: ThreadWork>(head: *mut bindings::callback_head) {
    // SAFETY: By the safety contract; `head` is the first member.
    let work = unsafe { Arc::from_raw(head.cast::<TaskWork<T>>()) };

    work.work.run();
}

/// A work that a thread was told to do.
///
/// As it owns a reference, no other work can have its address, and be taken for it.
pub(crate) struct Queued<T> {
    work: Arc<TaskWork<T>>,
    task: ARef<Task>,
}

impl<T: ThreadWork> Queued<T> {
    /// Returns the thread.
    pub(crate) fn task(&self) -> &Task {
        &self.task
    }

    /// Takes the work away from the thread. Tells whether it did not, and will not, do it.
    pub(crate) fn cancel(&self) -> bool {
        // SAFETY: Both are valid, as `self` owns references to them.
        let is_mine =
            unsafe { bindings::task_work_cancel(self.task.as_ptr(), self.work.head.get()) };

        if is_mine {
            // SAFETY: The work was in the queue, and left it without being run: the reference of
            // the queue came from `into_raw()`, and nobody else drops it.
            drop(unsafe { Arc::from_raw(Arc::as_ptr(&self.work)) });
        }
        is_mine
    }
}
