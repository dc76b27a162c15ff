// SPDX-License-Identifier: GPL-2.0-only

//! Changes of the mount topology.

use crate::{policy::access::AccessFs, subject::CredState};

use kernel::{error::code::EPERM, prelude::*};

/// Refuses any change with [`EPERM`]: `sb_mount`, `move_mount`, `sb_umount`, `sb_remount` and
/// `sb_pivotroot`.
///
/// Rules are about where files are: a sandbox that mounts, or uncovers what a mount hides, could
/// bring files into a hierarchy with more rights.
pub(crate) fn change_topology(cred: &CredState) -> Result {
    match cred.domain_handling(AccessFs::ALL) {
        Some(_) => Err(EPERM),
        None => Ok(()),
    }
}
