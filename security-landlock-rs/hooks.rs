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
    kapi::path::Path,
    policy::{
        access::{AccessFs, Scope, Scopes},
        layer::Unfulfilled,
        verdict::Verdict,
    },
    subject::CredState,
    walk,
};

use kernel::{
    error::code::{EACCES, EPERM},
    prelude::*,
};

/// Checks `requested` on the file hierarchy that contains `path`. Fails with [`EACCES`].
fn check(domain: &Domain, path: &Path, requested: AccessFs) -> Result {
    conclude(walk::unfulfilled(domain, path, requested))
}

/// Fails with [`EACCES`] if something is left of a request.
fn conclude(left: Unfulfilled<AccessFs>) -> Result {
    match left.into() {
        Verdict::Allow => Ok(()),
        Verdict::Deny(_) => Err(EACCES),
    }
}

/// Checks that a task of `client` may act on one with the credentials `server`, in the way that
/// `scope` limits. Fails with [`EPERM`].
fn check_scope(client: &Domain, server: &CredState, scope: Scope) -> Result {
    let left = client.unfulfilled_on(server.domain(), Scopes::from(scope));

    match left.into() {
        Verdict::Allow => Ok(()),
        Verdict::Deny(_) => Err(EPERM),
    }
}
