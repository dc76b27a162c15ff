// SPDX-License-Identifier: GPL-2.0-only

//! Inodes: their type, their blob, and references to them.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h)

use super::{
    blob::{self, InodeBlob},
    superblock::Superblock,
};
use crate::policy::open::FileType;

use core::{ops::Deref, ptr::NonNull};
use kernel::{
    bindings,
    sync::{lock::spinlock::SpinLockBackend, lock::Lock, SpinLockGuard},
    types::Opaque,
};

/// Wraps the kernel's `struct inode`.
///
/// # Invariants
///
/// A reference to this type proves that somebody counts a reference to the inode: it is in use,
/// and so are its blob and its superblock.
#[repr(transparent)]
pub(crate) struct Inode(Opaque<bindings::inode>);

impl Inode {
    /// Creates a reference to an inode of C.
    ///
    /// # Safety
    ///
    /// `ptr` must be valid, and somebody must hold a reference to it for `'a`.
    pub(crate) unsafe fn from_raw<'a>(ptr: *const bindings::inode) -> &'a Self {
        // INVARIANT: By the safety contract.
        // SAFETY: By the safety contract; the type is transparent.
        unsafe { &*ptr.cast() }
    }

    pub(super) fn as_ptr(&self) -> *mut bindings::inode {
        self.0.get()
    }

    /// Returns the type of the file.
    pub(crate) fn file_type(&self) -> FileType {
        // SAFETY: By the type invariants; read at once. The type bits and the device never change
        // once the inode can be found.
        let (mode, device) = unsafe {
            let inode = self.as_ptr();
            (
                (&raw const (*inode).i_mode).read_volatile(),
                (&raw const (*inode).i_rdev).read_volatile(),
            )
        };

        FileType::from_mode(mode, device)
    }

    /// Tells whether the inode is the kernel's own.
    pub(crate) fn is_private(&self) -> bool {
        // SAFETY: By the type invariants; read at once.
        let flags = unsafe { (&raw const (*self.as_ptr()).i_flags).read_volatile() };

        flags & bindings::S_PRIVATE != 0
    }

    /// Returns the superblock of the inode.
    pub(super) fn superblock(&self) -> &Superblock {
        // SAFETY: An inode never changes its superblock, and does not outlive it.
        unsafe { Superblock::from_raw((*self.as_ptr()).i_sb) }
    }

    /// Returns our part of the blob.
    pub(crate) fn blob<T: InodeBlob>(&self) -> &T {
        // SAFETY: The framework gives each inode a zeroed blob with room for all LSMs before it
        // can be found, and frees it with the inode. `T` is `Zeroable` and `Sync`.
        unsafe { &*blob::locate_inode((*self.as_ptr()).i_security) }
    }

    /// Locks `i_lock`, which nests inside every lock of ours.
    pub(crate) fn lock(&self) -> SpinLockGuard<'_, ()> {
        // SAFETY: By the type invariants, the lock is valid and initialised.
        let lock =
            unsafe { Lock::<(), SpinLockBackend>::from_raw(&raw mut (*self.as_ptr()).i_lock) };

        lock.lock()
    }
}

/// A reference that keeps an inode in use.
///
/// # Invariants
///
/// The value owns a reference to the inode.
pub(crate) struct InodeRef(NonNull<bindings::inode>);

// SAFETY: An inode reference may be dropped by any task.
unsafe impl Send for InodeRef {}
// SAFETY: `Inode` only offers what any task may do.
unsafe impl Sync for InodeRef {}

impl InodeRef {
    /// Takes over a reference.
    ///
    /// # Safety
    ///
    /// The caller must own a reference to the inode, and give it away.
    pub(super) unsafe fn from_raw(inode: NonNull<bindings::inode>) -> Self {
        // INVARIANT: By the safety contract.
        Self(inode)
    }

    /// Takes one more reference to an inode that is in use.
    pub(crate) fn hold(inode: &Inode) -> Self {
        // SAFETY: By the invariants of `Inode`, there is a reference already.
        unsafe { bindings::ihold(inode.as_ptr()) };
        // INVARIANT: The reference was just taken.
        Self(NonNull::from(inode).cast())
    }

    /// Tells whether this is a reference to `inode`.
    pub(crate) fn is(&self, inode: &Inode) -> bool {
        core::ptr::eq(self.0.as_ptr(), inode.as_ptr())
    }
}

impl Deref for InodeRef {
    type Target = Inode;

    fn deref(&self) -> &Inode {
        // SAFETY: By the type invariants.
        unsafe { Inode::from_raw(self.0.as_ptr()) }
    }
}

impl Drop for InodeRef {
    /// May sleep, when this was the last reference.
    fn drop(&mut self) {
        // SAFETY: By the type invariants, the reference is ours.
        unsafe { bindings::iput(self.0.as_ptr()) };
    }
}
