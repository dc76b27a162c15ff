// SPDX-License-Identifier: GPL-2.0-only

//! Superblocks: the inodes in use, and releases of inodes that are under way.
//!
//! C header: [`include/linux/fs/super_types.h`](srctree/include/linux/fs/super_types.h)

use super::{
    blob::{self, InodeBlob},
    inode::{Inode, InodeRef},
    shim,
};

use core::{marker::PhantomData, ptr::NonNull};
use kernel::{
    bindings, container_of,
    sync::{lock::spinlock::SpinLockBackend, lock::Lock, SpinLockGuard},
    types::Opaque,
};

/// Wraps the kernel's `struct super_block`, one instance of a file system.
///
/// # Invariants
///
/// A reference to this type proves that the superblock is valid.
#[repr(transparent)]
pub(crate) struct Superblock(Opaque<bindings::super_block>);

impl Superblock {
    /// Creates a reference to a superblock of C.
    ///
    /// # Safety
    ///
    /// `ptr` must be valid for `'a`.
    pub(crate) unsafe fn from_raw<'a>(ptr: *const bindings::super_block) -> &'a Self {
        // INVARIANT: By the safety contract.
        // SAFETY: By the safety contract; the type is transparent.
        unsafe { &*ptr.cast() }
    }

    fn as_ptr(&self) -> *mut bindings::super_block {
        self.0.get()
    }

    fn pending(&self) -> *mut bindings::atomic_long_t {
        // SAFETY: By the type invariants.
        unsafe { blob::locate_superblock((*self.as_ptr()).s_security) }
    }

    /// Waits until no release is under way. Sleeps.
    pub(crate) fn wait_for_releases(&self) {
        // SAFETY: The framework gives each superblock a zeroed blob, which lives as long as it.
        unsafe { shim::landlock_rs_release_wait(self.pending()) };
    }

    /// Returns the inodes that are in use and whose blob `is_wanted`.
    pub(crate) fn inodes<T: InodeBlob>(&self, is_wanted: fn(&T) -> bool) -> UsedInodes<'_, T> {
        UsedInodes {
            superblock: self,
            is_wanted,
            current: None,
            _blob: PhantomData,
        }
    }

    /// Locks the list of inodes. `i_lock` nests inside.
    fn lock_inodes(&self) -> SpinLockGuard<'_, ()> {
        // SAFETY: By the type invariants, the lock is valid and initialised.
        let lock = unsafe {
            Lock::<(), SpinLockBackend>::from_raw(&raw mut (*self.as_ptr()).s_inode_list_lock)
        };

        lock.lock()
    }
}

/// A release of an inode that is under way: unmounting waits for it.
///
/// # Invariants
///
/// `counter` counts this value. The counter lives as long as it is not zero.
pub(crate) struct PendingRelease {
    counter: NonNull<bindings::atomic_long_t>,
}

impl PendingRelease {
    /// Announces that the reference `inode` is about to be dropped.
    ///
    /// The caller empties the slot of the inode only after this.
    pub(crate) fn begin(inode: &InodeRef) -> Self {
        let counter = inode.superblock().pending();

        // SAFETY: The blob of the superblock is valid as long as the inode is in use.
        unsafe { shim::landlock_rs_release_begin(counter) };
        // INVARIANT: This value was just counted.
        Self {
            // SAFETY: A blob is never at the null address.
            counter: unsafe { NonNull::new_unchecked(counter) },
        }
    }
}

impl Drop for PendingRelease {
    fn drop(&mut self) {
        // SAFETY: By the type invariants; the function does not use the counter once it is zero.
        unsafe { shim::landlock_rs_release_end(self.counter.as_ptr()) };
    }
}

/// A walk through the inodes of a superblock.
///
/// It holds a reference to the inode where it is, and no lock between two steps: what is done with
/// an inode may sleep.
pub(crate) struct UsedInodes<'a, T: InodeBlob> {
    superblock: &'a Superblock,
    is_wanted: fn(&T) -> bool,
    current: Option<InodeRef>,
    _blob: PhantomData<T>,
}

impl<T: InodeBlob> UsedInodes<'_, T> {
    /// Goes to the next inode. May sleep, to drop the reference to the one before.
    pub(crate) fn step(&mut self) -> Option<&Inode> {
        let next = self.find_next();
        let previous = core::mem::replace(&mut self.current, next);

        drop(previous);
        // SAFETY: No lock is held here.
        unsafe { shim::landlock_rs_resched() };
        self.current.as_deref()
    }

    fn find_next(&self) -> Option<InodeRef> {
        let _list = self.superblock.lock_inodes();
        // SAFETY: By the invariants of `Superblock`.
        let head = unsafe { &raw mut (*self.superblock.as_ptr()).s_inodes };
        let mut link = match &self.current {
            // SAFETY: An inode in use stays in the list, which is locked.
            Some(inode) => unsafe { (*inode.as_ptr()).i_sb_list.next },
            // SAFETY: The list is locked.
            None => unsafe { (*head).next },
        };

        while link != head {
            // SAFETY: All links but the head are in an inode.
            let inode = unsafe { container_of!(link, bindings::inode, i_sb_list) };
            // SAFETY: The list is locked, and `inode` is in it.
            if let Some(found) = unsafe { self.take(inode) } {
                return Some(found);
            }
            // SAFETY: The list is locked.
            link = unsafe { (*link).next };
        }
        None
    }

    /// Takes a reference to `inode` if it is in use and wanted.
    ///
    /// # Safety
    ///
    /// `inode` must be in the list of inodes, which must be locked.
    unsafe fn take(&self, inode: *mut bindings::inode) -> Option<InodeRef> {
        // SAFETY: An inode leaves the list before its blob is freed.
        let blob = unsafe { &*blob::locate_inode::<T>((*inode).i_security) };
        if !(self.is_wanted)(blob) {
            return None;
        }

        // SAFETY: The lock of an inode in the list is valid and initialised.
        let lock = unsafe { Lock::<(), SpinLockBackend>::from_raw(&raw mut (*inode).i_lock) };
        let _guard = lock.lock();
        // SAFETY: `i_lock` is held. The inode is used, so that it may be used once more.
        unsafe {
            if !shim::landlock_rs_inode_is_used(inode) {
                return None;
            }
            shim::landlock_rs_iget(inode);
            Some(InodeRef::from_raw(NonNull::new(inode)?))
        }
    }
}
