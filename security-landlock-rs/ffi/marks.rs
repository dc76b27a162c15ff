// SPDX-License-Identifier: GPL-2.0-only

//! The names of marks, for the directory that `shim/marks.c` creates for them.

use super::assert_declared;
use crate::kapi::mark;

use core::ptr;
use kernel::ffi::c_char;

assert_declared!(landlock_rs_mark_name(_));

/// Returns the name of the mark with the number `index`, or null after the last one.
#[no_mangle]
extern "C" fn landlock_rs_mark_name(index: usize) -> *const c_char {
    mark::NAMES
        .get(index)
        .map_or(ptr::null(), |name| name.as_ptr().cast())
}
