// SPDX-License-Identifier: GPL-2.0-only

//! The types that lie in the blobs of the kernel.

use crate::{
    file_state::{FileState, Sender},
    kapi::{
        blob::{CredBlob, FileBlob, OwnerCell},
        release::Releases,
        shim,
    },
    object::InodeState,
    subject::CredState,
};

use core::ffi::c_void;
use kernel::{bindings, prelude::*};

// SAFETY: This is the only implementation. The size is checked below, and the members where the
// type is.
unsafe impl CredBlob for CredState {}

// SAFETY: As above. `FileState::sender()` returns a member.
unsafe impl FileBlob for FileState {
    type Owner = Sender;

    fn owner(&self) -> &OwnerCell<Sender> {
        self.sender()
    }
}

static_assert!(size_of::<CredState>() <= size_of::<shim::landlock_rs_cred>());
static_assert!(align_of::<CredState>() <= align_of::<*const c_void>());
static_assert!(size_of::<FileState>() <= size_of::<shim::landlock_rs_file>());
static_assert!(align_of::<FileState>() <= align_of::<*const c_void>());
static_assert!(size_of::<InodeState>() <= size_of::<shim::landlock_rs_inode>());
static_assert!(align_of::<InodeState>() <= align_of::<*const c_void>());
static_assert!(size_of::<Releases>() <= size_of::<shim::landlock_rs_superblock>());
static_assert!(align_of::<Releases>() <= align_of::<*const c_void>());
// `shim/helpers.c` waits for it.
static_assert!(size_of::<Releases>() == size_of::<bindings::atomic_long_t>());
static_assert!(align_of::<Releases>() == align_of::<bindings::atomic_long_t>());
