// SPDX-License-Identifier: GPL-2.0-only

//! Rules that let nothing be inherited.
//!
//! From `landlock_rs.h`: in the layer of the ruleset, "no rule further up counts on the file or
//! directory of this rule and beneath it, neither its rights nor whether it is quiet". The rule
//! itself, and rules beneath it, count. A file must not gain a right by a move, in any layer.

use super::support::*;
use crate::policy::{
    access::AccessFs,
    grants::{GrantedUnion, Grants, RuleFlags},
    open::FileType,
    refer::{Moved, Refusal, Reparent, Required},
    rule::{self, Key},
    summary::Summary,
    unfulfilled::{Inheritance, Unfulfilled},
};

use proptest::{bool::weighted, collection::vec, option, prelude::*};

/// What a rule says in a layer: what it grants, whether it stops what is further up, whether it is
/// quiet.
type Said = (Set, bool, bool);

/// A rule, and what it says in each layer.
type Rule = Vec<Said>;

fn any_rule(layers: usize) -> impl Strategy<Value = Rule> {
    vec((any_set(), weighted(0.3), weighted(0.2)), layers)
}

/// Stores a rule in a table.
fn table(rule: &Rule) -> Rules {
    let mut table = Rules::new(1, rule.len());

    for (layer, (granted, stops, quiet)) in rule.iter().enumerate() {
        let mut flags = RuleFlags::NONE;
        for (is_set, flag) in [(stops, RuleFlags::NO_INHERIT), (quiet, RuleFlags::QUIET)] {
            if *is_set {
                flags = flags.with(flag);
            }
        }
        let (words, granted) = (&mut table.words, rights(granted));
        rule::extend(table.shape, words, Key::MIN, index(layer), granted, flags).unwrap();
    }
    table
}

fn tables(rules: &[Rule]) -> Vec<Rules> {
    rules.iter().map(table).collect()
}

fn grants(table: &Rules) -> Grants<'_> {
    table.find(Key::MIN).expect("there is a rule")
}

/// The model: which of `rules`, from the file up, count in a layer.
fn counting(rules: &[Rule], layer: usize) -> impl Iterator<Item = &Said> {
    let mut is_stopped = false;

    rules.iter().map_while(move |rule| {
        let said = &rule[layer];
        let counts = !is_stopped;
        is_stopped |= said.1;
        counts.then_some(said)
    })
}

/// The model: what a layer denies of `denied` on a way with `rules`.
fn missing(denied: &Set, rules: &[Rule], layer: usize) -> Set {
    counting(rules, layer).fold(denied.clone(), |left, (granted, ..)| &left - granted)
}

proptest! {
    #[test]
    fn rules_count_up_to_the_first_that_stops(
        (handled, rules) in (1..=LAYERS).prop_flat_map(|layers| {
            (vec(any_set(), layers), vec(any_rule(layers), 0..5))
        }),
        requested in any_set(),
    ) {
        let (layers, layer_count) = (stack_of(&handled), handled.len());
        let mut left = Unfulfilled::new(&layers, rights(&requested));
        let tables = tables(&rules);
        for table in &tables {
            left.grant_inherited(grants(table), Inheritance::Stops);
        }

        for (layer, handled) in handled.iter().enumerate() {
            let is_quiet = counting(&rules, layer).any(|(.., quiet)| *quiet);
            prop_assert_eq!(left.is_quiet(index(layer)), is_quiet);
            let denied = &denied_by(handled) & &requested;
            prop_assert_eq!(
                &left_per_layer(left, layer_count)[layer],
                &missing(&denied, &rules, layer)
            );
        }
    }

    #[test]
    fn flags_of_a_rule_are_kept_for_each_layer(
        rule in (1..=LAYERS).prop_flat_map(any_rule),
    ) {
        let table = table(&rule);

        for (layer, (granted, stops, quiet)) in rule.iter().enumerate() {
            let flags = grants(&table).flags(index(layer));
            prop_assert_eq!(flags.contains(RuleFlags::NO_INHERIT), *stops);
            prop_assert_eq!(flags.contains(RuleFlags::QUIET), *quiet);
            prop_assert_eq!(set_of(granted_in(&table, layer)), granted.clone());
        }
    }

    #[test]
    fn domain_knows_of_such_rules(
        unions in vec((weighted(0.2), any_set()), 1..=LAYERS),
    ) {
        let handled: Vec<_> = unions.iter().map(|_| all_rights()).collect();
        let mut summary = Summary::NONE;
        for (layer, (stops, granted)) in unions.iter().enumerate() {
            let flags = match stops {
                true => RuleFlags::NO_INHERIT,
                false => RuleFlags::NONE,
            };
            let mut union = GrantedUnion::none();
            union.add(rights(granted), flags);
            summary = summary.stack(&stack_of(&handled[..=layer]), union);

            let any = unions[..=layer].iter().any(|(stops, _)| *stops);
            prop_assert_eq!(summary.inheritance() == Inheritance::Stops, any);
            prop_assert_eq!(summary.search(AccessFs::ALL).is_none(), any);
        }
    }

    #[test]
    fn no_file_gains_what_it_does_not_inherit(case in Case::any()) {
        prop_assert_eq!(case.decide(), case.expected(), "{:?}", case);
    }
}

