// SPDX-License-Identifier: GPL-2.0-only

//! Links and renames between two directories.
//!
//! From `linux/landlock.h`: both directories need `LANDLOCK_ACCESS_FS_REFER` besides the rights that
//! the action requires (`required`), and "the reparented file may not gain more access rights in the
//! destination directory than it previously had in the source directory"; for want of this alone the
//! error is another one.

mod required;

use self::required::{needed, ACTIONS, TYPES};
use super::support::*;
use crate::policy::{
    access::{
        AccessFs,
        AccessFsRight::{self, *},
    },
    grants::Grants,
    open::FileType::*,
    refer::{Move, Moved, Refusal, Reparent, Required},
    rule::Key,
    unfulfilled::Inheritance,
};

use proptest::{collection::vec, option, prelude::*};
use std::ops::Range;

/// What a rule grants in each layer, as bits.
type Rule = Vec<u64>;

/// A file that comes into another directory, or back from there.
#[derive(Debug, Clone)]
struct File {
    row: usize,
    rule: Option<Rule>,
}

impl File {
    /// The bits of the rights that can be used on this file, or beneath it.
    fn usable(&self) -> u64 {
        match TYPES[self.row].0 {
            Directory => FS_BITS,
            _ => on_files().fold(0, |bits, right| bits | 1 << right),
        }
    }

    fn granted(&self, layer: usize) -> u64 {
        self.rule.as_ref().map_or(0, |rule| rule[layer])
    }
}

/// A change of directory: rules on the way from each directory to the root of the mount, and rules
/// from there, of which some places have none.
#[derive(Debug, Clone)]
struct Case {
    action: usize,
    handled: Rule,
    source: Vec<Rule>,
    destination: Vec<Rule>,
    above: Vec<Option<Rule>>,
    moved: File,
    new: Option<File>,
}

impl Case {
    fn any() -> impl Strategy<Value = Self> {
        (1..=LAYERS, 0..ACTIONS.len()).prop_flat_map(|(layers, action)| {
            (
                Just(action),
                any_rule(layers),
                vec(any_rule(layers), 0..3),
                vec(any_rule(layers), 0..3),
                vec(option::of(any_rule(layers)), 1..4),
                any_file(layers),
                option::of(any_file(layers)),
            )
                .prop_map(
                    |(action, handled, source, destination, above, moved, new)| Self {
                        action,
                        handled,
                        source,
                        destination,
                        above,
                        moved,
                        new,
                    },
                )
        })
    }

    fn action(&self) -> Move {
        ACTIONS[self.action].0
    }

    /// The file that comes back.
    fn swapped(&self) -> Option<&File> {
        self.new
            .as_ref()
            .filter(|_| self.action() == Move::Exchange)
    }

    /// Decides as the hook does: up to the root of the mount on each side, and on from there.
    fn decide(&self) -> Result<(), Refusal> {
        let layers = stack(&self.handled.iter().copied().map(fs).collect::<Vec<_>>());
        let type_of = |file: &File| TYPES[file.row].0;
        let moved = |file: &File| {
            with_grants(file.rule.as_ref(), |grants| {
                Moved::new(&layers, type_of(file), grants)
            })
        };
        let required = Required::new(
            self.action(),
            type_of(&self.moved),
            self.new.as_ref().map(type_of),
        );
        let swapped = self.swapped().map(moved);
        let mut reparent = Reparent::new(
            &layers,
            required,
            moved(&self.moved),
            swapped,
            Inheritance::Whole,
        );

        for rule in &self.source {
            with_grants(Some(rule), |grants| {
                reparent.source().grant(grants.unwrap())
            });
        }
        for rule in &self.destination {
            with_grants(Some(rule), |grants| {
                reparent.destination().grant(grants.unwrap());
            });
        }
        for rule in &self.above {
            if reparent.is_fulfilled() {
                return Ok(());
            }
            reparent.compare();
            with_grants(rule.as_ref(), |grants| {
                grants.into_iter().for_each(|grants| reparent.grant(grants));
            });
        }
        if reparent.is_fulfilled() {
            return Ok(());
        }
        reparent.conclude()
    }

    /// The reference: what is missing in each layer, in the source and in the destination, once
    /// `steps` steps from the root of the mount are done.
    fn missing(&self, steps: usize) -> Vec<(u64, u64)> {
        let granted = |rules: &[Rule], layer: usize| {
            let above = self.above[..steps].iter().flatten();

            rules
                .iter()
                .chain(above)
                .fold(0, |bits, rule| bits | rule[layer])
        };

        (0..self.handled.len())
            .map(|layer| {
                // Every layer denies to refer, whatever it handles.
                let denied = self.handled[layer] | 1 << REFER;
                (
                    denied & !granted(&self.source, layer),
                    denied & !granted(&self.destination, layer),
                )
            })
            .collect()
    }

    /// Returns whether a file gains a right in a layer: denied where it was, and no longer denied.
    fn gains(&self, steps: usize) -> bool {
        let gains = |file: &File, layer: usize, here: u64, there: u64| {
            here & !file.granted(layer) & file.usable() & !there != 0
        };

        self.missing(steps)
            .into_iter()
            .enumerate()
            .any(|(layer, (source, destination))| {
                gains(&self.moved, layer, source, destination)
                    || self
                        .swapped()
                        .is_some_and(|file| gains(file, layer, destination, source))
            })
    }

    /// The rights that the source and the destination must grant, without `REFER`.
    fn required(&self) -> (u64, u64) {
        let row = |file: &File| TYPES[file.row];
        let (source, destination) = needed(
            ACTIONS[self.action].1,
            row(&self.moved),
            self.new.as_ref().map(row),
        );
        let to_bits = |needed: &[AccessFsRight]| bits(rights(&positions(needed)));

        (to_bits(&source), to_bits(&destination))
    }

