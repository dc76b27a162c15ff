// SPDX-License-Identifier: GPL-2.0-only

//! Rank 3: what an open file remembers.
#![forbid(unsafe_code)]

use crate::{
    kapi::blob::Word,
    policy::access::{Access, AccessFs},
};

use kernel::prelude::*;

/// Our part of a file blob. All zero means: unrestricted, as files are that were opened before
/// there was a domain, or were never opened by name.
#[repr(C)]
#[derive(Zeroable)]
pub(crate) struct FileState {
    /// Rights that were denied when the file was opened, at which `shim/hooks.c` looks first.
    denied: Word,
}

impl FileState {
    /// Returns the optional rights that were denied when the file was opened.
    pub(crate) fn denied(&self) -> AccessFs {
        AccessFs::from_stored(self.denied.get())
    }

    /// Remembers the optional rights that are denied, while the file is being opened.
    pub(crate) fn deny(&self, rights: AccessFs) {
        if !rights.is_empty() {
            self.denied.set(rights.into());
        }
    }
}
