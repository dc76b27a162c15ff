// SPDX-License-Identifier: GPL-2.0-only

//! The types that lie in the blobs of the kernel.

use crate::{
    cred::CredSecurity,
    file::{FileSecurity, FownSubject},
    kapi::{
        blob::{CredBlob, FileBlob, OwnerCell},
        release::Releases,
        shim,
    },
    object::InodeSecurity,
};

use core::ffi::c_void;
use kernel::{bindings, prelude::*};

// SAFETY: This is the only implementation. The size is checked below, and the members where the
// type is.
unsafe impl CredBlob for CredSecurity {}

// SAFETY: As above. `FileSecurity::sender()` returns a member.
unsafe impl FileBlob for FileSecurity {
    type Owner = FownSubject;

    fn owner(&self) -> &OwnerCell<FownSubject> {
        self.sender()
    }
}

static_assert!(size_of::<CredSecurity>() <= size_of::<shim::landlock_rs_cred>());
static_assert!(align_of::<CredSecurity>() <= align_of::<*const c_void>());
static_assert!(size_of::<FileSecurity>() <= size_of::<shim::landlock_rs_file>());
static_assert!(align_of::<FileSecurity>() <= align_of::<*const c_void>());
static_assert!(size_of::<InodeSecurity>() <= size_of::<shim::landlock_rs_inode>());
static_assert!(align_of::<InodeSecurity>() <= align_of::<*const c_void>());
static_assert!(size_of::<Releases>() <= size_of::<shim::landlock_rs_superblock>());
static_assert!(align_of::<Releases>() <= align_of::<*const c_void>());
// `shim/helpers.c` waits for it.
static_assert!(size_of::<Releases>() == size_of::<bindings::atomic_long_t>());
static_assert!(align_of::<Releases>() == align_of::<bindings::atomic_long_t>());