    /// The reference. A gain is looked for before each step, and never after the last one: then
    /// only what grants everything that is handled still helps.
    fn expected(&self) -> Result<(), Refusal> {
        let missing = self.missing(self.above.len());
        let (source, destination) = self.required();
        let lacks = |more: u64| {
            missing.iter().any(|(of_source, of_destination)| {
                of_source & (source | more) != 0 || of_destination & (destination | more) != 0
            })
        };
        let is_compared = (0..self.above.len()).any(|steps| !self.gains(steps));

        if lacks(0) {
            Err(Refusal::MissingRight)
        } else if lacks(if is_compared { 1 << REFER } else { u64::MAX }) {
            Err(Refusal::Reparent)
        } else {
            Ok(())
        }
    }
}

/// Calls `use_grants` with the grants of `rule`.
fn with_grants<T>(rule: Option<&Rule>, use_grants: impl FnOnce(Option<Grants<'_>>) -> T) -> T {
    let Some(rule) = rule else {
        return use_grants(None);
    };
    let mut table = Rules::new(1, rule.len());

    for (layer, bits) in rule.iter().enumerate() {
        table.extend(Key::MIN, layer, fs(*bits));
    }
    use_grants(table.find(Key::MIN))
}

/// Any rule, often one that grants everything or nothing in a layer.
fn any_rule(layers: usize) -> impl Strategy<Value = Rule> {
    let bits = prop_oneof![
        Just(FS_BITS),
        Just(0),
        Just(1 << REFER),
        0..=FS_BITS,
        any_set().prop_map(|set| bits(rights(&set)) | 1 << REFER),
    ];

    vec(bits, layers)
}

fn any_file(layers: usize) -> impl Strategy<Value = File> {
    (0..TYPES.len(), option::of(any_rule(layers))).prop_map(|(row, rule)| File { row, rule })
}

/// Spreads the low bits of a number over rights; a few bits for each layer.
fn spread(packed: usize, few: &[AccessFsRight], layers: usize) -> Rule {
    let bits = |packed: usize| {
        let chosen = few
            .iter()
            .enumerate()
            .filter(|(bit, _)| packed >> bit & 1 != 0);

        chosen.fold(0, |bits, (_, right)| bits | *right as u64)
    };

    (0..layers)
        .map(|layer| bits(packed >> (layer * few.len())))
        .collect()
}

/// Counts the answers to every change of directory with rules of these rights, in every place.
/// Layers handle these rights as the bits of one number in `handled` say.
fn enumerate(
    few: &[AccessFsRight],
    layers: usize,
    handled: Range<usize>,
    row: usize,
) -> [usize; 3] {
    let rules = 1usize << (few.len() * layers);
    let mut counts = [0; 3];

    for number in handled.start * rules.pow(4)..handled.end * rules.pow(4) {
        let rule = |place: u32| spread(number / rules.pow(place) % rules, few, layers);
        let case = Case {
            action: 1,
            handled: rule(4),
            source: vec![rule(0)],
            destination: vec![rule(1)],
            above: vec![None, Some(rule(2))],
            moved: File {
                row,
                rule: Some(rule(3)),
            },
            new: None,
        };

        let decided = case.decide();
        assert_eq!(decided, case.expected(), "{case:?}");
        counts[match decided {
            Ok(()) => 0,
            Err(Refusal::Reparent) => 1,
            Err(Refusal::MissingRight) => 2,
        }] += 1;
    }
    counts
}

const REGULAR: usize = 1;
const DIRECTORY: usize = 0;

#[test]
fn every_move_of_a_file_in_one_layer_is_decided_right() {
    let counts = enumerate(&[ReadFile, Refer, MakeReg], 1, 0..8, REGULAR);

    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
}

#[test]
fn every_move_of_a_directory_in_one_layer_is_decided_right() {
    let counts = enumerate(&[ReadDir, Refer, RemoveDir], 1, 0..8, DIRECTORY);

    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
}

#[test]
fn every_move_in_two_layers_is_decided_right() {
    let [allowed, refused, lacking] = enumerate(&[ReadFile, Refer], 2, 15..16, REGULAR);

    assert!(allowed > 0 && refused > 0 && lacking == 0);
}

#[test]
fn side_that_is_granted_all_needs_no_rule() {
    let layers = stack(&[AccessFs::ALL; LAYERS]);
    let moved = Moved::new(&layers, Regular, None);
    let required = Required::new(Move::Rename, Regular, None);
    let mut reparent = Reparent::new(&layers, required, moved, None, Inheritance::Whole);

    assert!(!reparent.is_fulfilled());
    reparent.source().grant_all();
    assert!(reparent.source().is_fulfilled() && !reparent.destination().is_fulfilled());
    assert!(!reparent.is_fulfilled());
    reparent.destination().grant_all();
    assert!(reparent.destination().is_fulfilled() && reparent.is_fulfilled());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn change_of_directory_is_decided_as_documented(case in Case::any()) {
        prop_assert_eq!(case.decide(), case.expected());
    }

    #[test]
    fn no_file_ever_gains_a_right(case in Case::any()) {
        if case.decide().is_ok() {
            let steps = case.above.len();

            prop_assert!(!case.gains(steps));
            for (source, destination) in case.missing(steps) {
                let (of_source, of_destination) = case.required();

                prop_assert_eq!(source & (of_source | 1 << REFER), 0);
                prop_assert_eq!(destination & (of_destination | 1 << REFER), 0);
            }
        }
    }
}
