// SPDX-License-Identifier: GPL-2.0-only

//! Random numbers.
//!
//! C header: [`include/linux/random.h`](srctree/include/linux/random.h)

use super::wrapper::declare_safe;

use kernel::bindings;

declare_safe! { bindings:
    /// Can be called from any context.
    fn get_random_u64() -> u64;
    /// Can be called from any context.
    fn get_random_u32() -> u32;
    /// Can be called from any context.
    fn get_random_u8() -> u8;
}

/// Returns 64 random bits.
pub(crate) fn u64() -> u64 {
    get_random_u64()
}

/// Returns 32 random bits.
pub(crate) fn u32() -> u32 {
    get_random_u32()
}

/// Returns 8 random bits.
pub(crate) fn u8() -> u8 {
    get_random_u8()
}
