// SPDX-License-Identifier: GPL-2.0-only

//! Objects, which tie rules to inodes in both directions.
//!
//! Rules, in rulesets and domains, own references to an object ([`ObjectRef`]). The object holds a
//! reference to its inode, so that an inode with rules on it stays in memory and keeps its
//! identity. The blob of the inode leads back to the object ([`ObjectSlot`]), so that a path walk
//! finds it. When the last rule is dropped, and when the file system is unmounted, both directions
//! are untied.
//!
//! | State    | references | `held`       | slot of the inode |
//! |----------|-----------:|--------------|-------------------|
//! | new      |          1 | inode        | another, or empty |
//! | tied     |         1+ | inode        | this object       |
//! | untied   |         1+ | nothing      | not this object   |
//! | retired  |          0 | nothing      | not this object   |
//!
//! | Transition        | by                                     | locks    | `iput()`        |
//! |-------------------|----------------------------------------|----------|-----------------|
//! | new to tied       | [`ObjectRef::tie`], for a new rule     | `i_lock` | -               |
//! | new to retired    | [`ObjectRef::tie`], having lost a race | `held`   | after unlocking |
//! | tied to retired   | the last rule that is dropped          | `held`   | after unlocking |
//! | tied to untied    | [`untie`], by `sb_delete`              | `held`   | after unlocking |
//! | untied to retired | the last rule that is dropped          | `held`   | -               |
//!
//! From "tied" or "new" to another state there is one way, [`Object::detach`]. Within one critical
//! section of `held` it
//!
//! 1. takes the inode out of `held`: the task that does so drops the reference, so it is dropped
//!    once;
//! 2. announces that ([`PendingRelease`]): unmounting waits from now on;
//! 3. empties the slot, which cannot be done without the announcement.
//!
//! `sb_delete` looks for slots without a lock. If it finds this one filled it takes `held`, and
//! then sees the inode, or the announcement. If it finds it empty it sees the announcement, by the
//! order of memory in `release.rs`.
//!
//! What else follows:
//!
//! - The slot is filled under `i_lock` when it is empty, and emptied under the lock of the object
//!   that it leads to.
//! - The count drops to zero and the slot is emptied within one critical section of `held`. A
//!   task that finds an object without references under RCU locks `held` once, and then sees
//!   another slot: there is nothing to spin on.
//! - An object leaves the slot before its memory is freed, a grace period later.
//! - A slot that leads to an object proves that unmounting has not waited for releases yet.
//!
//! Lock order: the mutex of a ruleset, then `held`; `i_lock` and `held` do not nest. Dropping the
//! last reference to an object may sleep.
//!
//! C header: [`include/linux/rcupdate.h`](srctree/include/linux/rcupdate.h)

use super::{
    blob::{self, InodeBlob},
    inode::{Inode, InodeRef},
    mark::{mark, Mark},
    release::PendingRelease,
    shim::safe,
    slab::SlabBox,
};

use core::{
    num::NonZeroUsize,
    ptr::{self, NonNull},
};
use kernel::{
    alloc::flags::GFP_KERNEL_ACCOUNT,
    bindings, new_spinlock,
    prelude::*,
    sync::{
        atomic::{Acquire, Atomic, Relaxed, Release},
        rcu, Refcount, SpinLock, SpinLockGuard,
    },
    task::might_sleep,
    types::Opaque,
};

/// What rules are tied to: a file hierarchy.
///
/// Its memory is freed without running destructors: at that time it owns nothing.
#[pin_data]
struct Object {
    refs: Refcount,
    rcu: Opaque<bindings::kvfree_rcu_head>,
    /// The inode, until it is untied.
    #[pin]
    held: SpinLock<Option<InodeRef>>,
}

impl Object {
    /// Counts a reference, unless the last one is gone.
    fn try_get(&self) -> Option<ObjectRef> {
        // INVARIANT: The reference is counted when the function returns true.
        safe::landlock_rs_refcount_inc_not_zero(&self.refs).then(|| ObjectRef(NonNull::from(self)))
    }

