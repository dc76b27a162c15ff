// SPDX-License-Identifier: GPL-2.0-only

//! Rank 2: objects, which tie rules to inodes in both directions.
//!
//! Rules, in rulesets and domains, own references to an [`Object`]. The object owns a reference to
//! its inode, so that an inode with rules on it stays in memory and keeps its identity. The blob
//! of the inode leads back to the object ([`InodeState`]), so that a path walk finds it. When the
//! last rule goes away, and when the file system is unmounted, both directions are untied.
//!
//! | State    | references | `held`       | slot of the inode |
//! |----------|-----------:|--------------|-------------------|
//! | new      |          1 | inode        | another, or empty |
//! | tied     |         1+ | inode        | this object       |
//! | untied   |         1+ | nothing      | not this object   |
//! | retired  |          0 | nothing      | not this object   |
//!
//! | Transition      | who                         | locks held              | `iput()`        |
//! |-----------------|-----------------------------|-------------------------|-----------------|
//! | new to tied     | [`tie`], for a new rule     | `i_lock`                | -               |
//! | new to retired  | [`tie`], having lost a race | `lock`                  | after unlocking |
//! | tied to retired | the last rule that goes     | `lock`                  | after unlocking |
//! | tied to untied  | [`untie`], by `sb_delete`   | `lock`                  | after unlocking |
//! | untied to retired | the last rule that goes   | `lock`                  | -               |
//!
//! What follows from it:
//!
//! - The slot is filled under `i_lock` when it is empty, and emptied under the `lock` of the object
//!   that it leads to, while that object still holds the inode.
//! - The count drops to zero and the slot is emptied within one critical section of `lock`. Who
//!   finds an object without references under RCU takes `lock` once, and then sees an empty slot:
//!   there is nothing to spin on.
//! - An object leaves the slot under RCU, and its memory is freed a grace period later.
//! - Whoever takes the inode out of `held` drops that reference, so it is dropped once. A retired
//!   object announces that ([`PendingRelease`]) before it empties the slot. `sb_delete` looks for
//!   slots without a lock: who finds one empty sees the announcement, and waits for it.
//!
//! Lock order: the mutex of a ruleset, then `lock`; `i_lock` and `lock` do not nest. Dropping the
//! last reference to an object may sleep.
#![forbid(unsafe_code)]

use crate::{
    kapi::{
        inode::{Inode, InodeRef},
        rcu::{RcuArc, RcuSlot, Retire},
        superblock::{PendingRelease, Superblock},
    },
    policy::rule::Key,
};

use core::num::NonZeroUsize;
use kernel::{
    new_spinlock,
    prelude::*,
    sync::{rcu, SpinLock, SpinLockGuard},
};

/// What rules are tied to: a file hierarchy.
#[pin_data]
pub(crate) struct Object {
    /// The inode, until it is untied.
    #[pin]
    held: SpinLock<Option<InodeRef>>,
}

/// A reference to an object, owned by a rule.
pub(crate) type ObjectRef = RcuArc<Object>;

/// Returns the key of the rules on `object`.
pub(crate) fn key_of(object: &ObjectRef) -> Key {
    key_of_address(object.address())
}

fn key_of_address(address: NonZeroUsize) -> Key {
    // Objects are aligned: the lowest bit tells nothing, and a key must not be zero.
    // CAST: an address has no more than 64 bits.
    Key::MIN | (address.get() as u64)
}

/// Our part of an inode blob: leads to the object that is tied to the inode, if there is one.
#[repr(transparent)]
#[derive(Zeroable)]
pub(crate) struct InodeState {
    object: RcuSlot<Object>,
}

impl InodeState {
    /// Returns the key of the rules on the object that is tied to the inode.
    ///
    /// It stands for that object as long as somebody owns a reference to it: whoever has a rule.
    #[inline]
    pub(crate) fn key(&self) -> Option<Key> {
        self.object.address().map(key_of_address)
    }
}

impl Retire for Object {
    type State = Option<InodeRef>;

    fn lock(&self) -> SpinLockGuard<'_, Option<InodeRef>> {
        self.held.lock()
    }

    fn retire(&self, mut held: SpinLockGuard<'_, Option<InodeRef>>) {
        let Some(inode) = held.take() else {
            return;
        };
        let pending = PendingRelease::begin(&inode);
        inode.blob::<InodeState>().object.withdraw(self);

        drop(held);
        drop(inode);
        drop(pending);
    }
}

/// Returns the object that is tied to `inode`; makes one if there is none.
///
/// Fails with `ENOMEM`. May sleep.
pub(crate) fn tie(inode: &Inode) -> Result<ObjectRef> {
    let slot = &inode.blob::<InodeState>().object;

    loop {
        if let Some(object) = find(slot) {
            return Ok(object);
        }

        let held = InodeRef::hold(inode);
        let object = ObjectRef::new(pin_init!(Object {
            held <- new_spinlock!(Some(held), "landlock_object"),
        }))?;
        let guard = inode.lock();
        if slot.address().is_none() {
            slot.publish(&object);
            return Ok(object);
        }
        // Somebody else was faster. Dropping `object` may sleep, so the lock goes first.
        drop(guard);
    }
}

/// Returns the object that the slot leads to, or waits until the slot is empty.
fn find(slot: &RcuSlot<Object>) -> Option<ObjectRef> {
    let guard = rcu::read_lock();
    let found = slot.find(&guard)?;

    found.try_get().or_else(|| {
        // The last rule is going away: once its lock is free, the slot is not its any more.
        drop(found.value().held.lock());
        None
    })
}

/// Unties every object from the inodes of `superblock`, which is about to go. Sleeps.
pub(crate) fn untie_all(superblock: &Superblock) {
    let mut inodes = superblock.inodes::<InodeState>(|state| state.key().is_some());

    while let Some(inode) = inodes.step() {
        untie(inode);
    }
    superblock.wait_for_releases();
}

/// Unties the object from `inode`, unless the last rule on it just went away.
fn untie(inode: &Inode) {
    let slot = &inode.blob::<InodeState>().object;
    let guard = rcu::read_lock();
    let Some(found) = slot.find(&guard) else {
        return;
    };
    let object = found.value();
    let mut held = object.held.lock();
    let inode_ref = held.take_if(|held| held.is(inode));

    if inode_ref.is_some() {
        slot.withdraw(object);
    }
    drop(held);
    drop(guard);
    drop(inode_ref);
}
