// SPDX-License-Identifier: GPL-2.0-only

//! Sockets, in particular those of TCP and UDP.
//!
//! C header: [`include/net/sock.h`](srctree/include/net/sock.h)

use super::{
    address::SockAddr,
    shim,
    wrapper::{declare_safe, wrapper},
};

wrapper! {
    /// Wraps the kernel's `struct sock`.
    ///
    /// # Invariants
    ///
    /// A reference to this type proves that somebody counts a reference to the socket.
    pub(crate) struct Sock(sock);
}

wrapper! {
    /// Wraps the kernel's `struct sock`, of UDP over IPv4 or IPv6, which embeds it in a
    /// `struct inet_sock`.
    ///
    /// # Invariants
    ///
    /// A reference to this type proves that somebody counts a reference to the socket, and that the
    /// socket is one of UDP, which never changes.
    pub(crate) struct UdpSock(sock);
}

declare_safe! { shim:
    /// Loads the family once, as C does itself without the lock.
    fn landlock_rs_sk_family(sock: &Sock) -> u16;
    /// Looks at the family, the type and the protocol.
    fn landlock_rs_sk_transport(sock: &Sock) -> shim::landlock_rs_transport;
    /// Takes the lock of the socket, and looks at its port, which each internet socket has. Sleeps.
    fn landlock_rs_sk_local_port(sock: &UdpSock) -> u16;
}

/// A protocol that Landlock has rights for.
pub(crate) enum Protocol<'a> {
    /// TCP, but not what is built on it, such as MPTCP.
    Tcp,
    /// UDP, but not UDP-Lite.
    Udp(&'a UdpSock),
}

impl Sock {
    /// Returns the current family of the socket. It may only change from IPv6 to IPv4.
    pub(crate) fn family(&self) -> u16 {
        landlock_rs_sk_family(self)
    }

    /// Returns the protocol of the socket, if it is one of these.
    pub(crate) fn protocol(&self) -> Option<Protocol<'_>> {
        match landlock_rs_sk_transport(self) {
            shim::landlock_rs_transport_LANDLOCK_RS_TCP => Some(Protocol::Tcp),
            // SAFETY: By the type invariants. Type and protocol of a socket do not change, and its
            // family does only within those of the internet.
            shim::landlock_rs_transport_LANDLOCK_RS_UDP => unsafe {
                Some(Protocol::Udp(UdpSock::from_raw(self.as_ptr())))
            },
            _ => None,
        }
    }
}

impl UdpSock {
    /// Returns whether the socket is bound to a local port. May sleep.
    pub(crate) fn is_bound(&self) -> bool {
        landlock_rs_sk_local_port(self) != 0
    }
}

/// A message that is about to be sent.
pub(crate) struct Message<'a> {
    /// The destination, if it has one.
    pub(crate) address: Option<SockAddr<'a>>,
    /// Whether it opens a connection (`MSG_FASTOPEN`).
    pub(crate) is_fast_open: bool,
}
