// SPDX-License-Identifier: GPL-2.0-only

//! Changes of the mount topology.

use crate::{
    cred::CredSecurity,
    kapi::{
        denial::AuditData,
        path::{Dentry, Path},
    },
    policy::{
        access::AccessFs,
        blame::{Blame, Blocker},
    },
};

use kernel::{error::code::EPERM, prelude::*};

/// Denies changes of what is mounted at `path`: `sb_mount`, `move_mount` and `sb_pivotroot`.
pub(crate) fn change_topology(cred: &CredSecurity, path: &Path) -> Result {
    check(cred, AuditData::Path(path, path.dentry()))
}

/// Denies changes of the mounts whose root is `root`: `sb_umount` and `sb_remount`.
pub(crate) fn change_topology_of(cred: &CredSecurity, root: &Dentry) -> Result {
    check(cred, AuditData::Dentry(root))
}

/// Fails with [`EPERM`] if a layer handles any right on files.
///
/// Rules depend on where files are: a sandbox that could mount, or uncover what a mount hides,
/// could bring files into a hierarchy with more rights.
fn check(cred: &CredSecurity, data: AuditData<'_>) -> Result {
    let Some(domain) = cred.domain() else {
        return Ok(());
    };
    let Some(youngest) = domain.youngest_handling(AccessFs::ALL) else {
        return Ok(());
    };
    let layer = domain
        .layers()
        .layer_to_blame(youngest, AccessFs::ALL, || 0);
    let blame = Blame::layer(layer, Blocker::ChangeTopology);

    super::deny(cred, blame, data, EPERM)
}
