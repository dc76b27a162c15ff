// SPDX-License-Identifier: GPL-2.0-only

//! Rank 2: keys of the rules on a file hierarchy.
//!
//! A rule owns a reference to an object, which holds the inode where the hierarchy starts. The
//! address of the object is the key of the rule: `kapi/object.rs` has the protocol by which
//! objects come and go.
#![forbid(unsafe_code)]

use crate::{
    kapi::{
        inode::Inode,
        object::ObjectSlot,
        table::key_of_address, //
    },
    policy::rule::Key,
};

pub(crate) use crate::kapi::object::ObjectRef;

/// Our part of an inode blob.
pub(crate) type InodeSecurity = ObjectSlot;

/// Returns the key of the rules on the object that is tied to `inode`.
///
/// It identifies that object as long as the owner of a rule owns a reference to it.
#[inline]
pub(crate) fn key_on(inode: &Inode) -> Option<Key> {
    key_in(inode.blob())
}

/// Returns the key of the rules on the object in the slot of an inode, as [`key_on`] does.
#[inline]
pub(crate) fn key_in(slot: &InodeSecurity) -> Option<Key> {
    slot.address().map(key_of_address)
}
