// SPDX-License-Identifier: GPL-2.0-only

//! Inodes: their type, their blob, and references to them.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h)

use super::{
    blob::{self, InodeBlob, SuperblockBlob},
    shim::impl_from_raw,
};

use core::ptr::NonNull;
use kernel::{
    bindings,
    sync::{
        atomic::{Atomic, Relaxed},
        lock::spinlock::SpinLockBackend,
        lock::Lock,
        SpinLockGuard,
    },
    types::Opaque,
};

/// Wraps the kernel's `struct inode`.
///
/// # Invariants
///
/// A reference to this type proves that the inode is in use, and that its superblock stays: someone
/// counts a reference to the inode, which alone does not pin the superblock, and someone pins the
/// superblock, for example with the mount of an open file.
#[repr(transparent)]
pub(crate) struct Inode(Opaque<bindings::inode>);

impl_from_raw! {
    /// `ptr` must be valid, and somebody must hold a reference to it, and pin its superblock, for
    /// `'a`.
    Inode of inode
}

impl Inode {
    fn as_ptr(&self) -> *mut bindings::inode {
        self.0.get()
    }

    /// Returns type and permissions of the file.
    pub(crate) fn mode(&self) -> bindings::umode_t {
        // SAFETY: By the type invariants. Permissions may change, and are written at once.
        let mode = unsafe { Atomic::<i16>::from_ptr((&raw mut (*self.as_ptr()).i_mode).cast()) };

        // CAST: `umode_t` has no sign; the bits are the same.
        mode.load(Relaxed) as bindings::umode_t
    }

    /// Returns the device that the file stands for, if it is a device file.
    pub(crate) fn device(&self) -> bindings::dev_t {
        // SAFETY: By the type invariants. Never changes once the inode can be found.
        unsafe { (*self.as_ptr()).i_rdev }
    }

    /// Returns whether the inode is the kernel's own.
    pub(crate) fn is_private(&self) -> bool {
        // SAFETY: By the type invariants. Flags may change, and are written at once.
        let flags = unsafe { Atomic::<u32>::from_ptr(&raw mut (*self.as_ptr()).i_flags) };

        flags.load(Relaxed) & bindings::S_PRIVATE != 0
    }

    /// Returns our part of the blob.
    #[inline]
    pub(crate) fn blob<T: InodeBlob>(&self) -> &T {
        // SAFETY: By the type invariants.
        unsafe { blob_of(self.as_ptr()) }
    }

    /// Locks `i_lock`, which nests inside every lock of ours.
    pub(crate) fn lock(&self) -> SpinLockGuard<'_, ()> {
        // SAFETY: By the type invariants, the lock is valid and initialised.
        let lock =
            unsafe { Lock::<(), SpinLockBackend>::from_raw(&raw mut (*self.as_ptr()).i_lock) };

        lock.lock()
    }
}

/// Returns our part of the blob of an inode.
///
/// # Safety
///
/// `inode` must be valid for `'a`.
#[inline]
pub(super) unsafe fn blob_of<'a, T: InodeBlob>(inode: *const bindings::inode) -> &'a T {
    // SAFETY: The framework gives each inode a zeroed blob with room for all LSMs before it can be
    // found, and frees it with the inode. `T` is `Zeroable` and `Sync`.
    unsafe { &*blob::locate_inode((*inode).i_security) }
}

/// A reference that keeps an inode in use. It does not pin the superblock.
///
/// # Invariants
///
/// The value owns a reference to the inode, and is dropped before unmounting has waited for
/// releases: without the superblock there is no way to drop it.
pub(super) struct InodeRef(NonNull<bindings::inode>);

// SAFETY: An inode reference may be dropped by any task.
unsafe impl Send for InodeRef {}

impl InodeRef {
    /// Takes over a reference.
    ///
    /// # Safety
    ///
    /// The caller must own a reference to the inode, give it away, and make sure that this value
    /// is dropped before unmounting has waited for releases.
    pub(super) unsafe fn from_raw(inode: NonNull<bindings::inode>) -> Self {
        // INVARIANT: By the safety contract.
        Self(inode)
    }

    /// Takes one more reference to an inode that is in use.
    ///
    /// # Safety
    ///
    /// The caller must make sure that this value is dropped before unmounting has waited for
    /// releases.
    pub(super) unsafe fn hold(inode: &Inode) -> Self {
        // SAFETY: By the invariants of `Inode`, there is a reference already.
        unsafe { bindings::ihold(inode.as_ptr()) };
        // INVARIANT: The reference was just taken; by the safety contract.
        Self(NonNull::from(inode).cast())
    }

    pub(super) fn as_ptr(&self) -> *mut bindings::inode {
        self.0.as_ptr()
    }

    /// Returns our part of the blob.
    pub(super) fn blob<T: InodeBlob>(&self) -> &T {
        // SAFETY: By the type invariants.
        unsafe { blob_of(self.as_ptr()) }
    }

    /// Returns our part of the blob of the superblock.
    ///
    /// # Safety
    ///
    /// Unmounting must not have waited for releases yet: the superblock is valid until then.
    pub(super) unsafe fn superblock_blob<T: SuperblockBlob>(&self) -> NonNull<T> {
        // SAFETY: By the type invariants the inode is valid, and never changes its superblock. By
        // the safety contract, that is valid as well.
        let blob = unsafe { blob::locate_superblock((*(*self.as_ptr()).i_sb).s_security) };

        // SAFETY: The framework gives each superblock a zeroed blob, which lives as long as it: not
        // at the null address.
        unsafe { NonNull::new_unchecked(blob) }
    }
}

impl Drop for InodeRef {
    /// May sleep, when this was the last reference.
    fn drop(&mut self) {
        // SAFETY: By the type invariants, the reference is ours, and the superblock is valid.
        unsafe { bindings::iput(self.0.as_ptr()) };
    }
}
