// SPDX-License-Identifier: GPL-2.0-only

//! Rank 4: one function per hook of the LSM framework, with the name of the hook.
//!
//! `shim/hooks.c` has already left when the credentials have no domain, but where said otherwise.
#![forbid(unsafe_code)]

pub(crate) mod cred;
pub(crate) mod file;
pub(crate) mod inode;
pub(crate) mod mount;
pub(crate) mod net;
pub(crate) mod owner;
pub(crate) mod path;
pub(crate) mod ptrace;
pub(crate) mod refer;
pub(crate) mod signal;
pub(crate) mod superblock;
pub(crate) mod unix;

use crate::{
    domain::Domain,
    kapi::{log::Object, path::Path},
    log,
    policy::{
        access::{AccessFs, Scope, Scopes},
        blame::{Blame, Blocker},
        layer::Unfulfilled,
    },
    subject::CredState,
    walk,
};

use kernel::{
    error::code::{EACCES, EPERM},
    prelude::*,
};

/// Checks `requested` on the file hierarchy that contains `path`. Fails with [`EACCES`].
fn check(cred: &CredState, domain: &Domain, path: &Path, requested: AccessFs) -> Result {
    let left = walk::unfulfilled(domain, path, requested);

    conclude(cred, left, Object::Path(path, path.dentry()))
}

/// Fails with [`EACCES`], and logs that, if something is left of a request about `object`.
fn conclude(cred: &CredState, left: Unfulfilled<AccessFs>, object: Object<'_>) -> Result {
    match Blame::for_file(&left) {
        None => Ok(()),
        Some(blame) => {
            log::denial(cred, blame, object);
            Err(EACCES)
        }
    }
}

/// Checks that a task with the credentials `client` and the domain `domain` may act on one with the
/// credentials `server`, in the way that `scope` limits. Fails with [`EPERM`], and logs that.
fn check_scope(
    client: &CredState,
    domain: &Domain,
    server: &CredState,
    scope: Scope,
    object: Object<'_>,
) -> Result {
    match domain.denial_on(server.domain(), Scopes::from(scope)) {
        None => Ok(()),
        Some(denial) => {
            let blame = Blame::layer(denial.layer, Blocker::Scope(scope));

            log::denial(client, blame, object);
            Err(EPERM)
        }
    }
}
