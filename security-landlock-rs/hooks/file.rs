// SPDX-License-Identifier: GPL-2.0-only

//! Opening files, and using open files as decided then.

use crate::{
    cred::CredSecurity,
    domain::Domain,
    file::FileSecurity,
    kapi::{
        cred,
        denial::AuditData,
        file::{File, FileExt, Mode},
        mark::{mark, Mark},
        path::Path,
    },
    policy::{access::AccessFsRight, blame::Blame, ioctl, open::OpenMode, request::Request},
    walk,
};

use kernel::{error::code::EACCES, prelude::*};

/// Checks that `file` may be opened in its mode, with the credentials of the opener.
///
/// The rights that later actions on the open file need are checked as well: the verdict belongs to
/// the open file, no matter which task uses it then.
pub(crate) fn file_open(cred: &CredSecurity, file: &File) -> Result {
    let Some(domain) = cred.domain() else {
        return Ok(());
    };
    let file_type = super::file_type(file.inode());
    let request = Request {
        required: mode(file).required(file_type),
        optional: file_type.optional_rights(),
    };

    match walk::verdict(domain, file.path(), request) {
        Ok(denials) => {
            mark(Mark::OpenDecided);
            file.blob::<FileSecurity>().deny(denials);
            mark(Mark::OpenWritten);
            Ok(())
        }
        Err(blame) => {
            super::deny_at(cred, blame, file.path())?;
            open_permitted(domain, file, request);
            Ok(())
        }
    }
}

/// Stores what is denied of `request` later, after a permissive layer let `file` be opened.
#[cold]
fn open_permitted(domain: &Domain, file: &File, request: Request) {
    // It requires nothing, so nobody is to blame.
    if let Ok(denials) = walk::verdict(domain, file.path(), request.later()) {
        file.blob::<FileSecurity>().deny(denials);
    }
}

/// Returns how `file` is opened.
fn mode(file: &File) -> OpenMode {
    let Mode {
        read,
        write,
        execute,
    } = file.open_mode();

    OpenMode {
        read,
        write,
        execute,
    }
}

/// Checks that the file at `path` may be truncated by its path.
pub(crate) fn path_truncate(cred: &CredSecurity, path: &Path) -> Result {
    match cred.domain() {
        Some(domain) => super::check(cred, domain, path, AccessFsRight::Truncate.into()),
        None => Ok(()),
    }
}

/// Checks that an open file may be truncated, as decided when it was opened.
pub(crate) fn file_truncate(file: &File) -> Result {
    check_open(file, AccessFsRight::Truncate, AuditData::File(file))
}

/// Checks that `command` may be sent to an open file, if it is a device: `file_ioctl` and
/// `file_ioctl_compat`.
///
/// Files other than devices are never denied the right: see `FileType::optional_rights()`.
pub(crate) fn file_ioctl(file: &File, command: u32) -> Result {
    if ioctl::is_always_allowed(command) {
        return Ok(());
    }
    check_open(
        file,
        AccessFsRight::IoctlDev,
        AuditData::Ioctl(file, command),
    )
}

/// Fails with [`EACCES`] if `right` was denied when the file was opened. The domain of the opener
/// is to blame, and says whether the layer is permissive.
fn check_open(file: &File, right: AccessFsRight, data: AuditData<'_>) -> Result {
    let denials = file.blob::<FileSecurity>().denials();

    match denials.denial(right) {
        None => Ok(()),
        Some((denial, is_quiet)) => {
            let opener = cred::blob(file.cred());

            super::deny(opener, Blame::fs(denial, is_quiet), data, EACCES)
        }
    }
}
