// SPDX-License-Identifier: GPL-2.0-only

//! Random numbers.
//!
//! C header: [`include/linux/random.h`](srctree/include/linux/random.h)

use kernel::bindings;

/// Returns 64 random bits.
pub(crate) fn u64() -> u64 {
    // SAFETY: Can be called from any context.
    unsafe { bindings::get_random_u64() }
}

/// Returns 32 random bits.
pub(crate) fn u32() -> u32 {
    // SAFETY: Can be called from any context.
    unsafe { bindings::get_random_u32() }
}

/// Returns 8 random bits.
pub(crate) fn u8() -> u8 {
    // SAFETY: Can be called from any context.
    unsafe { bindings::get_random_u8() }
}
