// SPDX-License-Identifier: GPL-2.0-only

//! An [`Arc`] whose last reference may go away in atomic context.

use super::mark::{mark, Mark};

use core::{mem::ManuallyDrop, ops::Deref};
use kernel::{
    sync::Arc,
    workqueue::{self, HasWork, WorkItem},
};

/// A reference to a `T` that a workqueue frees, as freeing it may sleep, and take long.
///
/// The work item of `T` only needs to drop its argument.
#[repr(transparent)]
pub(crate) struct Deferred<T>(ManuallyDrop<Arc<T>>)
where
    T: HasWork<T> + WorkItem<Pointer = Arc<T>> + Send + Sync + 'static;

impl<T> Deferred<T>
where
    T: HasWork<T> + WorkItem<Pointer = Arc<T>> + Send + Sync + 'static,
{
    /// Defers the end of `arc`, of which there must be no other plain reference.
    pub(crate) fn new(arc: Arc<T>) -> Self {
        Self(ManuallyDrop::new(arc))
    }
}

impl<T> Deref for Deferred<T>
where
    T: HasWork<T> + WorkItem<Pointer = Arc<T>> + Send + Sync + 'static,
{
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Clone for Deferred<T>
where
    T: HasWork<T> + WorkItem<Pointer = Arc<T>> + Send + Sync + 'static,
{
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Drop for Deferred<T>
where
    T: HasWork<T> + WorkItem<Pointer = Arc<T>> + Send + Sync + 'static,
{
    fn drop(&mut self) {
        // SAFETY: Nobody uses `self` after this.
        let arc = unsafe { ManuallyDrop::take(&mut self.0) };

        if let Some(last) = Arc::into_unique_or_drop(arc) {
            mark(Mark::DomainLast);
            // The work item is idle: it is only ever queued here, once, for the last reference.
            let _ = workqueue::system_long().enqueue(Arc::from(last));
        }
    }
}

// SAFETY: `Arc` is never null, and `Deferred` is transparent: a null pointer is `None`.
unsafe impl<T> pin_init::ZeroableOption for Deferred<T> where
    T: HasWork<T> + WorkItem<Pointer = Arc<T>> + Send + Sync + 'static
{
}
