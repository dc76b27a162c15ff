// SPDX-License-Identifier: GPL-2.0-only

//! The three system calls of Landlock ABI 11, which no crate knows yet.

#![allow(unsafe_code)]

use std::io;
use std::mem::size_of;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use landlock_uapi::rule;
use libc::{SYS_landlock_add_rule, SYS_landlock_create_ruleset, SYS_landlock_restrict_self};

/// What a ruleset handles: `struct landlock_ruleset_attr`.
#[repr(C)]
#[derive(Default)]
pub struct Handled {
    fs: u64,
    net: u64,
    scoped: u64,
    quiet_fs: u64,
    quiet_net: u64,
    quiet_scoped: u64,
}

impl Handled {
    /// Handles rights on files, rights on ports, and scopes.
    pub fn new(fs: u64, net: u64, scoped: u64) -> Self {
        Self {
            fs,
            net,
            scoped,
            ..Self::default()
        }
    }
}

/// `struct landlock_path_beneath_attr`.
#[repr(C, packed)]
struct PathBeneath {
    allowed: u64,
    parent: i32,
}

/// `struct landlock_net_port_attr`.
#[repr(C)]
struct NetPort {
    allowed: u64,
    port: u64,
}

/// A ruleset.
pub struct Ruleset(OwnedFd);

impl Ruleset {
    /// Makes a ruleset without rules.
    pub fn create(handled: &Handled) -> io::Result<Self> {
        let size = size_of::<Handled>();
        // SAFETY: The kernel only reads `size` bytes from the struct, which lives until it returns.
        let fd = check(unsafe { libc::syscall(SYS_landlock_create_ruleset, handled, size, 0) })?;
        // SAFETY: The system call returned a new descriptor, which nothing else closes.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Allows `allowed` beneath `parent`.
    pub fn allow_beneath(&self, parent: impl AsFd, allowed: u64) -> io::Result<()> {
        let parent = parent.as_fd().as_raw_fd();
        self.add(rule::PATH_BENEATH, &PathBeneath { allowed, parent })
    }

    /// Allows `allowed` on `port`.
    pub fn allow_port(&self, port: u16, allowed: u64) -> io::Result<()> {
        let port = port.into();
        self.add(rule::NET_PORT, &NetPort { allowed, port })
    }

    /// Adds a rule; `rule` is the struct that belongs to `kind`.
    fn add<T>(&self, kind: u32, rule: &T) -> io::Result<()> {
        let fd = self.0.as_raw_fd();
        // SAFETY: The kernel only reads the struct of this kind, which lives until it returns.
        check(unsafe { libc::syscall(SYS_landlock_add_rule, fd, kind, rule, 0) }).map(|_| ())
    }

    /// Enforces the ruleset on the calling thread.
    pub fn restrict_self(&self) -> io::Result<()> {
        let fd = self.0.as_raw_fd();
        // SAFETY: No pointer is passed.
        check(unsafe { libc::syscall(SYS_landlock_restrict_self, fd, 0) }).map(|_| ())
    }
}

/// Converts what a system call returned.
fn check(result: libc::c_long) -> io::Result<libc::c_int> {
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(result as libc::c_int)
}
