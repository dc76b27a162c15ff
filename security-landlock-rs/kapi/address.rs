// SPDX-License-Identifier: GPL-2.0-only

//! Socket addresses.
//!
//! C header: [`include/linux/socket.h`](srctree/include/linux/socket.h)

use core::{marker::PhantomData, ops::Deref, ptr::NonNull};
use kernel::{bindings, ffi::c_int};

/// An address that the kernel has copied from user space: `struct sockaddr`, of the length that
/// user space passed.
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
        // INVARIANT: By the safety contract. A negative length, which the socket layer refuses, is
        // that of an address without bytes.
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

        // SAFETY: By the type invariants, the source is valid for `self.len` bytes, and `len`
        // exceeds neither that nor the size of the destination, which is a new variable: they do
        // not overlap.
        unsafe { core::ptr::copy_nonoverlapping(self.bytes.as_ptr(), bytes.as_mut_ptr(), len) };
        Copied { bytes, len }
    }
}

/// The first bytes of an address, or fewer if it is shorter.
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
