// SPDX-License-Identifier: GPL-2.0-only

//! Superblocks that are being shut down: untying the objects of their inodes.
//!
//! C header: [`include/linux/fs/super_types.h`](srctree/include/linux/fs/super_types.h)

use super::{
    blob,
    inode::{InodeRef, KnownInode},
    mark::{mark, Mark},
    object::{self, ObjectSlot},
    release::Releases,
    resched, shim,
    wrapper::{declare_safe, wrapper},
};

use core::ptr::NonNull;
use kernel::{
    bindings, container_of,
    interop::list::CListHead,
    sync::{lock::spinlock::SpinLockBackend, lock::Lock, SpinLockGuard},
    task::might_sleep,
};

wrapper! {
    /// Wraps the kernel's `struct super_block`, an instance of a file system, while it is being
    /// shut down.
    ///
    /// # Invariants
    ///
    /// A reference to this type proves that the current task is in `security_sb_delete()` for the
    /// superblock: `generic_shutdown_super()` calls it when the last active reference is gone,
    /// without a spinlock and outside of RCU critical sections.
    pub(crate) struct Superblock(super_block);
}

declare_safe! { shim:
    /// Looks at the count and the state of an inode.
    fn landlock_rs_inode_is_used(inode: &KnownInode) -> bool;
}

impl Superblock {
    fn releases(&self) -> &Releases {
        // SAFETY: By the type invariants. The framework gives each superblock a zeroed blob with
        // room for all LSMs, which lives as long as it. `Releases` is `Zeroable` and `Sync`.
        unsafe { &*blob::locate_superblock((*self.as_ptr()).s_security) }
    }

    /// Unties every object from the inodes, and waits until the last of them is released. Sleeps.
    pub(crate) fn untie_all(&self) {
        // INVARIANT: When the loop ends, there is no reference any more.
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
        // SAFETY: By the type invariants, the lock is valid; `alloc_super()` initialised it.
        let lock = unsafe {
            Lock::<(), SpinLockBackend>::from_raw(&raw mut (*self.as_ptr()).s_inode_list_lock)
        };

        lock.lock()
    }
}

/// A walk through the inodes in use to which an object is tied.
///
/// It holds a reference to the current inode, and no lock between two steps: the caller may sleep.
///
/// # Invariants
///
/// The reference is dropped before releases are waited for.
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
        // SAFETY: By the invariants of `Superblock`. Its list is initialised, and locked for as
        // long as the references live; an inode in use stays in it.
        let (head, start) = unsafe {
            let head = CListHead::from_raw(&raw mut (*self.superblock.as_ptr()).s_inodes);
            let start = self.current.as_ref().map_or(head, |inode| {
                CListHead::from_raw(&raw mut (*inode.inode().as_ptr()).i_sb_list)
            });
            (head, start)
        };
        let mut link = start.next();

        while link != head {
            // SAFETY: All links but the head are in an inode, which leaves the list, locked as it
            // is, before it is freed. By the type invariants.
            let found = unsafe {
                let inode = container_of!(link.as_raw(), bindings::inode, i_sb_list);
                take(KnownInode::from_raw(inode))
            };
            if found.is_some() {
                return found;
            }
            link = link.next();
        }
        None
    }
}

/// Takes a reference to `inode` if it is in use and an object is tied to it.
///
/// # Safety
///
/// The reference must be dropped before releases are waited for.
unsafe fn take(inode: &KnownInode) -> Option<InodeRef> {
    inode.blob::<ObjectSlot>().address()?;
    mark(Mark::ShutFound);

    let _guard = inode.lock();
    if !landlock_rs_inode_is_used(inode) {
        return None;
    }
    // SAFETY: `i_lock` is held, and the inode is used, so that it may be used once more. By the
    // safety contract.
    Some(unsafe {
        shim::landlock_rs_iget(inode.as_ptr());
        InodeRef::from_raw(NonNull::from(inode).cast())
    })
}
