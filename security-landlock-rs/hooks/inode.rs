// SPDX-License-Identifier: GPL-2.0-only

//! The end of an inode.

use crate::object::InodeSecurity;

/// Checks that no object leads to an inode that is being freed. Runs in atomic context.
pub(crate) fn inode_free_security_rcu(inode: &InodeSecurity) {
    // An object holds its inode: rules went away, or `sb_delete` ran, before this.
    kernel::warn_on!(inode.address().is_some());
}
