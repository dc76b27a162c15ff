// SPDX-License-Identifier: GPL-2.0-only

//! Task work: what one thread has another thread do.
//!
//! A thread runs its task work when it is about to return to user space, and before it exits.
//! Queueing some interrupts system calls that block, like a signal.
//!
//! | State   | Owners of the [`TaskWork`]                 | Leaves it by                      |
//! |---------|--------------------------------------------|-----------------------------------|
//! | idle    | [`Idle`], alone                            | [`Idle::queue`]                   |
//! | queued  | the queue of the thread, and [`Queued`]    | [`run`], or [`Queued::cancel`]    |
//! | removed | [`Queued`], alone, until it is dropped     | -                                 |
//!
//! `task_work_run()` takes the whole queue with one atomic exchange, and `task_work_cancel()` looks
//! for an entry in what is left: exactly one of [`run`] and [`Queued::cancel`] gets the reference
//! of the queue. Task work that was taken off the queue and waits behind other task work can no
//! longer be cancelled; [`run`] will eventually get it.
//!
//! C header: [`include/linux/task_work.h`](srctree/include/linux/task_work.h)

use core::ptr;
use kernel::{
    alloc::Flags,
    bindings, container_of,
    prelude::*,
    sync::{aref::ARef, Arc, UniqueArc},
    task::Task,
    types::Opaque,
};

/// What a thread can have another thread do. It may sleep.
pub(crate) trait ThreadWork: Send + Sync + 'static {
    /// Does it, in the thread that it was queued for.
    fn run(&self);
}

/// A [`ThreadWork`], and its link in the queue of a thread.
struct TaskWork<T> {
    head: Opaque<bindings::callback_head>,
    work: T,
}

// SAFETY: `head` is only accessed by `task_work_add()`, `task_work_run()` and
// `task_work_cancel()`, which synchronize.
unsafe impl<T: Send> Send for TaskWork<T> {}

// SAFETY: As above.
unsafe impl<T: Sync> Sync for TaskWork<T> {}

/// Task work that is not queued yet.
pub(crate) struct Idle<T>(UniqueArc<TaskWork<T>>);

impl<T: ThreadWork> Idle<T> {
    /// Allocates task work. Fails with `ENOMEM`.
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

    /// Queues the task work for `task`. Returns [`None`] if `task` is too close to its end to run
    /// it.
    ///
    /// May be called in atomic context.
    pub(crate) fn queue(self, task: &Task) -> Option<Queued<T>> {
        let work = Arc::from(self.0);
        let whole = Arc::into_raw(work.clone());
        // SAFETY: `whole` points to a `TaskWork`. The pointer to its member is derived from it, so
        // `run()` may get back from the member to the whole.
        let head = Opaque::cast_into(unsafe { &raw const (*whole).head });

        // SAFETY: `task` is valid. `head` is in no queue, as `queue()` consumes the idle task work,
        // and stays where it is while the queue owns the reference `whole`. The function that it
        // names is never unloaded: the slot pins this module.
        let error = unsafe {
            bindings::task_work_add(
                task.as_ptr(),
                head,
                bindings::task_work_notify_mode_TWA_SIGNAL,
            )
        };
        if error != 0 {
            // SAFETY: `whole` came from `into_raw()`, and no queue took it.
            drop(unsafe { Arc::from_raw(whole) });
            return None;
        }
        Some(Queued {
            work,
            task: task.into(),
        })
    }
}

/// Runs task work, with the reference of the queue.
///
/// # Safety
///
/// `head` must be the pointer that [`Idle::queue`] gave to the queue, of which this call takes the
/// reference over.
unsafe extern "C" fn run<T: ThreadWork>(head: *mut bindings::callback_head) {
    let head = head.cast::<Opaque<bindings::callback_head>>();
    // SAFETY: By the safety contract, `head` is the member of a `TaskWork<T>`, and was derived from
    // a pointer to the whole.
    let whole = unsafe { container_of!(head, TaskWork<T>, head) };
    // SAFETY: By the safety contract, this is the reference that `queue()` got from `into_raw()`.
    let work = unsafe { Arc::from_raw(whole) };

    work.work.run();
}

/// Task work that was queued, and may have run since.
///
/// It owns a reference, so no other task work has its address.
pub(crate) struct Queued<T> {
    work: Arc<TaskWork<T>>,
    task: ARef<Task>,
}

impl<T: ThreadWork> Queued<T> {
    /// Returns the thread.
    pub(crate) fn task(&self) -> &Task {
        &self.task
    }

    /// Removes the task work from the queue, unless the thread has taken it off.
    pub(crate) fn cancel(&self) {
        let whole = Arc::as_ptr(&self.work);

        // SAFETY: Both are valid, as `self` owns references to them.
        let is_removed =
            unsafe { bindings::task_work_cancel(self.task.as_ptr(), self.work.head.get()) };
        if is_removed {
            // SAFETY: The task work left the queue without being run, so the reference of the
            // queue, which came from `into_raw()`, is ours to drop. `whole` is the same pointer.
            drop(unsafe { Arc::from_raw(whole) });
        }
    }
}
