// SPDX-License-Identifier: GPL-2.0-only

//! Entries of the hooks of internet sockets.

use super::{answer, assert_declared, state, Cred};
use crate::{
    hooks,
    kapi::{
        address::SockAddr,
        sock::{Message, Sock},
    },
};

use kernel::{
    bindings,
    error::code::EINVAL,
    ffi::{c_int, c_uint},
};

assert_declared!(
    landlock_rs_socket_bind,
    landlock_rs_socket_connect,
    landlock_rs_socket_sendmsg,
);

/// Defines the entry of a hook that needs the socket and the address.
macro_rules! address_entry {
    ($($entry:ident => $hook:ident),+ $(,)?) => {
        $(
            #[doc = concat!("Enters [`hooks::net::", stringify!($hook), "`].")]
            ///
            /// # Safety
            ///
            /// `cred` must be the blob of the current credentials, `sk` valid, and `address` valid
            /// for reads of `addrlen` bytes.
            #[no_mangle]
            unsafe extern "C" fn $entry(
                cred: *const Cred,
                sk: *mut bindings::sock,
                address: *const bindings::sockaddr,
                addrlen: c_int,
            ) -> c_int {
                // SAFETY: By the safety contract.
                let (cred, sock) = unsafe { (state(&cred), Sock::from_raw(sk)) };
                // SAFETY: By the safety contract.
                let address = unsafe { SockAddr::from_raw(address, addrlen) };

                // The socket layer always passes an address.
                answer(address.ok_or(EINVAL).and_then(|a| hooks::net::$hook(cred, sock, &a)))
            }
        )+
    };
}

address_entry!(
    landlock_rs_socket_bind => socket_bind,
    landlock_rs_socket_connect => socket_connect,
);

/// Enters [`hooks::net::socket_sendmsg`].
///
/// # Safety
///
/// `cred` must be the blob of the current credentials, `sk` valid, and `address` null or valid for
/// reads of `addrlen` bytes.
#[no_mangle]
unsafe extern "C" fn landlock_rs_socket_sendmsg(
    cred: *const Cred,
    sk: *mut bindings::sock,
    address: *const bindings::sockaddr,
    addrlen: c_int,
    flags: c_uint,
) -> c_int {
    // SAFETY: By the safety contract.
    let (cred, sock) = unsafe { (state(&cred), Sock::from_raw(sk)) };
    let message = Message {
        // SAFETY: By the safety contract.
        address: unsafe { SockAddr::from_raw(address, addrlen) },
        is_fast_open: flags & bindings::MSG_FASTOPEN != 0,
    };

    answer(hooks::net::socket_sendmsg(cred, sock, &message))
}
