// SPDX-License-Identifier: GPL-2.0-only

//! Rule tables, against a sorted map.

mod shape;

use super::support::*;
use crate::policy::{
    access::AccessFs,
    grants::RuleFlags,
    rule::{self, Key, Multiplier, Shape, Table},
};

use proptest::{collection::vec, prelude::*};
use std::collections::{BTreeMap, BTreeSet};

/// A multiplier where it does not matter which.
const ANY: Multiplier = Multiplier::FIXED;

/// What each layer grants on each key.
type Model = BTreeMap<u64, [u32; LAYERS]>;

/// What can be done with a table.
#[derive(Debug, Clone)]
enum Step {
    /// Adds rights in one of the layers that there are.
    Extend(Key, usize, Set),
    /// Copies all rules to a table with one more layer, if there may be one more.
    Nest,
    /// Copies all rules to a table with room for that many more.
    Grow(usize),
}

/// Any key: one out of few, so that rules meet; an address; or anything.
fn any_key() -> impl Strategy<Value = Key> {
    let key = |key| Key::new(key).unwrap_or(Key::MAX);

    prop_oneof![
        4 => (1..10u64).prop_map(key),
        2 => (0..100u64).prop_map(move |object| key(0xffff_8880_0000_0000 + object * 0x40)),
        1 => any::<u64>().prop_map(key),
        1 => Just(Key::MAX),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (any_key(), 0..LAYERS, any_set())
            .prop_map(|(key, layer, granted)| Step::Extend(key, layer, granted)),
        1 => Just(Step::Nest),
        1 => (0..20usize).prop_map(Step::Grow),
    ]
}

fn extend_model(model: &mut Model, key: Key, layer: usize, granted: AccessFs) -> bool {
    let is_new = !model.contains_key(&key.get());

    model.entry(key.get()).or_default()[layer] |= u32::from(granted);
    is_new
}

/// Reads a whole table, by listing it. Each key comes once.
fn listed(table: Table<'_>) -> Model {
    let mut model = Model::new();

    for (key, grants) in table.iter() {
        let former = model.insert(key.get(), granted_per_layer(grants));
        assert_eq!(former, None, "{key:#x} is listed twice");
    }
    model
}

/// Reads the rules for some keys, by searching.
fn found(table: Table<'_>, keys: impl IntoIterator<Item = Key>) -> Model {
    keys.into_iter()
        .filter_map(|key| Some((key.get(), granted_per_layer(table.find(key)?))))
        .collect()
}

/// Keys of the model, and keys next to them, of which most are not in it.
fn keys_around(model: &Model) -> BTreeSet<Key> {
    let around = |key: &u64| [key.wrapping_sub(1), *key, key.wrapping_add(1), !key];

    model
        .keys()
        .flat_map(around)
        .chain([1, u64::MAX])
        .filter_map(Key::new)
        .collect()
}

fn assert_same(rules: &Rules, model: &Model) {
    assert_eq!(&listed(rules.table()), model);
    assert_eq!(&found(rules.table(), keys_around(model)), model);
    assert_eq!(rules.count, model.len());
}

/// Returns the slot that `key` takes in an empty table: where the search for it starts.
fn home(room: usize, key: Key) -> usize {
    let mut rules = Rules::new(room, 1);
    rules
        .insert(key, 0, AccessFs::empty())
        .expect("it is empty");

    slot_of(&rules, key)
}

/// Returns the slot in which `key` is.
fn slot_of(rules: &Rules, key: Key) -> usize {
    let mut slots = rules.words.chunks_exact(rules.words.len() / rules.slots());

    slots
        .position(|slot| slot[0] == key.get())
        .expect("it is there")
}

/// Returns keys whose search starts in the same slot of a table for `room` rules, for each slot.
fn colliding(room: usize) -> Vec<Vec<Key>> {
    let mut by_home = vec![vec![]; Rules::new(room, 1).slots()];

    for key in (1..10_000).map(|key| Key::new(key * 0x40).expect("it is not 0")) {
        by_home[home(room, key)].push(key);
    }
    by_home
}

#[test]
fn older_layer_is_the_lower_half_of_its_word() {
    let mut rules = Rules::new(0, LAYERS);
    let mut expected = vec![7];

    for layer in 0..LAYERS {
        let granted = some_right(layer);
        let bits = bits(granted);

        rules.insert(Key::new(7).unwrap(), layer, granted).unwrap();
        match layer % 2 {
            0 => expected.push(bits),
            _ => *expected.last_mut().unwrap() |= bits << 32,
        }
    }
    assert_eq!(rules.words, expected);
}

