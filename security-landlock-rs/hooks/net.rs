// SPDX-License-Identifier: GPL-2.0-only

//! Binding and connecting internet sockets, and sending from unconnected ones.

use crate::{
    cred::CredSecurity,
    domain::Domain,
    kapi::{
        address::SockAddr,
        denial::{AuditData, Named},
        sock::{Message, Protocol, Sock, UdpSock},
    },
    log,
    policy::{
        access::{AccessNet, AccessNetRight},
        address::{self, Family, Meaning, Port, SocketAction, Transport, MEANINGFUL_SIZE},
        blame::Blame,
        unfulfilled::Unfulfilled,
    },
};

use kernel::{
    error::code::{EACCES, EAFNOSUPPORT, EINVAL},
    prelude::*,
};

/// Returns the transport protocol, which determines the rights.
fn transport(protocol: &Protocol<'_>) -> Transport {
    match protocol {
        Protocol::Tcp => Transport::Tcp,
        Protocol::Udp(_) => Transport::Udp,
    }
}

/// Checks that `sock` may be bound to `address`.
pub(crate) fn socket_bind(cred: &CredSecurity, sock: &Sock, address: &SockAddr<'_>) -> Result {
    match sock.protocol() {
        Some(protocol) => check(
            cred,
            sock,
            address,
            SocketAction::bind(transport(&protocol)),
        ),
        None => Ok(()),
    }
}

/// Checks that `sock` may be connected to `address`.
pub(crate) fn socket_connect(cred: &CredSecurity, sock: &Sock, address: &SockAddr<'_>) -> Result {
    let Some(protocol) = sock.protocol() else {
        return Ok(());
    };
    check(
        cred,
        sock,
        address,
        SocketAction::connect(transport(&protocol)),
    )?;

    match protocol {
        Protocol::Udp(udp) if address::connecting_binds(&address.copy::<MEANINGFUL_SIZE>()) => {
            check_autobind(cred, sock, udp)
        }
        _ => Ok(()),
    }
}

/// Checks that `sock` may send `message`, which may first connect or autobind it.
pub(crate) fn socket_sendmsg(cred: &CredSecurity, sock: &Sock, message: &Message<'_>) -> Result {
    match (sock.protocol(), &message.address) {
        (Some(Protocol::Tcp), Some(address)) if message.is_fast_open => {
            check(cred, sock, address, SocketAction::ConnectTcp)
        }
        (Some(Protocol::Udp(udp)), Some(address)) => {
            check(cred, sock, address, SocketAction::SendUdp)?;
            check_autobind(cred, sock, udp)
        }
        (Some(Protocol::Udp(udp)), None) => check_autobind(cred, sock, udp),
        _ => Ok(()),
    }
}

/// Checks that a UDP socket may be autobound, unless it is bound already. Fails with [`EACCES`].
fn check_autobind(cred: &CredSecurity, sock: &Sock, udp: &UdpSock) -> Result {
    let right = AccessNet::from(AccessNetRight::BindUdp);

    match cred.domain_handling(right) {
        Some(domain) if !udp.is_bound() => {
            let family = sock.family();
            let left = unfulfilled(domain, Port::AUTOBIND, right);

            conclude(
                cred,
                domain,
                left,
                AuditData::Address(sock, family, Named::Chosen(family)),
            )
        }
        _ => Ok(()),
    }
}

/// Checks `action` with `address`, if a layer handles the right.
///
/// Fails with the error of the network stack for a bad address, or with [`EACCES`].
fn check(cred: &CredSecurity, sock: &Sock, address: &SockAddr<'_>, action: SocketAction) -> Result {
    let right = AccessNet::from(action.right());
    let Some(domain) = cred.domain_handling(right) else {
        return Ok(());
    };

    let family = sock.family();
    let bytes = address.copy::<MEANINGFUL_SIZE>();
    let left = match address::meaning(action, Family::new(family), &bytes) {
        Meaning::Unrestricted => return Ok(()),
        Meaning::Invalid => return Err(EINVAL),
        Meaning::WrongFamily => return Err(EAFNOSUPPORT),
        Meaning::Ambiguous => domain.unfulfilled(right),
        Meaning::Port(port) => unfulfilled(domain, port, right),
    };
    conclude(
        cred,
        domain,
        left,
        AuditData::Address(sock, family, Named::Said(address)),
    )
}

/// Returns what `domain` denies of `requested` on `port`.
fn unfulfilled(domain: &Domain, port: Port, requested: AccessNet) -> Unfulfilled<AccessNet> {
    let mut left = domain.unfulfilled(requested);

    if let Some(grants) = domain.rule_for_port(port) {
        log::match_on_port(domain, &left, port, grants);
        left.grant(grants);
    }
    left
}

/// Fails with [`EACCES`], and logs the denial, if something is left of a request about `data`.
fn conclude(
    cred: &CredSecurity,
    domain: &Domain,
    left: Unfulfilled<AccessNet>,
    data: AuditData<'_>,
) -> Result {
    match Blame::for_port(&left) {
        None => Ok(()),
        Some(youngest) => deny(cred, domain, &left, youngest, data),
    }
}

/// Denies what is left of a request about `data`, by the `youngest` of the layers, unless modes say
/// otherwise.
#[cold]
fn deny(
    cred: &CredSecurity,
    domain: &Domain,
    left: &Unfulfilled<AccessNet>,
    youngest: Blame,
    data: AuditData<'_>,
) -> Result {
    let layers = domain.layers();
    let blame = match layers.has_permissive() {
        true => Blame::for_port(&left.to_blame(layers)).unwrap_or(youngest),
        false => youngest,
    };

    super::deny(cred, blame, data, EACCES)
}
