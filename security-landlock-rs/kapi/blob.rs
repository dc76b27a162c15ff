// SPDX-License-Identifier: GPL-2.0-only

//! Typed security blobs: our bytes in the objects of the kernel.
//!
//! The LSM framework allocates blobs zeroed together with their objects, and fixes the offset of
//! each LSM's part at boot, before any hook runs. Objects older than a module have zeroed blobs as
//! well, so zero means unrestricted.
//!
//! C header: [`include/linux/lsm_hooks.h`](srctree/include/linux/lsm_hooks.h)

use super::{once::read_once, shim};

use core::{cell::UnsafeCell, ffi::c_void};
use kernel::{
    prelude::*,
    sync::atomic::{Atomic, Relaxed},
};

/// The type of our part of every credential blob.
///
/// # Safety
///
/// - One type only implements this trait.
/// - Its size is at most that of `struct landlock_rs_cred`, its alignment that of a pointer.
/// - It is `repr(C)` and starts with what `struct landlock_rs_cred` in `shim/landlock_rs.h` shows.
pub(crate) unsafe trait CredBlob: Zeroable + Send + Sync {}

/// The type of our part of every file blob.
///
/// # Safety
///
/// - One type only implements this trait.
/// - Its size is at most that of `struct landlock_rs_file`, its alignment that of a pointer.
/// - It is `repr(C)` and starts with what `struct landlock_rs_file` in `shim/landlock_rs.h` shows.
/// - [`FileBlob::owner`] returns a part of `self`.
pub(crate) unsafe trait FileBlob: Zeroable + Send + Sync {
    /// What the blob stores about the task that set the owner of the file.
    type Owner: Send + Sync;

    /// Returns where that is stored.
    fn owner(&self) -> &OwnerCell<Self::Owner>;
}

/// The type of our part of every inode blob.
///
/// # Safety
///
/// - One type only implements this trait.
/// - Its size is at most that of `struct landlock_rs_inode`, its alignment that of a pointer.
/// - What other files can do with a shared reference is sound whatever bytes it leads to: a climb
///   under RCU may find a blob that is not zeroed yet, of an inode that is no longer on the way.
pub(crate) unsafe trait InodeBlob: Zeroable + Send + Sync {}

/// The type of our part of every superblock blob.
///
/// # Safety
///
/// - One type only implements this trait.
/// - Its size is at most that of `struct landlock_rs_superblock`, its alignment that of a pointer.
pub(crate) unsafe trait SuperblockBlob: Zeroable + Send + Sync {}

/// A value in a file blob that `f_owner->lock` of the file guards: see [`super::fowner`].
#[repr(transparent)]
pub(crate) struct OwnerCell<T>(UnsafeCell<T>);

// SAFETY: The lock serialises access to the value, from any task.
unsafe impl<T: Send> Send for OwnerCell<T> {}
// SAFETY: As above; several tasks may read at the same time.
unsafe impl<T: Send + Sync> Sync for OwnerCell<T> {}
// SAFETY: `UnsafeCell` has the layout of its value.
unsafe impl<T: Zeroable> Zeroable for OwnerCell<T> {}

impl<T> OwnerCell<T> {
    /// Returns the value, for a caller with exclusive access to the blob.
    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }

    /// Returns where the value is.
    pub(super) fn as_ptr(&self) -> *mut T {
        self.0.get()
    }
}

/// A word of a blob, which is read and written concurrently. Accesses are relaxed.
#[repr(transparent)]
pub(crate) struct Word(Atomic<u32>);

// SAFETY: Any bytes make an integer.
unsafe impl Zeroable for Word {}

impl Word {
    /// Reads the word, as `READ_ONCE()` does.
    pub(crate) fn get(&self) -> u32 {
        self.0.load(Relaxed)
    }

    /// Writes the word, as `WRITE_ONCE()` does.
    pub(crate) fn set(&self, value: u32) {
        self.0.store(value, Relaxed);
    }
}

/// Returns where our parts of blobs are.
fn offsets() -> &'static shim::lsm_blob_sizes {
    let offsets = &raw const shim::landlock_rs_blob_sizes;

    // SAFETY: The framework or `shim/main.c` sets the offsets before there is a hook or a system
    // call, and nothing changes them later.
    unsafe { &*offsets }
}

/// Returns our part of a credential blob.
///
/// `security` must be the `security` member of a `struct cred`.
pub(super) fn locate_cred<T: CredBlob>(security: *mut c_void) -> *mut T {
    security
        .wrapping_byte_add(offsets().lbs_cred as usize)
        .cast()
}

/// Returns the offset of our part in an inode blob.
pub(super) fn inode_offset() -> usize {
    offsets().lbs_inode as usize
}

/// Returns our part of an inode blob, which is at `offset`.
///
/// `security` must be the `i_security` member of a `struct inode`.
pub(super) fn locate_inode<T: InodeBlob>(security: *mut c_void, offset: usize) -> *mut T {
    security.wrapping_byte_add(offset).cast()
}

/// Loads a pointer of a blob, as `READ_ONCE()` does. [`Atomic::load`] calls a C function, which
/// costs too much in each step of a climb.
#[inline(always)]
pub(super) fn load_pointer<T>(pointer: &Atomic<*mut T>) -> *mut T {
    // SAFETY: The reference is valid and aligned. Others store by atomic operations.
    unsafe { read_once(pointer.as_ptr()) }
}

/// Returns our part of a file blob.
///
/// `security` must be the `f_security` member of a `struct file`.
pub(super) fn locate_file<T: FileBlob>(security: *mut c_void) -> *mut T {
    security
        .wrapping_byte_add(offsets().lbs_file as usize)
        .cast()
}

/// Returns our part of a superblock blob.
///
/// `security` must be the `s_security` member of a `struct super_block`.
pub(super) fn locate_superblock<T: SuperblockBlob>(security: *mut c_void) -> *mut T {
    security
        .wrapping_byte_add(offsets().lbs_superblock as usize)
        .cast()
}
