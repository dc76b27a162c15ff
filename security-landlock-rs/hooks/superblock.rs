// SPDX-License-Identifier: GPL-2.0-only

//! Superblock release.

use crate::kapi::superblock::Superblock;

/// Releases the inodes that rules hold of a file system that is being shut down. Sleeps.
///
/// The rules stay, but no longer match anything.
pub(crate) fn sb_delete(superblock: &Superblock) {
    superblock.untie_all();
}
