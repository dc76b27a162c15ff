// SPDX-License-Identifier: GPL-2.0-only

//! Creation and removal of files in a directory.

use crate::{
    cred::CredSecurity,
    kapi::path::Path,
    policy::{access::AccessFsRight, open::FileType},
};

use kernel::prelude::*;

/// Checks the creation of a directory in `dir`.
pub(crate) fn path_mkdir(cred: &CredSecurity, dir: &Path) -> Result {
    check(cred, dir, AccessFsRight::MakeDir)
}

/// Checks the creation of a file of type `file_type` in `dir`.
pub(crate) fn path_mknod(cred: &CredSecurity, dir: &Path, file_type: FileType) -> Result {
    check(cred, dir, file_type.make_right())
}

/// Checks the creation of a symbolic link in `dir`.
pub(crate) fn path_symlink(cred: &CredSecurity, dir: &Path) -> Result {
    check(cred, dir, AccessFsRight::MakeSym)
}

/// Checks the removal of a file from `dir`.
pub(crate) fn path_unlink(cred: &CredSecurity, dir: &Path) -> Result {
    check(cred, dir, AccessFsRight::RemoveFile)
}

/// Checks the removal of a directory from `dir`.
pub(crate) fn path_rmdir(cred: &CredSecurity, dir: &Path) -> Result {
    check(cred, dir, AccessFsRight::RemoveDir)
}

fn check(cred: &CredSecurity, dir: &Path, right: AccessFsRight) -> Result {
    match cred.domain() {
        Some(domain) => super::check(cred, domain, dir, right.into()),
        None => Ok(()),
    }
}
