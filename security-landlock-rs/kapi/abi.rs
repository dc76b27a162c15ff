// SPDX-License-Identifier: GPL-2.0-only

//! The version of the ABI that user space sees, a parameter of the module.
//!
//! C header: [`include/linux/moduleparam.h`](srctree/include/linux/moduleparam.h)

use super::shim;
use crate::policy::abi::Abi;

/// Returns what user space may name.
pub(crate) fn current() -> &'static Abi {
    let version = &raw const shim::landlock_rs_abi;

    // SAFETY: `shim/abi.c` sets the number before there is a hook or a system call, and nothing
    // changes it later.
    Abi::of(unsafe { *version })
}