    /// Gives up a reference, unless it is the last one. Returns whether it did.
    fn put_not_last(&self) -> bool {
        safe::refcount_dec_not_one(&self.refs)
    }

    /// Takes the inode out of the locked `held`, if it is still there, and unlocks.
    ///
    /// Dropping what this returns may sleep.
    fn detach(&self, mut held: SpinLockGuard<'_, Option<InodeRef>>) -> Option<PendingRelease> {
        let inode = held.take()?;

        mark(Mark::DetachTaken);
        // SAFETY: The object was new, and the caller of `tie` pins the superblock; or it was tied:
        // `sb_delete` finds the filled slot and waits for this lock before it waits for releases.
        let release = unsafe { PendingRelease::begin(inode) };

        mark(Mark::DetachAnnounced);
        ObjectSlot::empty(self, &release);
        mark(Mark::DetachEmptied);
        Some(release)
    }
}

/// A counted reference to an object, owned by a rule.
///
/// # Invariants
///
/// The object is valid, came from a [`SlabBox`], and this value owns one of the references it counts.
pub(crate) struct ObjectRef(NonNull<Object>);

// SAFETY: Any task may use and drop a reference: all that changes in an object is atomic or locked.
unsafe impl Send for ObjectRef {}
// SAFETY: As above.
unsafe impl Sync for ObjectRef {}

impl ObjectRef {
    /// Returns the object that is tied to `inode`; creates one if there is none.
    ///
    /// Fails with `ENOMEM`. May sleep.
    pub(crate) fn tie(inode: &Inode) -> Result<Self> {
        let slot: &ObjectSlot = inode.blob();

        loop {
            if let Some(object) = slot.find() {
                return Ok(object);
            }
            mark(Mark::TieMissing);
            let object = Self::new(inode)?;
            mark(Mark::TieMade);
            let i_lock = inode.lock();

            if slot.address().is_none() {
                mark(Mark::TieLocked);
                slot.fill(&object, &i_lock);
                mark(Mark::TieFilled);
                return Ok(object);
            }
            // Another task was faster. Dropping `object` may sleep, so unlock first.
            drop(i_lock);
            mark(Mark::TieBeaten);
        }
    }

    /// Allocates an object with one reference, charged to the current task.
    fn new(inode: &Inode) -> Result<Self> {
        // SAFETY: `tie` drops it, or makes the slot lead to it: `sb_delete` finds it then.
        let held = unsafe { InodeRef::hold(inode) };
        let object = SlabBox::try_pin_init(
            try_pin_init!(Object {
                refs: Refcount::new(1),
                rcu: Opaque::uninit(),
                held <- new_spinlock!(Some(held), "landlock_object"),
            }? Error),
            GFP_KERNEL_ACCOUNT,
        )?;
        // SAFETY: The object is not moved: it is freed where it is.
        let object = SlabBox::leak(unsafe { Pin::into_inner_unchecked(object) });

        // INVARIANT: The count is one, and this is that reference.
        Ok(Self(NonNull::from(object)))
    }

    /// Returns a number that is unique among objects as long as this one has references.
    pub(crate) fn address(&self) -> NonZeroUsize {
        self.0.addr()
    }

    /// Takes back a reference to the object at `address` that was forgotten.
    ///
    /// # Safety
    ///
    /// A reference with this [`Self::address`] must have been forgotten, once for each time that
    /// one is taken back.
    #[inline]
    pub(super) unsafe fn from_address(address: usize) -> Self {
        // INVARIANT: The reference that was forgotten is that of this value again.
        // SAFETY: By the safety contract, this is where the object is.
        Self(unsafe { NonNull::new_unchecked(address as *mut Object) })
    }

    fn object(&self) -> &Object {
        // SAFETY: By the type invariants.
        unsafe { self.0.as_ref() }
    }
}

impl Clone for ObjectRef {
    fn clone(&self) -> Self {
        self.object().refs.inc();
        // INVARIANT: The reference was just counted.
        Self(self.0)
    }
}

