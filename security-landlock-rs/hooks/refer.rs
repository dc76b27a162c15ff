// SPDX-License-Identifier: GPL-2.0-only

//! Links and renames, which may bring a file into another directory.

use crate::{
    kapi::path::{Dentry, OwnedPath, Path},
    policy::{
        access::AccessFs,
        refer::{Action, Required},
    },
    subject::CredState,
};

use kernel::{
    error::code::{ENOENT, EXDEV},
    prelude::*,
};

/// Checks that the file `old` gets a second name in `new_dir`.
pub(crate) fn path_link(cred: &CredState, old: &Dentry, new_dir: &Path, new: &Dentry) -> Result {
    check(cred, Action::Link, old, new_dir, new)
}

/// Checks a rename of `old` to `new` in `new_dir`; `action` is any but a link.
pub(crate) fn path_rename(
    cred: &CredState,
    action: Action,
    old: &Dentry,
    new_dir: &Path,
    new: &Dentry,
) -> Result {
    check(cred, action, old, new_dir, new)
}

/// Checks what both directories must grant, then refuses to change the directory of a file.
///
/// Fails with `EACCES` for want of a right, so that user space gives up, before it fails with
/// [`EXDEV`], upon which user space may copy instead. `new_dir` and the directory of `old` are in
/// the same mount, which the VFS checked.
fn check(cred: &CredState, action: Action, old: &Dentry, new_dir: &Path, new: &Dentry) -> Result {
    let Some(domain) = cred.domain_handling(AccessFs::ALL) else {
        return Ok(());
    };
    let old_type = old.file_type().ok_or(ENOENT)?;
    let new_type = new.file_type();
    if action == Action::Exchange && new_type.is_none() {
        return Err(ENOENT);
    }
    let required = Required::new(action, old_type, new_type);

    if old.is_child_of(new_dir.dentry()) {
        return super::check(domain, new_dir, required.same_directory());
    }
    let old_dir = OwnedPath::directory_of(old, new_dir);
    super::check(domain, &old_dir, required.source)?;
    super::check(domain, new_dir, required.destination)?;
    Err(EXDEV)
}
