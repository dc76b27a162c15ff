// SPDX-License-Identifier: GPL-2.0-only

//! The objects of a table, which keep its keys valid.

use super::rules::{table_flags, PART};
use crate::{kapi::resched, object::ObjectRef};

use kernel::{alloc::KVVec, error::code::EINVAL, prelude::*};

/// References to objects. Dropping them may sleep, and reschedules every now and then.
pub(crate) struct Objects(KVVec<ObjectRef>);

impl Objects {
    /// Creates an empty list, which takes no memory.
    pub(crate) fn new() -> Self {
        Self(KVVec::new())
    }

    /// Allocates room for `more` objects. Fails with `ENOMEM`.
    pub(crate) fn reserve(&mut self, more: usize) -> Result {
        Ok(self.0.reserve(more, table_flags())?)
    }

    /// Adds an object. Fails if [`Self::reserve`] did not make room for it.
    pub(crate) fn push(&mut self, object: ObjectRef) -> Result {
        self.0.push_within_capacity(object).or(Err(EINVAL))
    }

    /// Returns each object, with a point to reschedule after some of them: a step may sleep.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &ObjectRef> {
        resched::between(self.0.chunks(PART.get())).flatten()
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        while let Some(rest) = self.0.len().checked_sub(PART.get()) {
            self.0.truncate(rest);
            resched::resched();
        }
    }
}
