// SPDX-License-Identifier: GPL-2.0-only

//! UNIX sockets.
//!
//! C header: [`include/net/af_unix.h`](srctree/include/net/af_unix.h)

use super::shim::{self, impl_from_raw};

use core::ops::Deref;
use kernel::{
    bindings,
    cred::Credential,
    types::{NotThreadSafe, Opaque},
};

/// Wraps the kernel's `struct sock`, of the family `AF_UNIX`.
///
/// # Invariants
///
/// A reference to this type proves that somebody counts a reference to the socket.
#[repr(transparent)]
pub(crate) struct UnixSock(Opaque<bindings::sock>);

impl_from_raw! {
    /// `ptr` must be a UNIX socket, and somebody must hold a reference to it for `'a`.
    UnixSock of sock
}

impl UnixSock {
    /// Locks the state: meanwhile the socket is not closed.
    ///
    /// The lock is a spinlock. Lock order: nothing of this module nests inside.
    pub(crate) fn lock(&self) -> StateGuard<'_> {
        // SAFETY: By the type invariants. The guard unlocks.
        unsafe { shim::landlock_rs_unix_state_lock(self.0.get()) };

        // INVARIANT: The lock was just taken.
        StateGuard {
            sock: self,
            _not_send: NotThreadSafe,
        }
    }

    /// Returns whether the peer of this socket is `other`, at this moment at least.
    pub(crate) fn is_connected_to(&self, other: &Self) -> bool {
        // SAFETY: By the type invariants. The peer is compared, and never looked into.
        let peer = unsafe { shim::landlock_rs_unix_peer(self.0.get()) };

        core::ptr::eq(peer, other.0.get())
    }
}

/// A UNIX socket whose state is locked.
///
/// # Invariants
///
/// A reference to this type proves that the state lock of the socket is held.
#[repr(transparent)]
pub(crate) struct LockedUnixSock(UnixSock);

impl_from_raw! {
    /// As for [`UnixSock::from_raw`]; and the caller must hold the state lock for `'a`.
    LockedUnixSock of sock
}

impl LockedUnixSock {
    pub(super) fn as_ptr(&self) -> *mut bindings::sock {
        self.0 .0.get()
    }

    /// Returns the credentials with which the socket was opened.
    ///
    /// There are none if the socket is closed, or if the kernel uses it without a file.
    pub(crate) fn cred(&self) -> Option<&Credential> {
        // SAFETY: By the type invariants, the lock is held.
        let cred = unsafe { shim::landlock_rs_unix_cred(self.0 .0.get()) };

        // SAFETY: Closing the socket takes the lock, which is held for as long as `self` is
        // borrowed, before it gives the file up, whose credentials these are. `Credential` is
        // transparent.
        unsafe { cred.cast::<Credential>().as_ref() }
    }

    /// Returns the bytes of the address, none if there is no address.
    pub(crate) fn sun_path(&self) -> &[u8] {
        let mut len = 0;
        // SAFETY: By the type invariants.
        let path = unsafe { shim::landlock_rs_unix_path(self.0 .0.get(), &mut len) };

        if path.is_null() {
            return &[];
        }
        // SAFETY: An address has that many bytes. It does not change once the socket has it, and
        // stays as long as the socket.
        unsafe { core::slice::from_raw_parts(path.cast(), len) }
    }
}

impl Deref for LockedUnixSock {
    type Target = UnixSock;

    fn deref(&self) -> &UnixSock {
        &self.0
    }
}

/// The state lock of a UNIX socket, held by this task until the value is dropped.
///
/// # Invariants
///
/// The lock is held, and this value is the only one that releases it.
pub(crate) struct StateGuard<'a> {
    sock: &'a UnixSock,
    /// Spinlocks are released by who took them.
    _not_send: NotThreadSafe,
}

impl Deref for StateGuard<'_> {
    type Target = LockedUnixSock;

    fn deref(&self) -> &LockedUnixSock {
        // SAFETY: By the type invariants, the lock is held for as long as the guard lives.
        unsafe { LockedUnixSock::from_raw(self.sock.0.get()) }
    }
}

impl Drop for StateGuard<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariants.
        unsafe { shim::landlock_rs_unix_state_unlock(self.sock.0.get()) };
    }
}
