// SPDX-License-Identifier: GPL-2.0-only

//! Superblocks, as the kernel mounts them and shuts them down.

use super::{
    inode::Inode,
    object::{self, ObjectSlot},
    release::Releases,
};

use loom::{
    cell::UnsafeCell,
    sync::atomic::{AtomicUsize, Ordering::AcqRel},
};
use std::{cell::Cell, mem::MaybeUninit, sync::Arc};

pub struct Superblock {
    releases: Releases,
    inodes: Vec<Inode>,
    /// Users of the mounted file system. The last one shuts it down.
    pins: AtomicUsize,
    is_dead: Cell<bool>,
    /// All that an inode needs of its superblock: loom notices a use that is not before its end.
    memory: UnsafeCell<()>,
}

impl Superblock {
    /// Mounts a file system with `inodes` files, which `pins` threads use.
    pub fn mount(pins: usize, inodes: usize) -> Arc<Self> {
        let this = Arc::new(Self {
            // The framework gives each superblock a blob of zeroes.
            releases: unsafe { MaybeUninit::zeroed().assume_init() },
            inodes: (0..inodes).map(|_| Inode::new()).collect(),
            pins: AtomicUsize::new(pins),
            is_dead: Cell::new(false),
            memory: UnsafeCell::new(()),
        });

        this.releases.wait();
        kernel::model::owned(&this.releases);
        for inode in &this.inodes {
            inode.set_superblock(&this);
        }
        this
    }

    pub fn inodes(&self) -> &[Inode] {
        &self.inodes
    }

    pub(super) fn releases(&self) -> &Releases {
        &self.releases
    }

    pub(super) fn assert_alive(&self) {
        assert!(
            !self.is_dead.get(),
            "an inode reference after the end of its superblock"
        );
        self.memory.with(|_| ());
    }

    /// Ends a use of the file system. Returns whether it was the last one.
    pub fn unpin(&self) -> bool {
        let is_last = self.pins.fetch_sub(1, AcqRel) == 1;

        if is_last {
            self.shut_down();
        }
        is_last
    }

    /// `generic_shutdown_super()`: directory entries go, then `sb_delete` runs.
    fn shut_down(&self) {
        for inode in &self.inodes {
            inode.iput();
        }
        for inode in &self.inodes {
            self.visit(inode);
        }
        self.releases.wait();
        self.memory.with_mut(|_| ());
        self.is_dead.set(true);
        for inode in &self.inodes {
            assert_eq!(inode.count(), 0, "busy inodes after unmount");
        }
        kernel::model::free((&raw const self.releases).addr());
    }

    /// What `kapi/superblock.rs` does with one inode of the list.
    fn visit(&self, inode: &Inode) {
        if inode.is_evicted() || inode.blob::<ObjectSlot>().address().is_none() {
            return;
        }
        if let Some(inode) = inode.take() {
            object::untie(&inode);
        }
    }
}