#[test]
fn every_short_sequence_in_a_small_table_finds_what_was_added() {
    const KEYS: u64 = 7;
    const ADDED: u32 = 4;

    for room in 0..3 {
        for sequence in 0..KEYS.pow(ADDED) {
            let (mut rules, mut model) = (Rules::new(room, 1), Model::new());

            for step in 0..ADDED {
                let key = Key::new(sequence / KEYS.pow(step) % KEYS + 1).unwrap();
                let granted = some_right(step as usize);

                match rules.insert(key, 0, granted) {
                    Some(is_new) => assert_eq!(extend_model(&mut model, key, 0, granted), is_new),
                    None => {
                        assert!(model.len() == rules.slots() && !model.contains_key(&key.get()))
                    }
                }
            }
            let all = (1..=KEYS).map(|key| Key::new(key).unwrap());
            assert_eq!(found(rules.table(), all), model);
            assert_eq!(listed(rules.table()), model);
        }
    }
}

#[test]
fn keys_that_collide_are_all_found() {
    for room in [1, 2, 5, 20, 40] {
        for (slot, keys) in colliding(room).into_iter().enumerate() {
            assert!(keys.len() > 2 * room, "slot {slot} of {room} has few keys");
            let (mut rules, mut model) = (Rules::new(room, 1), Model::new());

            for (position, key) in keys[..room].iter().enumerate() {
                let granted = some_right(position);

                assert_eq!(rules.insert(*key, 0, granted), Some(true));
                extend_model(&mut model, *key, 0, granted);
            }
            assert_eq!(found(rules.table(), keys), model, "slot {slot} of {room}");
            assert_eq!(listed(rules.table()), model, "slot {slot} of {room}");
        }
    }
}

#[test]
fn search_goes_on_at_the_first_slot_after_the_last_one() {
    let keys = colliding(10).pop().unwrap();
    let mut rules = Rules::new(10, 1);
    let last = rules.slots() - 1;

    for (key, slot) in keys.iter().zip([last, 0, 1]) {
        rules.insert(*key, 0, AccessFs::ALL).unwrap();
        assert_eq!(slot_of(&rules, *key), slot);
    }
}

#[test]
fn full_table_refuses_and_stays_as_it_is() {
    for room in 0..30 {
        let (mut rules, mut model) = (Rules::new(room, 3), Model::new());
        let slots = Shape::new(room, index(0), ANY).unwrap().words().unwrap() as u64 / 2;

        for key in (1..=slots).map(|key| Key::new(key).unwrap()) {
            assert_eq!(rules.insert(key, 1, AccessFs::FILE), Some(true));
            extend_model(&mut model, key, 1, AccessFs::FILE);
        }
        for key in (slots + 1..slots + 100).map(|key| Key::new(key).unwrap()) {
            assert_eq!(rules.insert(key, 2, AccessFs::ALL), None);
        }
        assert_same(&rules, &model);

        // A rule that is there can still be changed.
        let key = Key::new(slots).unwrap();
        assert_eq!(rules.insert(key, 2, AccessFs::ALL), Some(false));
        extend_model(&mut model, key, 2, AccessFs::ALL);
        assert_same(&rules, &model);
    }
}

#[test]
fn full_table_refuses_to_inherit_more() {
    let mut parent = Rules::new(4, 1);
    let mut heir = Rules::new(0, 2);

    for key in 1..=2 {
        parent.extend(Key::new(key).unwrap(), 0, AccessFs::FILE);
    }
    let copied: Vec<_> = parent
        .table()
        .iter()
        .map(|(key, grants)| rule::inherit(heir.shape, &mut heir.words, key, grants))
        .collect();
    assert_eq!(copied, [Some(()), None]);
    assert_eq!(heir.table().iter().count(), 1);
}

#[test]
fn empty_table_has_no_rule() {
    for layers in 1..=LAYERS {
        let rules = Rules::new(10, layers);

        assert_eq!(rules.table().iter().count(), 0);
        assert!(rules.find(Key::MIN).is_none() && rules.find(Key::MAX).is_none());
    }
}

#[test]
fn rule_without_rights_is_a_rule() {
    let mut rules = Rules::new(1, 1);

    assert_eq!(rules.insert(Key::MIN, 0, AccessFs::empty()), Some(true));
    assert_eq!(rules.insert(Key::MIN, 0, AccessFs::empty()), Some(false));
    assert_eq!(rules.table().iter().count(), 1);
}

#[test]
fn addresses_of_kernel_objects_are_spread() {
    const RULES: usize = 1000;

    for distance in [
        8, 16, 32, 64, 96, 128, 192, 256, 512, 600, 1024, 4096, 0x1_0000,
    ] {
        let mut rules = Rules::new(RULES, 1);
        let key = |object| Key::new(0xffff_8880_1234_5000 + object * distance).unwrap();
        let slots = rules.slots();

        for object in 0..RULES as u64 {
            rules.insert(key(object), 0, AccessFs::ALL).unwrap();
        }
        let steps = |object| {
            let key = key(object);
            (slot_of(&rules, key) + slots - home(RULES, key)) % slots
        };
        // Searching a table of which a fourth is free takes one or two steps with random keys.
        let all: usize = (0..RULES as u64).step_by(20).map(steps).sum();
        assert!(
            all < 4 * RULES / 20,
            "{all} steps for a distance of {distance}"
        );
    }
}

