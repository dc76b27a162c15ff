// SPDX-License-Identifier: GPL-2.0-only

//! Internet sockets.
//!
//! C header: [`include/net/sock.h`](srctree/include/net/sock.h)

use super::{
    address::SockAddr,
    shim::{self, impl_from_raw},
};

use kernel::{bindings, types::Opaque};

/// Wraps the kernel's `struct sock`.
///
/// # Invariants
///
/// A reference to this type proves that somebody counts a reference to the socket.
#[repr(transparent)]
pub(crate) struct Sock(Opaque<bindings::sock>);

impl_from_raw! {
    /// `ptr` must be valid, and somebody must hold a reference to it for `'a`.
    Sock of sock
}

impl Sock {
    pub(super) fn as_ptr(&self) -> *mut bindings::sock {
        self.0.get()
    }

    /// Returns the family of the socket now. Only from IPv6 to IPv4 may it change.
    pub(crate) fn family(&self) -> u16 {
        // SAFETY: By the type invariants. C reads it once, as it does itself without the lock.
        unsafe { shim::landlock_rs_sk_family(self.0.get()) }
    }

    /// Returns whether the socket is one of TCP, but not of what is built upon it, as MPTCP.
    pub(crate) fn is_tcp(&self) -> bool {
        // SAFETY: By the type invariants. The type and the protocol of a socket do not change.
        unsafe { shim::landlock_rs_sk_is_tcp(self.0.get()) }
    }

    /// Returns whether the socket is one of UDP, but not of UDP-Lite.
    pub(crate) fn is_udp(&self) -> bool {
        // SAFETY: As above.
        unsafe { shim::landlock_rs_sk_is_udp(self.0.get()) }
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
