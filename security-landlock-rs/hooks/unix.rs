// SPDX-License-Identifier: GPL-2.0-only

//! Connections and messages to UNIX sockets.

use crate::{
    cred::CredSecurity,
    kapi::{
        cred,
        denial::AuditData,
        path::Path,
        unix::{LockedUnixSock, UnixSock},
    },
    policy::{
        access::{AccessFs, AccessFsRight, Scope},
        blame::Blame,
        scope,
    },
    walk,
};

use kernel::prelude::*;

/// Checks that the current task may connect to `server`. Runs in atomic context.
pub(crate) fn unix_stream_connect(cred: &CredSecurity, server: &LockedUnixSock) -> Result {
    check_abstract(cred, server)
}

/// Checks that the current task may send to `server`, a single message or after connecting. Runs in
/// atomic context.
///
/// A socket that is already connected may send: that was checked when it was connected.
pub(crate) fn unix_may_send(
    cred: &CredSecurity,
    client: &UnixSock,
    server: &LockedUnixSock,
) -> Result {
    if client.is_connected_to(server) {
        return Ok(());
    }
    check_abstract(cred, server)
}

/// Checks that the current task may reach `server`, if that has an abstract address. A server is in
/// the domain of the task that created the socket; sockets of the kernel are in none.
fn check_abstract(cred: &CredSecurity, server: &LockedUnixSock) -> Result {
    let Some(server_cred) = server.cred() else {
        return Ok(());
    };
    let server_cred: &CredSecurity = cred::blob(server_cred);
    if cred.shares_domain(server_cred) {
        return Ok(());
    }
    let Some(scoped) = cred.scoped(Scope::AbstractUnixSocket) else {
        return Ok(());
    };
    if !scope::is_abstract(server.sun_path()) {
        return Ok(());
    }

    super::check_scope(cred, &scoped, server_cred, || {
        AuditData::Peer(server, server_cred.domain_id())
    })
}

/// What a socket is looked up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// The current task connects, or sends.
    Task,
    /// The kernel sends a core dump of the current task to where the administrator wants it.
    Coredump,
}

/// Checks that the current task may reach `server`, which it found at `path`. May sleep.
///
/// For each layer, either the server is in it as well, or a rule must grant
/// [`AccessFsRight::ResolveUnix`]. A server that was closed concurrently is allowed: the caller
/// takes the lock, finds it closed, and looks for another one at the same path.
pub(crate) fn unix_find(
    cred: &CredSecurity,
    path: &Path,
    server: &UnixSock,
    lookup: Lookup,
) -> Result {
    let right = AccessFs::from(AccessFsRight::ResolveUnix);
    if lookup == Lookup::Coredump {
        return Ok(());
    }
    let Some(domain) = cred.domain_handling(right) else {
        return Ok(());
    };
    let left = {
        let server = server.lock();
        let Some(server) = server.cred() else {
            return Ok(());
        };
        let server: &CredSecurity = cred::blob(server);

        domain.unfulfilled_on(server.domain(), right)
    };

    let left = walk::grant(domain, path, left);
    if left.is_fulfilled() {
        return Ok(());
    }

    match Blame::for_file(&left.to_blame(domain.layers())) {
        None => Ok(()),
        Some(blame) => super::deny_at(cred, blame, path),
    }
}
