// SPDX-License-Identifier: GPL-2.0-only

//! Addresses of sockets.
//!
//! C header: [`include/linux/socket.h`](srctree/include/linux/socket.h)

use core::{marker::PhantomData, ops::Deref, ptr::NonNull};
use kernel::{bindings, ffi::c_int};

/// An address of user space, which the kernel has copied already: `struct sockaddr`, as long as
/// user space says.
///
/// # Invariants
///
/// `bytes` is valid for reads of `len` initialised bytes for `'a`.
pub(crate) struct SockAddr<'a> {
    bytes: NonNull<u8>,
    len: usize,
    _lifetime: PhantomData<&'a [u8]>,
}

impl SockAddr<'_> {
    /// Wraps an address of C; returns [`None`] if there is none.
    ///
    /// # Safety
    ///
    /// `ptr` must be null, or valid for reads of `len` initialised bytes for `'a`.
    pub(crate) unsafe fn from_raw(ptr: *const bindings::sockaddr, len: c_int) -> Option<Self> {
        // INVARIANT: By the safety contract. A negative length, which the socket layer refuses,
        // makes an address without bytes.
        Some(Self {
            bytes: NonNull::new(ptr.cast_mut().cast())?,
            len: usize::try_from(len).unwrap_or(0),
            _lifetime: PhantomData,
        })
    }

    pub(super) fn as_ptr(&self) -> *const bindings::sockaddr {
        self.bytes.as_ptr().cast()
    }

    /// Returns the length as C has it.
    pub(super) fn raw_len(&self) -> c_int {
        c_int::try_from(self.len).unwrap_or(c_int::MAX)
    }

    /// Copies the first `SIZE` bytes of the address.
    pub(crate) fn copy<const SIZE: usize>(&self) -> Copied<SIZE> {
        let len = self.len.min(SIZE);
        let mut bytes = [0; SIZE];

        // SAFETY: By the type invariants, and because `len` does not exceed either side. The copy
        // on the stack is not part of the address.
        unsafe { core::ptr::copy_nonoverlapping(self.bytes.as_ptr(), bytes.as_mut_ptr(), len) };
        Copied { bytes, len }
    }
}

/// The first bytes of an address, or less if it is shorter.
pub(crate) struct Copied<const SIZE: usize> {
    bytes: [u8; SIZE],
    len: usize,
}

impl<const SIZE: usize> Deref for Copied<SIZE> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }
}
