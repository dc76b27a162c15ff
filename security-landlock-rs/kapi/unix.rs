// SPDX-License-Identifier: GPL-2.0-only

//! UNIX sockets.
//!
//! C header: [`include/net/af_unix.h`](srctree/include/net/af_unix.h)

use super::{
    shim,
    wrapper::{declare_safe, wrapper},
};

use core::{ops::Deref, slice};
use kernel::{bindings, cred::Credential, ffi::c_char, types::NotThreadSafe};

wrapper! {
    /// Wraps the kernel's `struct sock`, of the family `AF_UNIX`, which embeds it in a
    /// `struct unix_sock`.
    ///
    /// # Invariants
    ///
    /// A reference to this type proves that somebody counts a reference to the socket, and that the
    /// socket is a UNIX socket.
    pub(crate) struct UnixSock(sock);
}

wrapper! {
    /// A UNIX socket whose state is locked.
    ///
    /// # Invariants
    ///
    /// A reference to this type proves what one to [`UnixSock`] does, and that the state lock of
    /// the socket is held.
    pub(crate) struct LockedUnixSock(sock);
}

declare_safe! { shim:
    /// Takes a lock, which C never frees before the socket.
    fn landlock_rs_unix_state_lock(sock: &UnixSock);
    /// Loads a pointer once.
    fn landlock_rs_unix_peer(sock: &UnixSock) -> *const bindings::sock;
    /// Looks at what the lock guards, and returns a pointer.
    fn landlock_rs_unix_cred(sock: &LockedUnixSock) -> *const bindings::cred;
    /// Returns a pointer into the address, which the socket keeps, and writes the length.
    fn landlock_rs_unix_path(sock: &LockedUnixSock, len: &mut usize) -> *const c_char;
}

impl UnixSock {
    /// Locks the state: meanwhile the socket is not closed.
    ///
    /// The lock is a spinlock. Lock order: nothing of this module nests inside.
    pub(crate) fn lock(&self) -> StateGuard<'_> {
        landlock_rs_unix_state_lock(self);

        // INVARIANT: The lock was just taken.
        StateGuard {
            sock: self,
            _not_send: NotThreadSafe,
        }
    }

    /// Returns whether the peer of this socket is `other`, at this moment at least.
    pub(crate) fn is_connected_to(&self, other: &Self) -> bool {
        core::ptr::eq(landlock_rs_unix_peer(self), other.as_ptr())
    }
}

impl LockedUnixSock {
    /// Returns the credentials with which the socket was opened.
    ///
    /// There are none if the socket is closed, or if the kernel uses it without a file.
    pub(crate) fn cred(&self) -> Option<&Credential> {
        let cred = landlock_rs_unix_cred(self).cast::<Credential>();

        // SAFETY: `unix_release_sock()` takes the lock, which is held for as long as `self` is
        // borrowed, and marks the socket dead, before its file is freed, which has a reference to
        // the credentials and never changes them. `Credential` is transparent.
        unsafe { cred.as_ref() }
    }

    /// Returns the bytes of the address, none if there is no address.
    pub(crate) fn sun_path(&self) -> &[u8] {
        let mut len = 0;
        let path = landlock_rs_unix_path(self, &mut len);

        if path.is_null() {
            return &[];
        }
        // SAFETY: An address has that many bytes. It does not change once the socket has it, and
        // stays as long as the socket.
        unsafe { slice::from_raw_parts(path.cast(), len) }
    }
}

impl Deref for LockedUnixSock {
    type Target = UnixSock;

    fn deref(&self) -> &UnixSock {
        // SAFETY: By the type invariants.
        unsafe { UnixSock::from_raw(self.as_ptr()) }
    }
}

/// The state lock of a UNIX socket, held by this task until the value is dropped.
///
/// # Invariants
///
/// The lock is held, and this value is the only one that releases it.
pub(crate) struct StateGuard<'a> {
    sock: &'a UnixSock,
    /// Spinlocks are released by the task that took them.
    _not_send: NotThreadSafe,
}

impl Deref for StateGuard<'_> {
    type Target = LockedUnixSock;

    fn deref(&self) -> &LockedUnixSock {
        // SAFETY: By the type invariants, the lock is held for as long as the guard lives.
        unsafe { LockedUnixSock::from_raw(self.sock.as_ptr()) }
    }
}

impl Drop for StateGuard<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariants, the lock is held, and this value releases it.
        unsafe { shim::landlock_rs_unix_state_unlock(self.sock.as_ptr()) };
    }
}
