// SPDX-License-Identifier: GPL-2.0-only

//! Inodes: their type, their blob, and references to them.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h)

use super::{
    blob::{self, InodeBlob, SuperblockBlob},
    once::load,
    wrapper::{declare_safe, wrapper},
};

use core::ptr::NonNull;
use kernel::{
    bindings,
    sync::{lock::spinlock::SpinLockBackend, lock::Lock, SpinLockGuard},
};

wrapper! {
    /// Wraps the kernel's `struct inode`.
    ///
    /// # Invariants
    ///
    /// A reference to this type proves that the inode is in use, and that its superblock stays:
    /// someone counts a reference to the inode, which alone does not pin the superblock, and
    /// someone pins the superblock, for example with the mount of an open file.
    pub(crate) struct Inode(inode);
}

wrapper! {
    /// An inode that somebody counts a reference to, or that is in the list of its superblock,
    /// which is locked.
    ///
    /// # Invariants
    ///
    /// A reference to this type proves that the inode is not freed.
    pub(super) struct KnownInode(inode);
}

declare_safe! { bindings:
    /// Counts one more reference.
    fn ihold(inode: &Inode);
}

impl Inode {
    /// Returns type and permissions of the file.
    pub(crate) fn mode(&self) -> bindings::umode_t {
        load!(self, i_mode)
    }

    /// Returns the device that the file stands for, if it is a device file.
    pub(crate) fn device(&self) -> bindings::dev_t {
        load!(self, i_rdev)
    }

    /// Returns whether the inode is the kernel's own.
    pub(crate) fn is_private(&self) -> bool {
        load!(self, i_flags) & bindings::S_PRIVATE != 0
    }

    /// Returns our part of the blob.
    #[inline]
    pub(crate) fn blob<T: InodeBlob>(&self) -> &T {
        self.known().blob()
    }

    /// Locks `i_lock`, which nests inside every lock of ours.
    pub(crate) fn lock(&self) -> SpinLockGuard<'_, ()> {
        self.known().lock()
    }

    fn known(&self) -> &KnownInode {
        // SAFETY: By the type invariants, somebody counts a reference.
        unsafe { KnownInode::from_raw(self.as_ptr()) }
    }
}

impl KnownInode {
    /// Returns our part of the blob.
    #[inline]
    pub(super) fn blob<T: InodeBlob>(&self) -> &T {
        // SAFETY: By the type invariants. The framework gives each inode a zeroed blob with room
        // for all LSMs before it can be found, and frees it with the inode. `T` is `Zeroable` and
        // `Sync`.
        unsafe { &*blob::locate_inode((*self.as_ptr()).i_security, blob::inode_offset()) }
    }

    /// Locks `i_lock`.
    pub(super) fn lock(&self) -> SpinLockGuard<'_, ()> {
        // SAFETY: By the type invariants, the lock is valid; it is initialised with the inode.
        let lock =
            unsafe { Lock::<(), SpinLockBackend>::from_raw(&raw mut (*self.as_ptr()).i_lock) };

        lock.lock()
    }
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
        ihold(inode);
        // INVARIANT: The reference was just taken; by the safety contract.
        Self(NonNull::from(inode).cast())
    }

    /// Returns the inode.
    pub(super) fn inode(&self) -> &KnownInode {
        // SAFETY: By the type invariants, this value counts a reference.
        unsafe { KnownInode::from_raw(self.0.as_ptr()) }
    }

    /// Returns our part of the blob.
    pub(super) fn blob<T: InodeBlob>(&self) -> &T {
        self.inode().blob()
    }

    /// Returns our part of the blob of the superblock.
    ///
    /// # Safety
    ///
    /// Unmounting must not have waited for releases yet: the superblock is valid until then.
    pub(super) unsafe fn superblock_blob<T: SuperblockBlob>(&self) -> NonNull<T> {
        let superblock = load!(self.inode(), i_sb);

        // SAFETY: An inode never changes its superblock, which is valid by the safety contract. The
        // framework gave it a zeroed blob, which is not at the null address.
        unsafe { NonNull::new_unchecked(blob::locate_superblock((*superblock).s_security)) }
    }
}

impl Drop for InodeRef {
    /// May sleep, when this was the last reference.
    fn drop(&mut self) {
        // SAFETY: By the type invariants, the reference is ours, and the superblock is valid.
        unsafe { bindings::iput(self.0.as_ptr()) };
    }
}
