// SPDX-License-Identifier: GPL-2.0-only

//! Arguments of hooks: the contract of each type is stated once, where it is converted.
//!
//! `shim/hook.c` passes on what the LSM framework passes to a hook; its caller holds a reference to
//! it until the hook returns.

use crate::{
    cred::CredSecurity,
    file::FileSecurity,
    kapi::{
        address::SockAddr,
        file::File,
        fowner::{FileOwner, FileOwnerMut},
        path::{Dentry, Path},
        shim,
        sock::Sock,
        superblock::Superblock,
        unix::{LockedUnixSock, UnixSock},
    },
    object::InodeSecurity,
};

use core::{ffi::c_void, marker::PhantomData, ptr::NonNull};
use kernel::{
    bindings,
    ffi::{c_int, c_uint},
    prelude::*,
    task::Task,
};

/// What stands for an argument of a hook.
pub(super) trait Passed {
    /// What C passes.
    type Raw;
}

/// An argument as a hook takes it, for no longer than the entry has that of C: `'e`.
pub(super) trait Argument<'e>: Passed + Sized {
    /// Converts what C passes.
    ///
    /// # Safety
    ///
    /// `raw` must be what the implementation says, and stay so for `'e`. An argument is converted
    /// once.
    unsafe fn from_c(raw: &'e Self::Raw) -> Self;
}

/// Implements [`Argument`] for numbers.
macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl Passed for $number {
            type Raw = Self;
        }

        impl Argument<'_> for $number {
            /// No requirement.
            #[inline]
            unsafe fn from_c(raw: &Self) -> Self {
                *raw
            }
        }
    )+};
}

numbers!(bool, bindings::umode_t, c_int, c_uint);

/// Implements [`Argument`] for what wraps a pointer.
macro_rules! pointers {
    ($($(#[$contract:meta])+ $argument:ty, $raw:ty => |$name:ident| $convert:expr;)+) => {$(
        impl<'e> Passed for $argument {
            type Raw = $raw;
        }

        impl<'e> Argument<'e> for $argument {
            $(#[$contract])+
            #[inline]
            unsafe fn from_c(raw: &'e $raw) -> Self {
                let $name = *raw;

                // SAFETY: By the safety contract.
                unsafe { $convert }
            }
        }
    )+};
}

pointers! {
    /// The blob of credentials that are neither freed nor changed: see [`crate::kapi::cred`] for
    /// when a blob is changed. It contains a [`CredSecurity`].
    &'e CredSecurity, *const shim::landlock_rs_cred => |raw| &*raw.cast();

    /// The blob of credentials that have a single user, which called the entry: nobody else has a
    /// reference to it.
    &'e mut CredSecurity, *mut shim::landlock_rs_cred => |raw| &mut *raw.cast();

    /// The blob of a file that is about to be freed. It contains a [`FileSecurity`].
    &'e mut FileSecurity, *mut shim::landlock_rs_file => |raw| &mut *raw.cast();

    /// Our part of the blob of an inode. It contains an [`InodeSecurity`].
    &'e InodeSecurity, *mut c_void => |raw| &*raw.cast();

    /// A superblock for which the current task is in `security_sb_delete()`.
    &'e Superblock, *mut bindings::super_block => |raw| Superblock::from_raw(raw);

    /// A valid path.
    &'e Path, *const bindings::path => |raw| Path::from_raw(raw);

    /// A valid directory entry, whose superblock is pinned.
    &'e Dentry, *mut bindings::dentry => |raw| Dentry::from_raw(raw);

    /// A valid open file, which another thread only reads or writes with the position locked.
    &'e File, *mut bindings::file => |raw| File::from_raw_file(raw);

    /// A valid task; [`Task`] is transparent.
    &'e Task, *mut bindings::task_struct => |raw| &*raw.cast();

    /// The owner of a file, locked for reading.
    &'e FileOwner, *mut bindings::fown_struct => |raw| FileOwner::from_raw(raw);

    /// The owner of a file, locked for writing, or null.
    Option<FileOwnerMut<'e>>, *mut bindings::fown_struct
        => |raw| NonNull::new(raw).map(|raw| FileOwnerMut::from_raw(raw));

    /// A valid socket.
    &'e Sock, *mut bindings::sock => |raw| Sock::from_raw(raw);

    /// A valid UNIX socket.
    &'e UnixSock, *mut bindings::sock => |raw| UnixSock::from_raw(raw);

    /// A valid UNIX socket whose state is locked.
    &'e LockedUnixSock, *mut bindings::sock => |raw| LockedUnixSock::from_raw(raw);
}

/// Where an address is, or null; its length is another argument.
///
/// # Invariants
///
/// Null, or valid for reads of as many bytes as that argument says, for `'e`.
pub(super) struct AddressStart<'e>(*const bindings::sockaddr, PhantomData<&'e u8>);

impl Passed for AddressStart<'_> {
    type Raw = *const bindings::sockaddr;
}

impl<'e> Argument<'e> for AddressStart<'e> {
    /// Null, or valid for reads of as many bytes as the argument after it says.
    #[inline]
    unsafe fn from_c(raw: &'e Self::Raw) -> Self {
        // INVARIANT: By the safety contract.
        Self(*raw, PhantomData)
    }
}

impl<'e> AddressStart<'e> {
    /// Returns the address, if there is one.
    ///
    /// # Safety
    ///
    /// `len` must be the argument after this one.
    pub(super) unsafe fn with_len(self, len: c_int) -> Option<SockAddr<'e>> {
        // SAFETY: By the type invariants and the safety contract.
        unsafe { SockAddr::from_raw(self.0, len) }
    }
}

/// What a hook returns.
pub(super) trait Answer {
    /// What C gets.
    type Raw;

    /// Converts the answer.
    fn into_c(self) -> Self::Raw;
}

impl Answer for () {
    type Raw = ();

    #[inline]
    fn into_c(self) {}
}

impl Answer for Result {
    type Raw = c_int;

    #[inline]
    fn into_c(self) -> c_int {
        self.err().map_or(0, |error| error.to_errno())
    }
}

/// Defines entries, and checks that `shim/landlock_rs.h` declares them so.
///
/// The arguments are converted, in their order, then comes what the hook does with them.
macro_rules! entries {
    ($(
        fn $entry:ident($($argument:ident: $type:ty),+ $(,)?) $(-> $raw:ty)? $hook:block
    )+) => {$(
        $crate::ffi::assert_declared!($entry);

        /// Enters the hook of this name.
        ///
        /// # Safety
        ///
        /// Each argument must be what [`Argument`] says for its type.
        #[no_mangle]
        unsafe extern "C" fn $entry($($argument: <$type as Passed>::Raw),+) $(-> $raw)? {
            $(
                // SAFETY: By the safety contract.
                let $argument = unsafe { <$type as Argument<'_>>::from_c(&$argument) };
            )+

            Answer::into_c($hook)
        }
    )+};
}
pub(super) use entries;
