// SPDX-License-Identifier: GPL-2.0-only

//! KUnit tests that need more than the `kernel` crate has for them.
//!
//! C header: [`include/kunit/test.h`](srctree/include/kunit/test.h)

use super::shim::safe;

/// Marks the current test as skipped if Landlock is not enabled, and so has no blobs. Returns whether
/// it did: the test has to return then.
pub(crate) fn skip_if_disabled() -> bool {
    safe::landlock_rs_skip_if_disabled()
}
