// SPDX-License-Identifier: GPL-2.0-only

//! The version of the ABI that user space sees, and the extensions: parameters of the module.
//!
//! C header: [`include/linux/moduleparam.h`](srctree/include/linux/moduleparam.h)

use super::shim;
use crate::policy::abi::{Abi, Extensions};

/// Returns what user space may name.
pub(crate) fn current() -> &'static Abi {
    // SAFETY: `shim/abi.c` sets both before there is a hook or a system call, and nothing changes
    // them later.
    let (version, extensions) = unsafe { (shim::landlock_rs_abi, shim::landlock_rs_extensions) };
    let extensions = match extensions {
        false => Extensions::Off,
        true => Extensions::On,
    };

    Abi::of(version, extensions)
}
