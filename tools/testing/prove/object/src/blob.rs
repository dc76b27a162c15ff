// SPDX-License-Identifier: GPL-2.0-only

//! Which types lie in blobs: one each.

use kernel::sync::atomic::{Atomic, Relaxed};

pub(crate) unsafe trait InodeBlob {}

pub(crate) unsafe trait SuperblockBlob {}

/// Loads a pointer, in any order.
pub(crate) fn load_pointer<T>(pointer: &Atomic<*mut T>) -> *mut T {
    pointer.load(Relaxed)
}
