// SPDX-License-Identifier: GPL-2.0-only

//! Rulesets behind file descriptors.

use crate::{
    kapi::fd::{FdType, HeldPayload, Payload, Use},
    ruleset::Ruleset,
};

use kernel::{c_str, ffi::c_int, prelude::*};

static RULESET_FD: FdType<Ruleset> = FdType::new(c_str!("[landlock-ruleset]"));

/// Installs a descriptor for `ruleset`.
pub(super) fn install(ruleset: Payload<Ruleset>) -> Result<c_int> {
    RULESET_FD.install(ruleset)
}

/// Returns the ruleset behind `fd`, to add rules to it.
///
/// Fails with `EBADF`, `EBADFD`, or with `EPERM` if it was not opened for writing.
pub(super) fn get_writable(fd: c_int) -> Result<HeldPayload<Ruleset>> {
    RULESET_FD.get(fd, Use::Write)
}

/// Returns the ruleset behind `fd`, to enforce it.
///
/// Fails with `EBADF`, `EBADFD`, or with `EPERM` if it was not opened for reading.
pub(super) fn get_readable(fd: c_int) -> Result<HeldPayload<Ruleset>> {
    RULESET_FD.get(fd, Use::Read)
}
