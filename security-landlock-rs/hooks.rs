// SPDX-License-Identifier: GPL-2.0-only

//! Rank 4: one function per LSM hook, with the name of the hook.
//!
//! Unless said otherwise, `shim/hook.c` has already returned if the credentials have no domain.
#![forbid(unsafe_code)]

pub(crate) mod cred;
pub(crate) mod file;
pub(crate) mod inode;
pub(crate) mod mount;
pub(crate) mod net;
pub(crate) mod owner;
pub(crate) mod path;
pub(crate) mod ptrace;
pub(crate) mod rename;
pub(crate) mod signal;
pub(crate) mod superblock;
pub(crate) mod unix;

use crate::{
    cred::{CredSecurity, Scoped},
    domain::Domain,
    kapi::{denial::AuditData, inode::Inode, path::Path},
    log,
    policy::{
        access::AccessFs,
        blame::{Blame, Blocker},
        mode::Mode,
        open::FileType,
        request::Request,
    },
    walk,
};

use kernel::{
    error::code::{EACCES, EPERM},
    prelude::*,
};

/// Returns the type of a file.
fn file_type(inode: &Inode) -> FileType {
    FileType::from_mode(inode.mode(), inode.device())
}

/// Checks `requested` on the file hierarchy that contains `path`. Fails with [`EACCES`].
fn check(cred: &CredSecurity, domain: &Domain, path: &Path, requested: AccessFs) -> Result {
    let request = Request {
        required: requested,
        optional: AccessFs::empty(),
    };

    match walk::verdict(domain, path, request) {
        Ok(_) => Ok(()),
        Err(blame) => deny_at(cred, blame, path),
    }
}

/// Logs the denial of a request about the file at `path`. Fails with [`EACCES`], unless the layer is
/// permissive.
#[cold]
fn deny_at(cred: &CredSecurity, blame: Blame, path: &Path) -> Result {
    deny(cred, blame, AuditData::Path(path, path.dentry()), EACCES)
}

/// Logs the denial of a request about `data`. Fails with `error`, unless the layer is permissive.
fn deny(cred: &CredSecurity, blame: Blame, data: AuditData<'_>, error: Error) -> Result {
    match log::denial(cred, blame, data) {
        Mode::Enforcing => Err(error),
        Mode::Permissive => Ok(()),
    }
}

/// Checks that a task with the credentials `client`, restricted by `scoped`, may act on a task with
/// the credentials `server`, which `data` describes. Fails with [`EPERM`], and logs the denial.
fn check_scope<'a>(
    client: &CredSecurity,
    scoped: &Scoped<'_>,
    server: &CredSecurity,
    data: impl FnOnce() -> AuditData<'a>,
) -> Result {
    if scoped.is_within(server) {
        return Ok(());
    }
    let blame = Blame::layer(scoped.layer_to_blame(server), Blocker::Scope(scoped.scope));

    deny(client, blame, data(), EPERM)
}
