// SPDX-License-Identifier: GPL-2.0-only

//! Releases of inodes that are under way, for which unmounting waits.
//!
//! | Releasing                              | Unmounting                              |
//! |----------------------------------------|-----------------------------------------|
//! | counts up: [`PendingRelease::begin`]   | finds the slot of the inode empty       |
//! | empties the slot, with release         | full barrier                            |
//! | `iput()`                               | waits for zero, with acquire            |
//! | counts down, fully ordered; wakes up   | goes on; the superblock dies            |
//!
//! A task that finds the slot empty finds the count up, or down again with the inode released: the
//! count is not read before the slot (barrier), nor does it go up after the slot is empty (release;
//! counting up orders nothing by itself). The acquire makes `iput()` happen before the end of the
//! superblock. There is no barrier between the list of inodes and the slots: unmounting writes
//! nothing that the releasing side has to see.
//!
//! C header: [`include/linux/wait_bit.h`](srctree/include/linux/wait_bit.h)

use super::{
    blob::SuperblockBlob,
    inode::InodeRef,
    mark::{mark, Mark},
    shim::safe,
};

use core::ptr::NonNull;
use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Full, Relaxed},
        barrier,
    },
};

/// Counts the releases that are under way: our part of a superblock blob.
///
/// All zero bytes count none.
#[repr(transparent)]
pub(crate) struct Releases(Atomic<isize>);

// SAFETY: Any bytes make an integer.
unsafe impl Zeroable for Releases {}
// SAFETY: This is the only implementation. `ffi/init.rs` checks size and alignment.
unsafe impl SuperblockBlob for Releases {}

impl Releases {
    /// Waits until no release is under way. Sleeps.
    ///
    /// A release is overlooked if it begins after the caller looked at the slot of its inode, and
    /// never if the caller found that slot empty.
    pub(super) fn wait(&self) {
        barrier::smp_mb(barrier::Full);
        mark(Mark::ShutOrdered);
        safe::landlock_rs_release_wait(&self.0);
    }
}

/// An inode reference that is about to be dropped, as announced to unmounting.
pub(super) struct PendingRelease {
    // Dropped in this order.
    inode: InodeRef,
    _announcement: Announcement,
}

impl PendingRelease {
    /// Announces that `inode` will be dropped.
    ///
    /// # Safety
    ///
    /// Unmounting must not have waited yet for the releases of the inode's superblock: the slot of
    /// the inode is not empty, or somebody pins the superblock.
    pub(super) unsafe fn begin(inode: InodeRef) -> Self {
        // SAFETY: By the safety contract the superblock is still there.
        let releases: NonNull<Releases> = unsafe { inode.superblock_blob() };

        // SAFETY: As above. The order is that of the store that empties the slot.
        unsafe { releases.as_ref() }.0.add(1, Relaxed);
        Self {
            inode,
            // INVARIANT: It was just counted.
            _announcement: Announcement(releases),
        }
    }

    /// Returns the inode.
    pub(super) fn inode(&self) -> &InodeRef {
        &self.inode
    }
}

/// # Invariants
///
/// The counter counts this value, and is valid as long as it does: unmounting waits for zero.
struct Announcement(NonNull<Releases>);

// SAFETY: Any task may count down.
unsafe impl Send for Announcement {}

impl Drop for Announcement {
    fn drop(&mut self) {
        mark(Mark::ReleasePut);
        // SAFETY: By the type invariants. The counter may be gone when this returns.
        let before = unsafe { self.0.as_ref() }.0.fetch_sub(1, Full);

        if before == 1 {
            mark(Mark::ReleaseCounted);
            safe::landlock_rs_release_wake(self.0.as_ptr().cast());
        }
    }
}