/// Reads what a rule grants in one layer, whatever flags it has.
fn granted_in(table: &Rules, layer: usize) -> AccessFs {
    granted(grants(table), layer)
}

/// A move of a file, and perhaps one back, between two directories.
#[derive(Debug, Clone)]
struct Case {
    handled: Vec<Set>,
    required: (Set, Set),
    source: Vec<Rule>,
    destination: Vec<Rule>,
    above: Vec<Option<Rule>>,
    moved: (bool, Rule),
    swapped: Option<(bool, Rule)>,
}

impl Case {
    fn any() -> impl Strategy<Value = Self> {
        (1..=4usize).prop_flat_map(|layers| {
            (
                vec(any_set(), layers),
                (any_set(), any_set()),
                vec(any_rule(layers), 0..3),
                vec(any_rule(layers), 0..3),
                vec(option::of(any_rule(layers)), 1..4),
                (any::<bool>(), any_rule(layers)),
                option::of((any::<bool>(), any_rule(layers))),
            )
                .prop_map(
                    |(handled, required, source, destination, above, moved, swapped)| Self {
                        handled,
                        required,
                        source,
                        destination,
                        above,
                        moved,
                        swapped,
                    },
                )
        })
    }

    /// Decides as the hook does.
    fn decide(&self) -> Result<(), Refusal> {
        let layers = stack_of(&self.handled);
        let describe = |(is_directory, rule): &(bool, Rule)| {
            let file_type = match is_directory {
                true => FileType::Directory,
                false => FileType::Regular,
            };
            Moved::new(&layers, file_type, Some(grants(&table(rule))))
        };
        let required = Required {
            source: rights(&self.required.0),
            destination: rights(&self.required.1),
        };
        let swapped = self.swapped.as_ref().map(describe);
        let stops = Inheritance::Stops;
        let mut reparent = Reparent::new(&layers, required, describe(&self.moved), swapped, stops);

        for table in &tables(&self.source) {
            reparent.source().grant(grants(table));
        }
        for table in &tables(&self.destination) {
            reparent.destination().grant(grants(table));
        }
        for rule in &self.above {
            reparent.compare();
            if reparent.is_fulfilled() {
                return Ok(());
            }
            if let Some(rule) = rule {
                reparent.grant(grants(&table(rule)));
            }
        }
        if reparent.is_fulfilled() {
            return Ok(());
        }
        reparent.conclude()
    }

    /// The model: what each layer denies in a directory, by the rules below the common root and
    /// those above.
    fn denied(&self, below: &[Rule]) -> Vec<Set> {
        let way: Vec<Rule> = below
            .iter()
            .chain(self.above.iter().flatten())
            .cloned()
            .collect();
        let of_layer = |(layer, handled): (usize, &Set)| {
            let mut denied = handled.clone();
            denied.insert(REFER);
            missing(&denied, &way, layer)
        };

        self.handled.iter().enumerate().map(of_layer).collect()
    }

    /// The model: a file gains a right that it did not have here, by its own rule neither, and has
    /// there. It has the same everywhere if its own rule stops what is further up.
    fn gains(&self, file: &(bool, Rule), here: &[Set], there: &[Set]) -> bool {
        let usable: Set = match file.0 {
            true => all_rights(),
            false => on_files().collect(),
        };

        file.1.iter().enumerate().any(|(layer, (own, stops, _))| {
            let gained = &(&(&here[layer] - own) - &there[layer]) & &usable;
            !stops && !gained.is_empty()
        })
    }

    /// The model.
    fn expected(&self) -> Result<(), Refusal> {
        let (source, destination) = (self.denied(&self.source), self.denied(&self.destination));
        let lacks = |denied: &[Set], required: &Set| {
            denied.iter().any(|denied| !denied.is_disjoint(required))
        };
        let without_refer = |required: &Set| {
            let mut required = required.clone();
            required.remove(&REFER);
            required
        };
        let all_granted = source.iter().chain(&destination).all(Set::is_empty);
        let gains = self.gains(&self.moved, &source, &destination)
            || self
                .swapped
                .as_ref()
                .is_some_and(|file| self.gains(file, &destination, &source));
        let refer = Set::from([REFER]);

        if all_granted {
            Ok(())
        } else if lacks(&source, &without_refer(&self.required.0))
            || lacks(&destination, &without_refer(&self.required.1))
        {
            Err(Refusal::MissingRight)
        } else if gains || lacks(&source, &refer) || lacks(&destination, &refer) {
            Err(Refusal::Reparent)
        } else {
            Ok(())
        }
    }
}
