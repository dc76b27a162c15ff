// SPDX-License-Identifier: GPL-2.0-only

//! What tables, layers and verdicts decide together: the verdict of a path walk.
//!
//! The reference is the sentence that defines Landlock: a request is allowed if, in each layer, the
//! rules on the path together grant all that is requested and that the layer handles.

use super::support::*;
use crate::policy::{
    access::{
        AccessFs,
        AccessFsRight::{self, *},
    },
    denial::Denial,
    grants::Grants,
    rule::Key,
    unfulfilled::Unfulfilled,
};

use proptest::{collection::vec, prelude::*};
use std::collections::BTreeMap;

/// The few rights of an enumeration, among them the lowest and the highest.
const FEW: [AccessFsRight; 3] = [Execute, MakeSym, ReadDir];

/// Turns the low bits of a number into some of [`FEW`].
fn few(bits: usize) -> AccessFs {
    let has = |position: &usize| bits >> position & 1 != 0;

    (0..FEW.len())
        .filter(has)
        .fold(AccessFs::empty(), |rights, right| rights | FEW[right])
}

/// Reads the part of a number that stands for one layer.
fn of_layer(packed: usize, layer: usize, rights: usize) -> usize {
    packed >> (layer * rights) & ((1 << rights) - 1)
}

/// Walks up a path on which these rules are, as a hook does: it stops once nothing is left.
fn walk<'a>(
    mut left: Unfulfilled<AccessFs>,
    rules: impl IntoIterator<Item = Grants<'a>>,
) -> Option<Denial<AccessFs>> {
    for grants in rules {
        if left.is_fulfilled() {
            return None;
        }
        left.grant(grants);
    }
    left.youngest_denial()
}

/// An enumeration of every domain with `layers` layers, every request, and every path with as many
/// rules as `path` says, all of `rights` rights.
struct Enumeration {
    layers: usize,
    rights: usize,
    path: u32,
}

impl Enumeration {
    /// Compares every verdict with the reference. Returns how many there are of each kind.
    fn run(&self) -> (usize, usize) {
        let rules = 1 << (self.layers * self.rights);
        let catalogue = self.catalogue(rules);
        let grants: Vec<_> = (0..rules)
            .map(|rule| catalogue.find(Self::key(rule)).expect("it was added"))
            .collect();
        let (mut allowed, mut denied) = (0, 0);

        for handled in 0..rules {
            let masks: Vec<_> = (0..self.layers)
                .map(|layer| few(of_layer(handled, layer, self.rights)))
                .collect();
            let layers = stack(&masks);

            for requested in 0..1 << self.rights {
                let left = Unfulfilled::new(&layers, few(requested));

                for path in 0..rules.pow(self.path) {
                    let on_path = (0..self.path).map(|step| path / rules.pow(step) % rules);
                    let verdict = walk(left, on_path.clone().map(|rule| grants[rule]));
                    let denial = self.denial(handled, requested, on_path);

                    match (verdict, denial) {
                        (None, None) => allowed += 1,
                        (Some(found), Some((layer, missing)))
                            if found.layer.get() == layer && found.missing == few(missing) =>
                        {
                            denied += 1;
                        }
                        _ => panic!(
                            "{handled:#b} handled, {requested:#b} requested, path {path}: \
                             {verdict:?}, not {denial:?}"
                        ),
                    }
                }
            }
        }
        (allowed, denied)
    }

    /// Makes a table with every rule that there can be.
    fn catalogue(&self, rules: usize) -> Rules {
        let mut table = Rules::new(rules, self.layers);

        for rule in 0..rules {
            for layer in 0..self.layers {
                table.extend(
                    Self::key(rule),
                    layer,
                    few(of_layer(rule, layer, self.rights)),
                );
            }
        }
        table
    }

    fn key(rule: usize) -> Key {
        Key::new(rule as u64 + 1).expect("it is not 0")
    }

    /// The reference: the youngest layer that denies, and what it misses.
    fn denial(
        &self,
        handled: usize,
        requested: usize,
        path: impl Iterator<Item = usize>,
    ) -> Option<(usize, usize)> {
        let granted = path.fold(0, |granted, rule| granted | rule);
        let missing = |layer| {
            of_layer(handled, layer, self.rights)
                & requested
                & !of_layer(granted, layer, self.rights)
        };

        (0..self.layers)
            .rev()
            .map(|layer| (layer, missing(layer)))
            .find(|(_, missing)| *missing != 0)
    }
}

