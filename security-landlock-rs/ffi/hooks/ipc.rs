// SPDX-License-Identifier: GPL-2.0-only

//! Entries of the hooks for what tasks do to each other: signals and UNIX sockets.

use super::{answer, assert_declared, state, Cred};
use crate::{
    file_state::FileState,
    hooks::{self, signal::Sender, unix::Lookup},
    kapi::{
        fowner::{FileOwner, FileOwnerMut},
        path::Path,
        shim,
        unix::{LockedUnixSock, UnixSock},
    },
};

use core::ptr::NonNull;
use kernel::{bindings, ffi::c_int, task::Task};

assert_declared!(
    landlock_rs_file_free_security,
    landlock_rs_file_send_sigiotask,
    landlock_rs_file_set_fowner,
    landlock_rs_task_kill,
    landlock_rs_unix_find,
    landlock_rs_unix_may_send,
    landlock_rs_unix_stream_connect,
);

/// Enters [`hooks::signal::task_kill`].
///
/// # Safety
///
/// `cred` must be the blob of the current credentials, or of others that stay during the call and
/// come with `is_deferred`; `target` must be valid.
#[no_mangle]
unsafe extern "C" fn landlock_rs_task_kill(
    cred: *const Cred,
    is_deferred: bool,
    target: *mut bindings::task_struct,
    signal: c_int,
) -> c_int {
    let sender = match is_deferred {
        false => Sender::Current,
        true => Sender::Deferred,
    };
    // SAFETY: By the safety contract; `Task` is transparent.
    let (cred, target) = unsafe { (state(&cred), &*target.cast::<Task>()) };

    answer(hooks::signal::task_kill(cred, sender, target, signal))
}

/// Enters [`hooks::owner::file_set_fowner`].
///
/// # Safety
///
/// `cred` must be the blob of the current credentials, `owner` that of a file, locked for writing.
#[no_mangle]
unsafe extern "C" fn landlock_rs_file_set_fowner(
    cred: *const Cred,
    owner: *mut bindings::fown_struct,
) {
    let Some(owner) = NonNull::new(owner) else {
        return;
    };
    // SAFETY: By the safety contract.
    let (cred, owner) = unsafe { (state(&cred), FileOwnerMut::from_raw(owner)) };

    hooks::owner::file_set_fowner(cred, owner);
}

/// Enters [`hooks::owner::file_send_sigiotask`].
///
/// # Safety
///
/// `owner` must be that of a file, locked for reading; `target` must be valid.
#[no_mangle]
unsafe extern "C" fn landlock_rs_file_send_sigiotask(
    owner: *mut bindings::fown_struct,
    target: *mut bindings::task_struct,
    signal: c_int,
) -> c_int {
    // No signal stands for the usual one.
    let signal = match signal {
        0 => bindings::SIGIO as c_int,
        _ => signal,
    };
    // SAFETY: By the safety contract; `Task` is transparent.
    let (owner, target) = unsafe { (FileOwner::from_raw(owner), &*target.cast::<Task>()) };

    answer(hooks::owner::file_send_sigiotask(owner, target, signal))
}

/// Enters [`hooks::owner::file_free_security`].
///
/// # Safety
///
/// `blob` must be the blob of a file that nobody uses any more.
#[no_mangle]
unsafe extern "C" fn landlock_rs_file_free_security(blob: *mut shim::landlock_rs_file) {
    // SAFETY: By the safety contract, this is the only reference.
    hooks::owner::file_free_security(unsafe { &mut *blob.cast::<FileState>() });
}

/// Enters [`hooks::unix::unix_stream_connect`].
///
/// # Safety
///
/// `cred` must be the blob of the current credentials, `server` a UNIX socket whose state is
/// locked.
#[no_mangle]
unsafe extern "C" fn landlock_rs_unix_stream_connect(
    cred: *const Cred,
    server: *mut bindings::sock,
) -> c_int {
    // SAFETY: By the safety contract.
    let (cred, server) = unsafe { (state(&cred), LockedUnixSock::from_raw(server)) };

    answer(hooks::unix::unix_stream_connect(cred, server))
}

/// Enters [`hooks::unix::unix_may_send`].
///
/// # Safety
///
/// `cred` must be the blob of the current credentials, `client` and `server` UNIX sockets, the
/// state of `server` locked.
#[no_mangle]
unsafe extern "C" fn landlock_rs_unix_may_send(
    cred: *const Cred,
    client: *mut bindings::sock,
    server: *mut bindings::sock,
) -> c_int {
    // SAFETY: By the safety contract.
    let (cred, client) = unsafe { (state(&cred), UnixSock::from_raw(client)) };
    // SAFETY: By the safety contract.
    let server = unsafe { LockedUnixSock::from_raw(server) };

    answer(hooks::unix::unix_may_send(cred, client, server))
}

/// Enters [`hooks::unix::unix_find`].
///
/// # Safety
///
/// `cred` must be the blob of the current credentials, `path` valid, `server` a UNIX socket.
#[no_mangle]
unsafe extern "C" fn landlock_rs_unix_find(
    cred: *const Cred,
    path: *const bindings::path,
    server: *mut bindings::sock,
    flags: c_int,
) -> c_int {
    // CAST: the flag is a small constant.
    let lookup = match flags & bindings::SOCK_COREDUMP as c_int {
        0 => Lookup::Task,
        _ => Lookup::Coredump,
    };
    // SAFETY: By the safety contract.
    let (cred, path) = unsafe { (state(&cred), Path::from_raw(path)) };
    // SAFETY: By the safety contract.
    let server = unsafe { UnixSock::from_raw(server) };

    answer(hooks::unix::unix_find(cred, path, server, lookup))
}
