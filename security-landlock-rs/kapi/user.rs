// SPDX-License-Identifier: GPL-2.0-only

//! Copying structures from user space.
//!
//! C header: [`include/linux/uaccess.h`](srctree/include/linux/uaccess.h)

use super::shim;

use kernel::{
    error::{
        code::{E2BIG, EFAULT, EINVAL},
        to_result,
    },
    page::PAGE_SIZE,
    prelude::*,
    uaccess::{UserPtr, UserSlice},
};

/// Copies a structure of 64-bit members that may grow with new ABI versions.
///
/// User space passes `size` bytes. Members that it does not pass are zero; what it passes beyond
/// the `known` members, which are at most `N`, must be zero.
///
/// Fails with [`EFAULT`] for a null or bad pointer, [`EINVAL`] for less than `min` members, and
/// [`E2BIG`] for more than a page or for a tail that is not zero, in this order.
pub(crate) fn copy_members<const N: usize>(
    from: UserPtr,
    size: usize,
    min: usize,
    known: usize,
) -> Result<[u64; N]> {
    if from.as_const_ptr().is_null() {
        return Err(EFAULT);
    }
    if size < min.saturating_mul(size_of::<u64>()) {
        return Err(EINVAL);
    }
    if size > PAGE_SIZE {
        return Err(E2BIG);
    }

    let mut to = [0u64; N];
    let known = known.min(N).wrapping_mul(size_of::<u64>());
    // SAFETY: `to` is valid for writes of its size, and `known` is no more than that; any bytes are
    // valid integers.
    to_result(unsafe {
        shim::landlock_rs_copy_struct(to.as_mut_ptr().cast(), known, from.as_const_ptr(), size)
    })?;
    Ok(to)
}

/// Copies `N` bytes. Fails with [`EFAULT`].
pub(crate) fn copy_bytes<const N: usize>(from: UserPtr) -> Result<[u8; N]> {
    UserSlice::new(from, N).reader().read()
}
