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
pub(crate) mod path;
pub(crate) mod ptrace;
pub(crate) mod refer;
pub(crate) mod superblock;

use crate::{
    domain::Domain,
    kapi::path::Path,
    policy::{access::AccessFs, layer::Unfulfilled, verdict::Verdict},
    walk,
};

use kernel::{error::code::EACCES, prelude::*};

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
