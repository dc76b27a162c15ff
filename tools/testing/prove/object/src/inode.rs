// SPDX-License-Identifier: GPL-2.0-only

//! Inodes, as the kernel counts them.

use super::{
    blob::{InodeBlob, SuperblockBlob},
    object::ObjectSlot,
    superblock::Superblock,
};

use kernel::{
    prelude::Zeroable,
    sync::{SpinLock, SpinLockGuard},
};
use loom::sync::atomic::{
    AtomicUsize,
    Ordering::{AcqRel, Relaxed},
};
use std::{cell::Cell, ptr::NonNull};

pub struct Inode {
    slot: ObjectSlot,
    i_lock: SpinLock<()>,
    /// References, of which the directory entry has one.
    count: AtomicUsize,
    is_evicted: Cell<bool>,
    superblock: Cell<*const Superblock>,
}

impl Inode {
    /// Makes an inode that a directory entry leads to.
    pub fn new() -> Self {
        let slot = ObjectSlot::zeroed();

        assert!(slot.address().is_none());
        Self {
            slot,
            i_lock: SpinLock::new(()),
            count: AtomicUsize::new(1),
            is_evicted: Cell::new(false),
            superblock: Cell::new(std::ptr::null()),
        }
    }

    pub fn set_superblock(&self, superblock: &Superblock) {
        self.superblock.set(superblock);
    }

    pub(crate) fn blob<T: InodeBlob>(&self) -> &T {
        assert!(!self.is_evicted.get(), "the slot of an inode that is gone");
        // It is the only type.
        unsafe { &*(&raw const self.slot).cast() }
    }

    pub(crate) fn lock(&self) -> SpinLockGuard<'_, ()> {
        self.i_lock.lock()
    }

    /// Takes a reference unless there is none: `__iget()` after a look, under `i_lock`.
    pub(super) fn take(&self) -> Option<InodeRef> {
        let _guard = self.lock();

        if self.count.load(Relaxed) == 0 {
            return None;
        }
        self.count.fetch_add(1, Relaxed);
        Some(InodeRef(NonNull::from(self)))
    }

    /// Drops a reference: fully ordered, as in the kernel.
    pub(super) fn iput(&self) {
        kernel::task::might_sleep();
        let keep = |count| (count > 1).then(|| count - 1);

        if self.count.fetch_update(AcqRel, Relaxed, keep).is_ok() {
            self.superblock().assert_alive();
            return;
        }
        let _guard = self.lock();
        let before = self.count.fetch_sub(1, AcqRel);

        assert!(before > 0, "an inode reference was dropped twice");
        self.superblock().assert_alive();
        if before == 1 {
            assert!(self.slot.address().is_none(), "an object without an inode");
            self.is_evicted.set(true);
        }
    }

    fn superblock(&self) -> &Superblock {
        unsafe { &*self.superblock.get() }
    }

    /// Returns whether the inode has left the list of inodes.
    pub fn is_evicted(&self) -> bool {
        self.is_evicted.get()
    }

    pub fn count(&self) -> usize {
        self.count.load(Relaxed)
    }
}

pub(super) struct InodeRef(NonNull<Inode>);

impl InodeRef {
    pub(super) unsafe fn hold(inode: &Inode) -> Self {
        assert!(
            inode.count.fetch_add(1, Relaxed) > 0,
            "an inode that nobody holds"
        );
        inode.superblock().assert_alive();
        Self(NonNull::from(inode))
    }

    fn inode(&self) -> &Inode {
        unsafe { self.0.as_ref() }
    }

    pub(super) fn blob<T: InodeBlob>(&self) -> &T {
        self.inode().blob()
    }

    pub(super) unsafe fn superblock_blob<T: SuperblockBlob>(&self) -> NonNull<T> {
        self.inode().superblock().assert_alive();
        NonNull::from(self.inode().superblock().releases()).cast()
    }
}

impl Drop for InodeRef {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.inode().iput();
        }
    }
}
