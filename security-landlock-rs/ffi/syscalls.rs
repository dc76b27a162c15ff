// SPDX-License-Identifier: GPL-2.0-only

//! Entries of the system calls.

use super::assert_declared;
use crate::{
    kapi::shim,
    syscalls::{add_rule, create_ruleset, restrict_self},
};

use core::ffi::c_void;
use kernel::{
    ffi::{c_int, c_long},
    prelude::*,
    uaccess::UserPtr,
};

assert_declared!(
    landlock_rs_add_rule(_, _, _, _),
    landlock_rs_create_ruleset(_, _, _),
    landlock_rs_restrict_self(_, _),
);

/// Converts the answer of a system call to its return value.
fn answer(result: Result<c_int>) -> c_long {
    let (Ok(value) | Err(value)) = result.map_err(|error| error.to_errno());

    // CAST: `c_long` is at least as wide as `c_int`.
    value as c_long
}

/// Enters [`create_ruleset::create_ruleset`].
#[no_mangle]
extern "C" fn landlock_rs_create_ruleset(
    attr: *const shim::landlock_ruleset_attr,
    size: usize,
    flags: u32,
) -> c_long {
    let attr = UserPtr::from_ptr(attr.cast_mut().cast());

    answer(create_ruleset::create_ruleset(attr, size, flags))
}

/// Enters [`add_rule::add_rule`].
#[no_mangle]
extern "C" fn landlock_rs_add_rule(
    ruleset_fd: c_int,
    rule_type: shim::landlock_rule_type,
    rule_attr: *const c_void,
    flags: u32,
) -> c_long {
    let attr = UserPtr::from_ptr(rule_attr.cast_mut());

    answer(add_rule::add_rule(ruleset_fd, rule_type, attr, flags).map(|()| 0))
}

/// Enters [`restrict_self::restrict_self`].
#[no_mangle]
extern "C" fn landlock_rs_restrict_self(ruleset_fd: c_int, flags: u32) -> c_long {
    answer(restrict_self::restrict_self(ruleset_fd, flags).map(|()| 0))
}
