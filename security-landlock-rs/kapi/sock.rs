// SPDX-License-Identifier: GPL-2.0-only

//! Internet sockets.
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

declare_safe! { shim:
    /// Loads the family once, as C does itself without the lock.
    fn landlock_rs_sk_family(sock: &Sock) -> u16;
    /// Looks at the family, the type and the protocol.
    fn landlock_rs_sk_is_tcp(sock: &Sock) -> bool;
    /// Looks at the family, the type and the protocol.
    fn landlock_rs_sk_is_udp(sock: &Sock) -> bool;
}

impl Sock {
    /// Returns the family of the socket now. Only from IPv6 to IPv4 may it change.
    pub(crate) fn family(&self) -> u16 {
        landlock_rs_sk_family(self)
    }

    /// Returns whether the socket is one of TCP, but not of what is built upon it, as MPTCP.
    pub(crate) fn is_tcp(&self) -> bool {
        landlock_rs_sk_is_tcp(self)
    }

    /// Returns whether the socket is one of UDP, but not of UDP-Lite.
    pub(crate) fn is_udp(&self) -> bool {
        landlock_rs_sk_is_udp(self)
    }

    /// Returns whether an internet socket is bound to a local port. May sleep.
    pub(crate) fn is_bound(&self) -> bool {
        // SAFETY: By the type invariants. Hooks are called without the lock of the socket.
        unsafe { shim::landlock_rs_sk_local_port(self.0.get()) != 0 }
    }
}

/// A message that is about to be sent.
pub(crate) struct Message<'a> {
    /// Where it is sent to, if that is said.
    pub(crate) address: Option<SockAddr<'a>>,
    /// Whether it opens a connection (`MSG_FASTOPEN`).
    pub(crate) is_fast_open: bool,
}
