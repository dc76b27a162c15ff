// SPDX-License-Identifier: GPL-2.0-only

//! Inode release.

use crate::object::InodeSecurity;

/// Checks that no object leads to an inode that is being freed. Runs in atomic context.
pub(crate) fn inode_free_security_rcu(inode: &InodeSecurity) {
    // An object holds its inode: it was untied when its last rule was dropped, or by `sb_delete`.
    kernel::warn_on!(inode.address().is_some());
}
