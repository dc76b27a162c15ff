// SPDX-License-Identifier: GPL-2.0-only

//! What a domain shares with the domains it was made from.

use kernel::{alloc::flags::GFP_KERNEL_ACCOUNT, prelude::*, sync::Arc};

/// A value that outlives its domain, together with those of all older layers.
pub(crate) struct Chain<T: Unpin> {
    /// Owned for as long as the link is there, and never looked at.
    _value: T,
    parent: Option<Arc<Self>>,
}

impl<T: Unpin> Chain<T> {
    /// Adds a link. Fails with `ENOMEM`.
    pub(crate) fn new(value: T, parent: Option<Arc<Self>>) -> Result<Arc<Self>> {
        Ok(Arc::new(
            Self {
                _value: value,
                parent,
            },
            GFP_KERNEL_ACCOUNT,
        )?)
    }

    /// Tells whether `other` is this link or comes after it.
    pub(crate) fn is_in(&self, other: &Self) -> bool {
        let mut link = Some(other);

        while let Some(current) = link {
            if core::ptr::eq(current, self) {
                return true;
            }
            link = current.parent.as_deref();
        }
        false
    }
}

impl<T: Unpin> Drop for Chain<T> {
    /// Drops link after link: the stack does not grow with the number of layers.
    fn drop(&mut self) {
        let mut parent = self.parent.take();

        while let Some(last) = parent.and_then(Arc::into_unique_or_drop) {
            parent = core::pin::Pin::into_inner(last).parent.take();
        }
    }
}
