// SPDX-License-Identifier: GPL-2.0-only

//! The end of a file system.

use crate::kapi::superblock::Superblock;

/// Gives up every inode of a file system that is being shut down. Sleeps.
///
/// Rules on them stay, and match nothing any more.
pub(crate) fn sb_delete(superblock: &Superblock) {
    superblock.untie_all();
}
