// SPDX-License-Identifier: GPL-2.0-only

//! Messages: headers that refer to other memory.

use std::os::fd::RawFd;

use super::last_error;

/// Sends four bytes to each of `addresses` with one call; returns how many were sent, or the
/// negative error. An empty address is none.
pub fn send_many(socket: RawFd, addresses: &[Vec<u8>], flags: i32) -> i32 {
    let mut data = *b"data";
    let mut part = libc::iovec {
        iov_base: data.as_mut_ptr().cast(),
        iov_len: data.len(),
    };
    let message = |address: &Vec<u8>| {
        // SAFETY: All zeros are a header: one with nothing in it.
        let mut message: libc::mmsghdr = unsafe { std::mem::zeroed() };
        if !address.is_empty() {
            message.msg_hdr.msg_name = address.as_ptr().cast_mut().cast();
            message.msg_hdr.msg_namelen = address.len() as u32;
        }
        message.msg_hdr.msg_iov = &raw mut part;
        message.msg_hdr.msg_iovlen = 1;
        message
    };
    let mut messages: Vec<libc::mmsghdr> = addresses.iter().map(message).collect();
    let count = messages.len() as u32;
    // SAFETY: `messages` has as many headers; they point to `part` and to `addresses`, which the
    // kernel only reads.
    let sent = unsafe { libc::sendmmsg(socket, messages.as_mut_ptr(), count, flags as _) };
    if sent < 0 { -last_error() } else { sent }
}
