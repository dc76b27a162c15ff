// SPDX-License-Identifier: GPL-2.0-only

//! Rank 2: identifiers of domains and rulesets.
#![forbid(unsafe_code)]

use crate::{kapi::random, policy::numbering};

use kernel::sync::atomic::{Atomic, Relaxed};

/// The next identifier, or 0 before the first one.
static NEXT: Atomic<u64> = Atomic::new(0);

/// Returns an identifier that nothing else has, and that is not 0.
pub(crate) fn next() -> u64 {
    take(&NEXT, random::u32, random::u8())
}

/// Takes the next identifier of `counter`, which starts at a number that `start` chooses.
fn take(counter: &Atomic<u64>, start: impl FnOnce() -> u32, step: u8) -> u64 {
    if counter.load(Relaxed) == 0 {
        // The second caller finds it set.
        let _ = counter.cmpxchg(0, numbering::first(start()), Relaxed);
    }
    counter.fetch_add(numbering::step(step), Relaxed)
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_ids)]
mod tests {
    use super::*;

    #[test]
    fn counter_starts_once() {
        let counter = Atomic::new(0);

        assert_eq!(take(&counter, || 0, 0), numbering::first(0));
        assert_eq!(take(&counter, || u32::MAX, 0), numbering::first(0) + 1);
    }

    #[test]
    fn random_part_of_a_step_is_at_most_fifteen() {
        for (random, step) in [(0, 1), (1, 2), (15, 16), (16, 1)] {
            let counter = Atomic::new(7);

            assert_eq!(take(&counter, || 0, random), 7);
            assert_eq!(take(&counter, || 0, 0), 7 + step);
        }
    }
}