impl Drop for ObjectRef {
    /// May sleep.
    fn drop(&mut self) {
        might_sleep();

        let object = self.object();
        if object.put_not_last() {
            return;
        }
        mark(Mark::DropLast);
        let held = object.held.lock();
        mark(Mark::DropLocked);
        if !object.refs.dec_and_test() {
            return;
        }
        mark(Mark::DropZero);
        let release = object.detach(held);
        mark(Mark::DropUnlocked);
        drop(release);
        mark(Mark::DropReleased);
        // SAFETY: By the type invariants the object came from a `SlabBox`, that is, from `kmalloc()`.
        // There is no reference any more, and no slot leads to the object: a task that still
        // uses it found it before, and is in an RCU read-side critical section.
        unsafe { bindings::kvfree_call_rcu(object.rcu.get(), self.0.as_ptr().cast()) };
    }
}

/// Our part of an inode blob: leads to the object that is tied to the inode, if there is one.
///
/// # Invariants
///
/// The pointer is null, or leads to an object that holds this inode or whose lock is held by the
/// task that is about to empty the slot. Empty when all bytes are zero.
#[repr(transparent)]
pub(crate) struct ObjectSlot(Atomic<*mut Object>);

// SAFETY: A null pointer is an empty slot.
unsafe impl Zeroable for ObjectSlot {}
// SAFETY: This is the only implementation. `ffi/init.rs` checks size and alignment. Other files can
// only read the address.
unsafe impl InodeBlob for ObjectSlot {}

impl ObjectSlot {
    /// Returns [`ObjectRef::address`] of the object that the slot leads to.
    ///
    /// The address may belong to another object as soon as this returns, unless the caller knows
    /// that the object it compares with has references.
    #[inline]
    pub(crate) fn address(&self) -> Option<NonZeroUsize> {
        NonZeroUsize::new(blob::load_pointer(&self.0).addr())
    }

    /// Returns the object that the slot leads to, for as long as `_guard` lives.
    fn read<'g>(&self, _guard: &'g rcu::Guard) -> Option<&'g Object> {
        // SAFETY: By the type invariants the object was valid when it was found. It leaves the slot
        // before it is freed, and that happens after this RCU read-side critical section. The
        // acquire pairs with the release of `fill`.
        unsafe { self.0.load(Acquire).as_ref() }
    }

    /// Returns the object that the slot leads to, or waits until it leads elsewhere.
    fn find(&self) -> Option<ObjectRef> {
        let guard = rcu::read_lock();
        let object = self.read(&guard)?;

        mark(Mark::TieRead);
        object.try_get().or_else(|| {
            // The last rule is being dropped: once the lock is free, the slot leads elsewhere.
            mark(Mark::TieRefused);
            drop(object.held.lock());
            None
        })
    }

    /// Fills the empty slot of an inode, whose `i_lock` is held, with `object`.
    fn fill(&self, object: &ObjectRef, _i_lock: &SpinLockGuard<'_, ()>) {
        // INVARIANT: The object holds the inode. The release pairs with the acquire of `read`.
        self.0.store(object.0.as_ptr(), Release);
    }

    /// Empties the slot of the inode that `object` releases, if it leads there.
    ///
    /// The lock of `object` must be held: a slot that leads to it is only emptied under this lock.
    fn empty(object: &Object, release: &PendingRelease) {
        let Self(slot) = release.inode().blob();

        if ptr::eq(slot.load(Relaxed), object) {
            // A task that finds the slot empty sees the announcement, by this release.
            slot.store(ptr::null_mut(), Release);
        }
    }
}

/// Unties the object from `inode`, unless the last rule on it has just been dropped. May sleep.
///
/// Called while the superblock of `inode` is shut down, before its releases are waited for.
pub(super) fn untie(inode: &InodeRef) {
    let guard = rcu::read_lock();
    let Some(object) = inode.blob::<ObjectSlot>().read(&guard) else {
        return;
    };
    mark(Mark::UntieRead);
    let release = object.detach(object.held.lock());

    drop(guard);
    mark(Mark::UntieDetached);
    drop(release);
}
