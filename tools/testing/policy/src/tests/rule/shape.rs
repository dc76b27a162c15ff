// SPDX-License-Identifier: GPL-2.0-only

//! Sizes of tables: how many slots and words there are, and how many rules they have room for.

use super::ANY;
use crate::policy::rule::{Key, Multiplier, Shape, Table, TooManyRules};
use crate::tests::support::*;

use proptest::prelude::*;

#[test]
fn slot_is_a_key_and_a_word_for_two_layers() {
    for layers in 1..=LAYERS {
        let shape = Shape::new(0, index(layers - 1), ANY).unwrap();

        assert_eq!(shape.words(), Ok(1 + layers.div_ceil(2)), "{layers} layers");
    }
}

#[test]
fn first_table_is_one_for_one_rule() {
    assert_eq!(Shape::new(1, index(0), Multiplier::FIXED), Ok(Shape::FIRST));
}

#[test]
fn table_for_some_rules_has_room_for_each_of_them() {
    for rules in 0..3000 {
        let shape = Shape::new(rules, index(0), ANY).unwrap();

        assert!((0..rules).all(|present| shape.has_room(present)), "{rules}");
    }
}

#[test]
fn fourth_of_the_slots_stays_free() {
    for room in 0..200 {
        let rules = Rules::new(room, 1);
        let slots = rules.slots();

        for present in 0..=2 * slots {
            let would_stay_free = slots.saturating_sub(present + 1);
            let is_a_fourth = would_stay_free * 4 >= slots && present < slots;

            assert_eq!(
                rules.shape.has_room(present),
                is_a_fourth,
                "{present} in {slots}"
            );
        }
    }
}

#[test]
fn table_is_not_larger_than_it_needs_to_be() {
    for room in 0..200 {
        let slots = Rules::new(room, 1).slots();

        assert!(slots > room, "a search needs a free slot");
        assert!(
            slots <= room + room / 3 + 1,
            "{slots} slots for {room} rules"
        );
    }
}

#[test]
fn table_fills_the_words_that_there_are() {
    for layers in 1..=LAYERS {
        let shape = Shape::new(10, index(layers - 1), ANY).unwrap();
        let (needed, slot) = (shape.words().unwrap(), 1 + layers.div_ceil(2));

        for words in 0..needed + 3 * slot {
            let filling = shape.filling(words);
            let filled = needed.max(words - words % slot);

            assert_eq!(
                filling.words(),
                Ok(filled),
                "{layers} layers, {words} words"
            );
            assert_eq!(filling.slots() * slot, filled);
        }
    }
}

#[test]
fn there_is_no_room_for_more_rules_than_can_be_counted() {
    let shape = Shape::new(1000, index(15), ANY).unwrap();

    for present in [
        usize::MAX,
        usize::MAX - 1,
        usize::MAX / 3,
        usize::MAX / 3 + 1,
    ] {
        assert!(!shape.has_room(present), "{present}");
    }
}

#[test]
fn slots_are_counted_with_32_bits() {
    const LAST: usize = 3_221_225_471;
    let largest = Shape::new(LAST, index(0), ANY).unwrap();

    assert_eq!(largest.words(), Ok(2 * u32::MAX as usize));
    assert!(largest.has_room(LAST - 1));
    for rules in [
        LAST + 1,
        LAST + 2,
        usize::MAX / 3 * 2,
        usize::MAX - 1,
        usize::MAX,
    ] {
        for layers in 1..=LAYERS {
            assert_eq!(
                Shape::new(rules, index(layers - 1), ANY),
                Err(TooManyRules),
                "{rules}"
            );
        }
    }
}

#[test]
fn search_in_the_largest_table_stays_within_its_words() {
    let shape = Shape::new(3_221_225_471, index(15), ANY).unwrap();

    for key in (0..64)
        .map(|bit| Key::new(1 << bit).unwrap())
        .chain([Key::MAX])
    {
        assert!(Table::new(shape, &[0; 9]).find(key).is_none());
    }
}

proptest! {
    /// The upper half of a product, of which the first one's halves are folded upon each other.
    #[test]
    fn search_starts_where_plain_arithmetic_says(
        number in 1..=u64::MAX,
        random: u64,
        room in 0..2_000_000_000usize,
    ) {
        const HALF: u128 = 1 << 32;
        let shape = Shape::new(room, index(0), Multiplier::new(random)).unwrap();
        let multiply = |factor: u128| factor * u128::from(random | 1) % (HALF * HALF);
        let product = multiply(number.into());
        let hash = multiply(product ^ (product / HALF)) / HALF;

        let home = shape.home(Key::new(number).unwrap());
        prop_assert_eq!(home as u128, hash * shape.slots() as u128 / HALF);
    }

    #[test]
    fn shape_is_refused_as_soon_as_its_slots_need_more_than_32_bits(
        rules in prop_oneof![any::<usize>(), 3_221_225_000..3_221_226_000usize],
        layers in 1..=LAYERS,
    ) {
        // A third of a slot more for each rule, rounded up.
        let slots = (4 * rules as u128).div_ceil(3).max(1);
        let words = slots * (1 + layers.div_ceil(2) as u128);
        let shape = Shape::new(rules, index(layers - 1), ANY);

        prop_assert_eq!(shape.is_ok(), slots <= u128::from(u32::MAX));
        if let Ok(shape) = shape {
            prop_assert_eq!(shape.words().map(|words| words as u128), Ok(words));
        }
    }
}
