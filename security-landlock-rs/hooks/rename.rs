// SPDX-License-Identifier: GPL-2.0-only

//! Links and renames, which may move a file to another directory.

use crate::{
    cred::CredSecurity,
    kapi::{
        abi,
        denial::AuditData,
        path::{Dentry, Path},
    },
    log,
    policy::{
        access::AccessFs,
        mode::Mode,
        refer::{Move, Refusal, Required},
    },
    walk::reparent::{self, Renamed},
};

use kernel::{
    error::code::{EACCES, ENOENT, EXDEV},
    prelude::*,
};

/// Checks that the file `old` may get another name in `new_dir`.
pub(crate) fn path_link(cred: &CredSecurity, old: &Dentry, new_dir: &Path, new: &Dentry) -> Result {
    check(cred, Move::Link, old, new_dir, new)
}

/// Checks a rename of `old` to `new` in `new_dir`; `action` is any but a link.
pub(crate) fn path_rename(
    cred: &CredSecurity,
    action: Move,
    old: &Dentry,
    new_dir: &Path,
    new: &Dentry,
) -> Result {
    check(cred, action, old, new_dir, new)
}

/// Checks what both directories must grant, and that no file gains a right.
///
/// `new_dir` and the directory of `old` are in the same mount, which the VFS checked. Fails with
/// [`ENOENT`] if there is no such file, with [`EACCES`] if a right is missing, and otherwise with
/// [`EXDEV`], after which user space may fall back to copying. An ABI in which no rule can grant
/// such a move always has the latter error. What permissive layers deny is only logged.
fn check(cred: &CredSecurity, action: Move, old: &Dentry, new_dir: &Path, new: &Dentry) -> Result {
    let Some(domain) = cred.domain_handling(AccessFs::ALL) else {
        return Ok(());
    };
    let moved = file(old).ok_or(ENOENT)?;
    let replaced = file(new);
    let required = Required::new(action, moved.file_type, replaced.map(|file| file.file_type));
    let swapped = match action {
        Move::Exchange => Some(replaced.ok_or(ENOENT)?),
        _ => None,
    };

    if old.is_child_of(new_dir.dentry()) {
        return super::check(cred, domain, new_dir, required.same_directory());
    }
    let verdict = reparent::verdict(domain, required, moved, swapped, new_dir);
    verdict.or_else(|denied| {
        if let Some(blame) = denied.source {
            log::denial(cred, blame, AuditData::Path(new_dir, &denied.old_dir));
        }
        if let Some(blame) = denied.destination {
            log::denial(cred, blame, AuditData::Path(new_dir, new_dir.dentry()));
        }
        match (denied.mode, denied.refusal) {
            (Mode::Permissive, _) => Ok(()),
            (_, Refusal::MissingRight) if abi::current().can_refer() => Err(EACCES),
            (_, Refusal::MissingRight | Refusal::Reparent) => Err(EXDEV),
        }
    })
}

/// Returns the file with the name `dentry`, if there is one.
fn file(dentry: &Dentry) -> Option<Renamed<'_>> {
    let file_type = dentry.inode().map(super::file_type)?;

    Some(Renamed { dentry, file_type })
}
