// SPDX-License-Identifier: GPL-2.0-only

//! An [`Arc`] whose last reference may go away in atomic context.

use super::mark::{mark, Mark};

use core::{mem::ManuallyDrop, ops::Deref};
use kernel::{
    sync::Arc,
    workqueue::{self, HasWork, WorkItem},
};

/// What a workqueue can drop: its work item only needs to drop the argument.
pub(crate) trait Droppable:
    HasWork<Self> + WorkItem<Pointer = Arc<Self>> + Send + Sync + Sized + 'static
{
}

impl<T> Droppable for T where T: HasWork<T> + WorkItem<Pointer = Arc<T>> + Send + Sync + 'static {}

/// A reference to a `T` that a workqueue frees, as freeing it may sleep, and take long.
#[repr(transparent)]
pub(crate) struct Deferred<T: Droppable>(ManuallyDrop<Arc<T>>);

impl<T: Droppable> Deferred<T> {
    /// Defers the drop of the last reference. There should be no other plain reference, which would
    /// drop in place.
    pub(crate) fn new(arc: Arc<T>) -> Self {
        Self(ManuallyDrop::new(arc))
    }
}

impl<T: Droppable> Deref for Deferred<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Droppable> Clone for Deferred<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Droppable> Drop for Deferred<T> {
    fn drop(&mut self) {
        // SAFETY: `self` is being dropped: nothing uses it after this.
        let arc = unsafe { ManuallyDrop::take(&mut self.0) };

        if let Some(last) = Arc::into_unique_or_drop(arc) {
            mark(Mark::DomainLast);
            // The work item is idle: it is only ever queued here, once, for the last reference.
            let _ = workqueue::system_long().enqueue(Arc::from(last));
        }
    }
}

// SAFETY: `Arc` is never null, and `Deferred` is transparent: a null pointer is `None`.
unsafe impl<T: Droppable> pin_init::ZeroableOption for Deferred<T> {}
