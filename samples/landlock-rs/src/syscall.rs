// SPDX-License-Identifier: GPL-2.0-only

//! What the `landlock` crate does not know yet: ABI 11.

#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use libc::{c_long, SYS_landlock_create_ruleset, SYS_landlock_restrict_self};

/// `LANDLOCK_CREATE_RULESET_VERSION`.
const VERSION: c_long = 1;

/// Returns the ABI version of the running kernel.
pub fn abi() -> io::Result<u32> {
    let none: c_long = 0;
    // SAFETY: The kernel reads no memory, as the pointer is null and the size is 0.
    let abi = unsafe { libc::syscall(SYS_landlock_create_ruleset, none, none, VERSION) };
    u32::try_from(abi).map_err(|_| io::Error::last_os_error())
}

/// Enforces `ruleset` on this thread, with flags of `landlock_uapi::restrict`.
pub fn restrict_self(ruleset: BorrowedFd<'_>, flags: u64) -> io::Result<()> {
    let fd = c_long::from(ruleset.as_raw_fd());
    // SAFETY: No pointer is passed.
    match unsafe { libc::syscall(SYS_landlock_restrict_self, fd, flags) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
