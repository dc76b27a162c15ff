// SPDX-License-Identifier: GPL-2.0-only

//! Typed security blobs: our bytes in the objects of the kernel.
//!
//! The LSM framework allocates blobs zeroed together with their objects, and fixes the offset of
//! each LSM's part at boot, before any hook runs. Objects older than the module have zeroed blobs
//! as well, so zero means unrestricted.
//!
//! C header: [`include/linux/lsm_hooks.h`](srctree/include/linux/lsm_hooks.h)

use super::{fowner::OwnerCell, object::ObjectSlot, release::Releases, shim};

use core::ffi::c_void;
use kernel::{
    prelude::*,
    sync::atomic::{Atomic, Relaxed},
};

/// The type that lies in our part of every credential blob.
///
/// # Safety
///
/// - One type only implements this trait.
/// - Its size does not exceed `LANDLOCK_SLOT_CRED_SIZE`, its alignment that of a pointer.
/// - It is `repr(C)` and starts with what `struct landlock_rs_cred` in `shim/landlock_rs.h` shows.
pub(crate) unsafe trait CredBlob: Zeroable + Send + Sync {}

/// The type that lies in our part of every file blob.
///
/// # Safety
///
/// - One type only implements this trait.
/// - Its size does not exceed `LANDLOCK_SLOT_FILE_SIZE`, its alignment that of a pointer.
/// - It is `repr(C)` and starts with what `struct landlock_rs_file` in `shim/landlock_rs.h` shows.
/// - [`FileBlob::owner`] returns a part of `self`.
pub(crate) unsafe trait FileBlob: Zeroable + Send + Sync {
    /// What the blob remembers of the task that set the owner of the file.
    type Owner: Send + Sync;

    /// Returns where it does.
    fn owner(&self) -> &OwnerCell<Self::Owner>;
}

/// A word of a blob, which several processors may read and write. It orders nothing.
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

/// Returns our part of a credential blob.
///
/// # Safety
///
/// `security` must be the `security` member of a `struct cred`.
pub(super) unsafe fn locate_cred<T: CredBlob>(security: *mut c_void) -> *mut T {
    // SAFETY: The framework changes the offsets during boot only.
    let offset = unsafe { shim::landlock_slot_blobs.lbs_cred };

    security.wrapping_byte_add(offset as usize).cast()
}

/// Returns our part of an inode blob.
///
/// # Safety
///
/// `security` must be the `i_security` member of a `struct inode`.
pub(super) unsafe fn locate_inode(security: *mut c_void) -> *mut ObjectSlot {
    // SAFETY: As in `locate_cred()`.
    let offset = unsafe { shim::landlock_slot_blobs.lbs_inode };

    security.wrapping_byte_add(offset as usize).cast()
}

/// Returns our part of a file blob.
///
/// # Safety
///
/// `security` must be the `f_security` member of a `struct file`.
pub(super) unsafe fn locate_file<T: FileBlob>(security: *mut c_void) -> *mut T {
    // SAFETY: As in `locate_cred()`.
    let offset = unsafe { shim::landlock_slot_blobs.lbs_file };

    security.wrapping_byte_add(offset as usize).cast()
}

/// Returns our part of a superblock blob.
///
/// # Safety
///
/// `security` must be the `s_security` member of a `struct super_block`.
pub(super) unsafe fn locate_superblock(security: *mut c_void) -> *mut Releases {
    // SAFETY: As in `locate_cred()`.
    let offset = unsafe { shim::landlock_slot_blobs.lbs_superblock };

    security.wrapping_byte_add(offset as usize).cast()
}
