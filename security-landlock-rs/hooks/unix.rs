// SPDX-License-Identifier: GPL-2.0-only

//! Connections and messages to UNIX sockets.

use crate::{
    kapi::{
        cred,
        unix::{LockedUnixSock, UnixSock},
    },
    policy::{
        access::{Scope, Scopes},
        scope,
    },
    subject::CredState,
};

use kernel::prelude::*;

/// Checks that the current task may connect to `server`. Runs in atomic context.
pub(crate) fn unix_stream_connect(cred: &CredState, server: &LockedUnixSock) -> Result {
    check_abstract(cred, server)
}

/// Checks that the current task may send to `server`, be it one message or all to come. Runs in
/// atomic context.
///
/// A socket that is connected already may send: it was checked then.
pub(crate) fn unix_may_send(
    cred: &CredState,
    client: &UnixSock,
    server: &LockedUnixSock,
) -> Result {
    if client.is_connected_to(server) {
        return Ok(());
    }
    check_abstract(cred, server)
}

/// Checks that the current task may reach `server`, if its address is an abstract one. A server
/// is in the domain of who made the socket; the kernel, for one, is in none and not limited.
fn check_abstract(cred: &CredState, server: &LockedUnixSock) -> Result {
    let Some(domain) = cred.domain_handling(Scopes::from(Scope::AbstractUnixSocket)) else {
        return Ok(());
    };
    if !scope::is_abstract(server.sun_path()) {
        return Ok(());
    }
    match server.cred() {
        Some(server) => super::check_scope(domain, cred::blob(server), Scope::AbstractUnixSocket),
        None => Ok(()),
    }
}
