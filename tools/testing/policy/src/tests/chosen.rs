// SPDX-License-Identifier: GPL-2.0-only

//! Tables with keys chosen to make searches long.

use super::support::*;
use crate::policy::{
    access::AccessFs,
    rule::{Key, Multiplier, Shape},
};

use proptest::prelude::*;

/// Ports are keys from 1 to this one.
const LAST_PORT: u64 = 1 << 16;

/// How many keys an attacker that knew the multiplier would have.
const CHOSEN: usize = 4000;

/// What a search may take besides its first step, on average over all rules of a table. One and a
/// half is what random keys take in a table of which a fourth is free; half as much again is never
/// seen with [`CHOSEN`] keys, and keys that work take hundreds.
const MEAN: usize = 3;

/// What all searches together may take besides: chance has a say in small tables.
const SLACK: usize = 256;

/// What the longest search may take; one hundred is usual for [`CHOSEN`] keys.
const LONGEST: usize = 500;

/// Steps that searches in a table take besides the first one.
#[derive(Debug)]
struct Steps {
    all: usize,
    longest: usize,
}

/// Adds rules for `keys` to a table with `multiplier`, and measures searches for all of them.
fn steps(keys: &[Key], multiplier: Multiplier) -> Steps {
    let mut rules = Rules::with(keys.len(), 1, multiplier);

    for key in keys {
        assert_eq!(rules.insert(*key, 0, AccessFs::FILE), Some(true));
    }
    let (shape, slots) = (rules.shape, rules.slots());
    let occupied = rules.words.chunks_exact(2).enumerate();
    let steps = occupied.filter_map(|(slot, words)| {
        let key = Key::new(words[0])?;
        Some((slot + slots - shape.home(key)) % slots)
    });
    let steps: Vec<_> = steps.collect();

    assert_eq!(steps.len(), keys.len());
    Steps {
        all: steps.iter().sum(),
        longest: steps.into_iter().max().expect("there is a key"),
    }
}

/// Fails if searches for `keys` take long in a table with `multiplier`.
fn assert_short(keys: &[Key], multiplier: Multiplier) -> Result<(), TestCaseError> {
    let steps = steps(keys, multiplier);

    prop_assert!(steps.all <= MEAN * keys.len() + SLACK, "{steps:?}");
    prop_assert!(steps.longest <= LONGEST, "{steps:?}");
    Ok(())
}

/// The multiplier of a table, which is secret.
fn any_multiplier() -> impl Strategy<Value = Multiplier> {
    any::<u64>().prop_map(Multiplier::new)
}

/// Returns the keys `first`, `first + distance`, and so on.
fn progression(first: u64, distance: u64, count: u64) -> Vec<Key> {
    let key = |index| first.wrapping_add(distance.wrapping_mul(index));

    (0..count)
        .filter_map(|index| Key::new(key(index)))
        .collect()
}

/// Returns the ports whose searches start first of all in a table with `multiplier`.
fn chosen_for(multiplier: Multiplier) -> Vec<Key> {
    let large = Shape::new(1 << 24, index(0), multiplier).expect("that is not too many");

    chosen_by(|key| large.home(key))
}

/// Returns the ports that `place` puts first.
fn chosen_by<T: Ord>(place: impl Fn(Key) -> T) -> Vec<Key> {
    let ports = progression(1, 1, LAST_PORT);
    let mut placed: Vec<_> = ports.into_iter().map(|key| (place(key), key)).collect();
    let (first, ..) = placed.select_nth_unstable(CHOSEN);

    first.iter().map(|(_, key)| *key).collect()
}

/// What the hash of this module was before multipliers were random.
fn former_hash(key: Key) -> u64 {
    key.get().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
}

#[test]
fn keys_chosen_for_the_multiplier_take_long() {
    let multiplier = Multiplier::new(0x0123_4567_89ab_cdef);
    let steps = steps(&chosen_for(multiplier), multiplier);

    // The other tests of this file could tell.
    assert!(steps.all > 100 * MEAN * CHOSEN, "{steps:?}");
}

proptest! {
    #[test]
    fn ports_chosen_for_another_multiplier_are_spread(
        known in any_multiplier(),
        multiplier in any_multiplier(),
    ) {
        prop_assume!(known != multiplier);
        assert_short(&chosen_for(known), multiplier)?;
    }

    #[test]
    fn ports_chosen_for_the_former_hash_are_spread(multiplier in any_multiplier()) {
        assert_short(&chosen_by(former_hash), multiplier)?;
    }

    #[test]
    fn ports_in_any_progression_are_spread(
        multiplier in any_multiplier(),
        first in 1..=1024u64,
        shift in 0..16u32,
    ) {
        let distance = 1 << shift;
        let count = (LAST_PORT - first) / distance + 1;

        assert_short(&progression(first, distance, count.min(20_000)), multiplier)?;
    }

    #[test]
    fn ports_that_agree_in_some_bits_are_spread(
        multiplier in any_multiplier(),
        mask in any::<u16>(),
        bits in any::<u16>(),
    ) {
        let mut keys = progression(1, 1, LAST_PORT);

        keys.retain(|key| (key.get() - 1) & u64::from(mask) == u64::from(bits & mask));
        assert_short(&keys, multiplier)?;
    }

    /// Slab objects of any size, and objects of any power of two, within 64 GiB.
    #[test]
    fn addresses_are_spread(
        multiplier in any_multiplier(),
        first in (0..1u64 << 34).prop_map(|offset| (0xffff_8880_0000_0000 + offset * 8) | 1),
        distance in prop_oneof![
            (1..2048u64).prop_map(|words| 8 * words),
            (3..24u32).prop_map(|shift| 1 << shift),
        ],
        count in 1..4096u64,
    ) {
        assert_short(&progression(first, distance, count), multiplier)?;
    }
}