#[test]
fn parts_of_a_table_have_each_rule_once() {
    for room in [0, 1, 2, 7, 100] {
        for layers in [1, 2, 3, LAYERS] {
            let mut rules = Rules::new(room, layers);
            for key in 1..=room as u64 {
                rules.extend(Key::new(key).unwrap(), 0, AccessFs::ALL);
            }
            let all: Vec<_> = rules.table().iter().map(|(key, _)| key).collect();

            for slots in [1, 2, 3, 50, 1000] {
                let parts: Vec<_> = rules.table().parts(slots.try_into().unwrap()).collect();
                let in_parts = parts.iter().map(|part| part.iter().map(|(key, _)| key));

                assert!(in_parts.clone().all(|keys| keys.count() <= slots));
                assert_eq!(parts.len(), rules.slots().div_ceil(slots));
                assert_eq!(in_parts.flatten().collect::<Vec<_>>(), all);
            }
        }
    }
}

proptest! {
    #[test]
    fn any_sequence_of_steps_leaves_what_a_map_would_have(
        room in 0..6usize,
        first_layers in 1..=LAYERS,
        steps in vec(any_step(), 0..60),
    ) {
        let (mut rules, mut model) = (Rules::new(room, first_layers), Model::new());
        let mut layers = first_layers;

        for step in steps {
            match step {
                Step::Extend(key, layer, granted) => {
                    let (layer, granted) = (layer % layers, rights(&granted));

                    let is_new = rules.extend(key, layer, granted);
                    prop_assert_eq!(is_new, extend_model(&mut model, key, layer, granted));
                }
                Step::Nest if layers < LAYERS => {
                    layers += 1;
                    rules = rules.inherited(rules.count, layers);
                }
                Step::Nest => (),
                Step::Grow(more) => rules = rules.inherited(rules.count + more, layers),
            }
        }
        assert_same(&rules, &model);
    }

    #[test]
    fn many_rules_are_all_found(keys in prop::collection::btree_set(any_key(), 0..400)) {
        let (mut rules, mut model) = (Rules::new(0, 2), Model::new());

        for key in keys {
            let granted = some_right(key.get() as usize);

            rules.extend(key, 1, granted);
            extend_model(&mut model, key, 1, granted);
        }
        assert_same(&rules, &model);
    }

    #[test]
    fn merged_table_has_the_layers_of_both(
        parent in vec((any_key(), any_set()), 0..20),
        ruleset in vec((any_key(), any_set()), 0..20),
        layers in 1..LAYERS,
    ) {
        let (mut of_parent, mut of_ruleset) = (Rules::new(0, layers), Rules::new(4, 1));
        let mut model = Model::new();

        for (position, (key, granted)) in parent.iter().enumerate() {
            let (layer, granted) = (position % layers, rights(granted));

            of_parent.extend(*key, layer, granted);
            extend_model(&mut model, *key, layer, granted);
        }
        for (key, granted) in &ruleset {
            of_ruleset.extend(*key, 0, rights(granted));
            extend_model(&mut model, *key, layers, rights(granted));
        }
        assert_same(&of_parent.merged(&of_ruleset), &model);
    }

    #[test]
    fn oldest_layer_is_read_alone(granted in any_sets(1..=LAYERS)) {
        let mut rules = Rules::new(1, granted.len());

        for (layer, granted) in granted.iter().enumerate() {
            rules.extend(Key::MIN, layer, rights(granted));
        }
        let oldest: AccessFs = rules.find(Key::MIN).expect("it was added").of_ruleset();
        prop_assert_eq!(set_of(oldest), &granted[0] & &set_of(AccessFs::ALL));
    }

    /// A panic would stop the kernel: whatever the words are, there is an answer.
    #[test]
    fn words_that_are_no_table_do_no_harm(
        words in vec(prop_oneof![Just(0), 1..4u64, any::<u64>()], 0..40),
        room in 0..30usize,
        layers in 1..=LAYERS,
        layer in 0..LAYERS,
        key in any_key(),
    ) {
        let shape = Shape::new(room, index(layers - 1), ANY).unwrap();
        let mut changed = words.clone();
        let table = Table::new(shape, &words);

        for (_, grants) in table.iter() {
            let _ = granted_per_layer(grants);
        }
        let found = table.find(key).map(granted_per_layer);
        let (layer, quiet) = (index(layer), RuleFlags::QUIET);
        let extended = rule::extend(shape, &mut changed, key, layer, AccessFs::FILE, quiet);
        for (key, grants) in table.iter() {
            let _ = rule::inherit(shape, &mut changed, key, grants);
        }
        prop_assert_eq!(changed.len(), words.len());
        if extended == Some(false) && words.len() >= shape.words().unwrap() {
            prop_assert!(found.is_some());
        }
    }
}
