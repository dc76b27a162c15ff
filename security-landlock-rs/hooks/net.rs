// SPDX-License-Identifier: GPL-2.0-only

//! Binding and connecting of internet sockets.

use crate::{
    domain::Domain,
    kapi::{
        address::SockAddr,
        sock::{Message, Sock},
    },
    policy::{
        access::AccessNet,
        address::{self, Action, Meaning, Port, Transport},
        verdict::Verdict,
    },
    subject::CredState,
};

use kernel::{
    error::code::{EACCES, EAFNOSUPPORT, EINVAL},
    prelude::*,
};

/// Checks that `sock` may be bound to `address`.
pub(crate) fn socket_bind(cred: &CredState, sock: &Sock, address: &SockAddr<'_>) -> Result {
    match sock.transport() {
        Some(transport) => check(cred, sock, address, Action::bind(transport)),
        None => Ok(()),
    }
}

/// Checks that `sock` may be connected to `address`.
pub(crate) fn socket_connect(cred: &CredState, sock: &Sock, address: &SockAddr<'_>) -> Result {
    match sock.transport() {
        Some(transport) => check(cred, sock, address, Action::connect(transport)),
        None => Ok(()),
    }
}

/// Checks that `sock` may send `message`, which may connect it first.
pub(crate) fn socket_sendmsg(cred: &CredState, sock: &Sock, message: &Message<'_>) -> Result {
    match (sock.transport(), &message.address) {
        (Some(Transport::Tcp), Some(address)) if message.is_fast_open => {
            check(cred, sock, address, Action::ConnectTcp)
        }
        _ => Ok(()),
    }
}

/// Checks `action` with `address`, if a layer handles the right.
///
/// Fails with the error that the network stack has for a bad address, or with [`EACCES`].
fn check(cred: &CredState, sock: &Sock, address: &SockAddr<'_>, action: Action) -> Result {
    let right = AccessNet::from(action.right());
    let Some(domain) = cred.domain_handling(right) else {
        return Ok(());
    };

    let verdict = match address::meaning(action, sock.family(), &address.copy()) {
        Meaning::Unrestricted => return Ok(()),
        Meaning::Invalid => return Err(EINVAL),
        Meaning::WrongFamily => return Err(EAFNOSUPPORT),
        Meaning::Port(port) => verdict(domain, port, right),
    };
    match verdict {
        Verdict::Allow => Ok(()),
        Verdict::Deny(_) => Err(EACCES),
    }
}

/// Decides whether `domain` allows `requested` on `port`.
fn verdict(domain: &Domain, port: Port, requested: AccessNet) -> Verdict<AccessNet> {
    let mut left = domain.unfulfilled(requested);

    if let Some(grants) = domain.rule_for_port(port) {
        left.grant(grants);
    }
    left.into()
}
