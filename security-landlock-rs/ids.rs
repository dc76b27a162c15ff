// SPDX-License-Identifier: GPL-2.0-only

//! Rank 2: identifiers of domains and rulesets.
#![forbid(unsafe_code)]

use crate::{kapi::random, policy::id};

use kernel::sync::atomic::{Atomic, Relaxed};

/// The next identifier, or 0 before the first one.
static NEXT: Atomic<u64> = Atomic::new(0);

/// Returns an identifier that nothing else has, and that is not 0.
pub(crate) fn next() -> u64 {
    if NEXT.load(Relaxed) == 0 {
        // Whoever is second finds it set.
        let _ = NEXT.cmpxchg(0, id::first(random::u32()), Relaxed);
    }
    NEXT.fetch_add(id::step(random::u8()), Relaxed)
}