/// Checks that an enumeration has as many cases as it should, and both kinds of verdict.
fn enumerate(layers: usize, rights: usize, path: u32) {
    let (allowed, denied) = Enumeration {
        layers,
        rights,
        path,
    }
    .run();

    let rules = 1usize << (layers * rights);
    assert_eq!(allowed + denied, (rules << rights) * rules.pow(path));
    assert!(allowed > 0 && denied > 0);
}

#[test]
fn every_walk_past_three_rules_of_one_layer_is_decided_right() {
    enumerate(1, 3, 3);
}

#[test]
fn every_walk_past_two_rules_of_two_layers_is_decided_right() {
    enumerate(2, 3, 2);
}

#[test]
fn every_walk_past_three_rules_of_two_layers_is_decided_right() {
    enumerate(2, 2, 3);
}

#[test]
fn every_walk_past_one_rule_of_three_layers_is_decided_right() {
    enumerate(3, 3, 1);
}

#[test]
fn every_walk_past_two_rules_of_three_layers_is_decided_right() {
    enumerate(3, 2, 2);
}

/// What a process enforces: what its ruleset handles, and its rules.
type Ruleset = (Set, Vec<(u64, Set)>);

fn any_ruleset(objects: u64) -> impl Strategy<Value = Ruleset> {
    (any_set(), vec((1..=objects, any_set()), 0..12))
}

/// Makes the rules of a domain as `landlock_restrict_self(2)` does: ruleset after ruleset.
fn enforce(rulesets: &[Ruleset]) -> Rules {
    let tables = rulesets.iter().map(|(_, rules)| {
        let mut table = Rules::new(4, 1);

        for (object, granted) in rules {
            table.extend(Key::new(*object).expect("it is not 0"), 0, rights(granted));
        }
        table
    });

    tables
        .reduce(|domain, ruleset| domain.merged(&ruleset))
        .expect("there is a ruleset")
}

/// The reference: what the youngest layer that denies misses.
fn denial(rulesets: &[Ruleset], path: &[u64], requested: &Set) -> Option<(usize, Set)> {
    let missing = rulesets.iter().map(|(handled, rules)| {
        let mut granted: BTreeMap<u64, Set> = BTreeMap::new();
        for (object, rights) in rules {
            granted.entry(*object).or_default().extend(rights);
        }

        let on_path = path.iter().filter_map(|object| granted.get(object));
        let on_path: Set = on_path.flatten().copied().collect();
        &(&denied_by(handled) & requested) - &on_path
    });

    missing
        .enumerate()
        .rfind(|(_, missing)| !missing.is_empty())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn domain_decides_as_its_rulesets_do_one_by_one(
        rulesets in vec(any_ruleset(8), 1..=LAYERS),
        path in vec(1..=10u64, 0..8),
        requested in any_set(),
    ) {
        let handled: Vec<_> = rulesets.iter().map(|(handled, _)| handled.clone()).collect();
        let rules = enforce(&rulesets);
        let left = Unfulfilled::new(&stack_of(&handled), rights(&requested));
        let on_path = path.iter().filter_map(|object| rules.find(Key::new(*object)?));

        let found = walk(left, on_path);
        let found = found.map(|denial| (denial.layer.get(), set_of(denial.missing)));
        prop_assert_eq!(found, denial(&rulesets, &path, &requested));
    }

    #[test]
    fn sandbox_inside_another_is_allowed_nothing_more(
        rulesets in vec(any_ruleset(4), 2..=LAYERS),
        path in vec(1..=5u64, 0..6),
        requested in any_set(),
    ) {
        let verdict = |rulesets: &[Ruleset]| {
            let handled: Vec<_> = rulesets.iter().map(|(handled, _)| handled.clone()).collect();
            let rules = enforce(rulesets);
            let left = Unfulfilled::new(&stack_of(&handled), rights(&requested));

            walk(left, path.iter().filter_map(|object| rules.find(Key::new(*object)?)))
        };
        let (_, outer) = rulesets.split_last().expect("there are two");

        if verdict(outer).is_some() {
            prop_assert!(verdict(&rulesets).is_some());
        }
    }
}
