// SPDX-License-Identifier: GPL-2.0-only

//! Superblocks that are shut down: the objects of their inodes are untied.
//!
//! C header: [`include/linux/fs/super_types.h`](srctree/include/linux/fs/super_types.h)

use super::{
    blob,
    inode::{self, InodeRef},
    mark::{mark, Mark},
    object::{self, ObjectSlot},
    release::Releases,
    resched,
    shim::{self, impl_from_raw},
};

use core::ptr::NonNull;
use kernel::{
    bindings, container_of,
    sync::{lock::spinlock::SpinLockBackend, lock::Lock, SpinLockGuard},
    task::might_sleep,
    types::Opaque,
};

/// Wraps the kernel's `struct super_block`, one instance of a file system, while it is shut down.
///
/// # Invariants
///
/// A reference to this type proves that the superblock is valid, that the current task is in
/// `security_sb_delete()` for it, where it may sleep, and that nobody pins the superblock.
#[repr(transparent)]
pub(crate) struct Superblock(Opaque<bindings::super_block>);

impl_from_raw! {
    /// The current task must be in `security_sb_delete()` for `ptr`, for `'a`:
    /// `generic_shutdown_super()` calls it when the last active reference is gone, without a
    /// spinlock and outside of RCU critical sections.
    Superblock of super_block
}

impl Superblock {
    fn as_ptr(&self) -> *mut bindings::super_block {
        self.0.get()
    }

    fn releases(&self) -> &Releases {
        // SAFETY: By the type invariants. The framework gives each superblock a zeroed blob, which
        // lives as long as it.
        unsafe { &*blob::locate_superblock((*self.as_ptr()).s_security) }
    }

    /// Unties every object from the inodes, and waits until the last of them is released. Sleeps.
    pub(crate) fn untie_all(&self) {
        let mut inodes = UsedInodes {
            superblock: self,
            current: None,
        };

        while let Some(inode) = inodes.step() {
            mark(Mark::ShutHeld);
            object::untie(inode);
        }
        mark(Mark::ShutWalked);
        self.releases().wait();
        mark(Mark::ShutDone);
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

/// A walk through the inodes in use to which an object is tied.
///
/// It holds a reference to the inode where it is, and no lock between two steps: what is done with
/// an inode may sleep. It ends before releases are waited for.
struct UsedInodes<'a> {
    superblock: &'a Superblock,
    current: Option<InodeRef>,
}

impl UsedInodes<'_> {
    /// Goes to the next inode. May sleep, to drop the reference to the one before.
    fn step(&mut self) -> Option<&InodeRef> {
        might_sleep();

        let next = self.find_next();
        let previous = core::mem::replace(&mut self.current, next);

        drop(previous);
        resched::resched();
        self.current.as_ref()
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

    /// Takes a reference to `inode` if it is in use and an object is tied to it.
    ///
    /// # Safety
    ///
    /// `inode` must be in the list of inodes, which must be locked.
    unsafe fn take(&self, inode: *mut bindings::inode) -> Option<InodeRef> {
        // SAFETY: An inode leaves the list, which is locked, before its blob is freed.
        unsafe { inode::blob_of::<ObjectSlot>(inode) }.address()?;
        mark(Mark::ShutFound);

        // SAFETY: The lock of an inode in the list is valid and initialised.
        let lock = unsafe { Lock::<(), SpinLockBackend>::from_raw(&raw mut (*inode).i_lock) };
        let _guard = lock.lock();
        // SAFETY: `i_lock` is held. The inode is used, so that it may be used once more. The walk
        // drops the reference, and ends before releases are waited for.
        unsafe {
            if !shim::landlock_rs_inode_is_used(inode) {
                return None;
            }
            shim::landlock_rs_iget(inode);
            Some(InodeRef::from_raw(NonNull::new(inode)?))
        }
    }
}
