// SPDX-License-Identifier: GPL-2.0-only

//! The short way to a verdict, against the long one: a plain model that looks at each layer.
//!
//! A file lies beneath some of the objects of a domain, from the nearest to the root. What the
//! other objects grant must not matter, although it decides how far a search goes.

use super::support::*;
use crate::policy::{
    access::{
        AccessFs,
        AccessFsRight::{IoctlDev, Truncate},
    },
    blame::{Blame, Blocker},
    grants::{GrantedUnion, Grants, RuleFlags},
    layer::Layers,
    request::{Request, Verdict},
    rule::Key,
    scope,
    summary::{Search, Summary},
};

use proptest::{collection::vec, prelude::*};

const TRUNCATE: usize = 14;
const IOCTL_DEV: usize = 15;

/// What a process enforces: what its ruleset handles, and the rules on some objects.
type Ruleset = (Set, Vec<(u64, Set)>);

/// Few rights, so that layers meet in them: among them both that are needed later.
fn some_rights() -> impl Strategy<Value = Set> {
    let few = vec![2, REFER, TRUNCATE, IOCTL_DEV, FS_COUNT - 1];

    proptest::sample::subsequence(few, 0..=5).prop_map(|chosen| chosen.into_iter().collect())
}

fn any_ruleset() -> impl Strategy<Value = Ruleset> {
    (some_rights(), vec((1..=6u64, some_rights()), 0..8))
}

/// A domain, and what a test needs to know of it.
struct Domain {
    layers: Layers,
    summary: Summary,
    rules: Rules,
    denied: Vec<Set>,
}

impl Domain {
    fn new(rulesets: &[Ruleset]) -> Self {
        let handled: Vec<_> = rulesets
            .iter()
            .map(|(handled, _)| handled.clone())
            .collect();
        let mut summary = Summary::NONE;
        let mut rules = Rules::new(8, rulesets.len());

        for (layer, (_, on_objects)) in rulesets.iter().enumerate() {
            let mut union = GrantedUnion::none();
            for (object, granted) in on_objects {
                let key = Key::new(*object).expect("it is not 0");
                union.add(rights(granted), RuleFlags::NONE);
                rules.extend(key, layer, rights(granted));
            }
            summary = summary.stack(&stack_of(&handled[..=layer]), union);
        }
        Self {
            layers: stack_of(&handled),
            summary,
            rules,
            denied: handled.iter().map(denied_by).collect(),
        }
    }

    fn rule(&self, object: u64) -> Option<Grants<'_>> {
        self.rules.find(Key::new(object)?)
    }

    /// Searches as a walk does: it stops once nothing is left. Returns how many objects it saw.
    fn search(&self, rights: AccessFs, path: &[u64]) -> (Search, usize) {
        let mut search = self.summary.search(rights).expect("no rule is quiet");

        for (seen, object) in path.iter().enumerate() {
            if search.is_over() {
                return (search, seen);
            }
            if let Some(rule) = self.rule(*object) {
                search.meet(&self.layers, rule);
            }
        }
        (search, path.len())
    }

    fn verdict(&self, request: Request, path: &[u64]) -> Verdict {
        let (search, _) = self.search(request.all(), path);

        self.summary.verdict(&self.layers, request, &search)
    }

    /// The model: what each layer denies of `requested`.
    fn missing(&self, rulesets: &[Ruleset], requested: &Set, path: &[u64]) -> Vec<Set> {
        let of_layer = |(denied, (_, on_objects)): (&Set, &Ruleset)| {
            let met = on_objects
                .iter()
                .filter(|(object, _)| path.contains(object));
            let granted: Set = met.flat_map(|(_, granted)| granted.clone()).collect();

            &(denied & requested) - &granted
        };

        self.denied.iter().zip(rulesets).map(of_layer).collect()
    }
}

/// The model: the youngest layer that misses something, and what.
fn youngest(missing: &[Set]) -> Option<(usize, Set)> {
    let denying = missing
        .iter()
        .enumerate()
        .rfind(|(_, missing)| !missing.is_empty());

    denying.map(|(layer, missing)| (layer, missing.clone()))
}

fn blamed(blame: Blame) -> (usize, Set) {
    match blame.blocker {
        Blocker::Fs(missing) => (blame.layer.get(), set_of(missing)),
        blocker => panic!("{blocker:?} is not about files"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn short_way_leads_to_the_verdict_of_the_long_one(
        rulesets in vec(any_ruleset(), 1..=5),
        path in vec(1..=6u64, 0..6),
        required in some_rights(),
        is_device in any::<bool>(),
    ) {
        let domain = Domain::new(&rulesets);
        let optional = Set::from_iter([TRUNCATE].into_iter().chain(is_device.then_some(IOCTL_DEV)));
        let request = Request { required: rights(&required), optional: rights(&optional) };

        let denied = youngest(&domain.missing(&rulesets, &required, &path));
        match domain.verdict(request, &path) {
            Err(blame) => {
                prop_assert!(!blame.is_object_quiet);
                prop_assert_eq!(Some(blamed(blame)), denied);
            }
            Ok(denials) => {
                prop_assert_eq!(denied, None);
                for (position, right) in [(TRUNCATE, Truncate), (IOCTL_DEV, IoctlDev)] {
                    let asked = &Set::from([position]) & &optional;
                    let expected = youngest(&domain.missing(&rulesets, &asked, &path));
                    let found = denials.denial(right).map(|(denial, is_quiet)| {
                        assert!(!is_quiet);
                        (denial.layer.get(), set_of(denial.missing))
                    });
                    prop_assert_eq!(found, expected);
                }
            }
        }
    }

    #[test]
    fn search_leaves_what_each_rule_on_the_way_leaves(
        rulesets in vec(any_ruleset(), 1..=5),
        path in vec(1..=6u64, 0..6),
        requested in some_rights(),
        common in 0..=5usize,
    ) {
        let domain = Domain::new(&rulesets);
        let common = common.min(rulesets.len());
        let start = scope::unfulfilled(&domain.layers, common, rights(&requested));
        let (mut short, mut long) = (start, start);

        domain.search(start.denied(), &path).0.grant(&mut short);
        path.iter().filter_map(|object| domain.rule(*object)).for_each(|rule| long.grant(rule));
        prop_assert_eq!(Blame::for_file(&short), Blame::for_file(&long));
    }

    #[test]
    fn search_is_over_as_soon_as_all_that_can_be_granted_is(
        rulesets in vec(any_ruleset(), 1..=4),
        path in vec(1..=6u64, 0..6),
        requested in some_rights(),
    ) {
        let domain = Domain::new(&rulesets);
        let (_, seen) = domain.search(rights(&requested), &path);

        // A right is hopeless if no rule of the youngest layer that denies it grants it.
        let is_hopeless = |right: &usize| {
            let layer = domain.denied.iter().rposition(|denied| denied.contains(right));
            layer.is_some_and(|layer| {
                let rules = &rulesets[layer].1;
                rules.iter().all(|(_, granted)| !granted.contains(right))
            })
        };
        let wanted: Set = requested.iter().filter(|right| !is_hopeless(right)).copied().collect();
        let is_left = |seen: usize| {
            youngest(&domain.missing(&rulesets, &wanted, &path[..seen])).is_some()
        };
        let expected = (0..path.len()).find(|seen| !is_left(*seen)).unwrap_or(path.len());

        prop_assert_eq!(seen, expected);
    }
}

#[test]
fn quiet_rule_in_any_layer_forbids_the_short_way() {
    for quiet in 0..LAYERS {
        let mut summary = Summary::NONE;

        for layer in 0..LAYERS {
            let mut union = GrantedUnion::none();
            let flags = if layer >= quiet {
                RuleFlags::QUIET
            } else {
                RuleFlags::NONE
            };
            union.add(AccessFs::ALL, flags);
            union.add(AccessFs::ALL, RuleFlags::NONE);
            summary = summary.stack(&stack(&vec![AccessFs::ALL; layer + 1]), union);
            assert_eq!(summary.search(AccessFs::ALL).is_some(), layer < quiet);
        }
    }
}

#[test]
fn only_rights_that_a_layer_handles_are_handled() {
    let (read, write) = (fs(1 << 2), fs(1 << 1));
    let summary = Summary::NONE
        .stack(&stack(&[read]), GrantedUnion::none())
        .stack(&stack(&[read, write]), GrantedUnion::none());

    let refer = fs(1 << REFER);
    assert_eq!(summary.handled(AccessFs::ALL), read | write | refer);
    assert_eq!(summary.handled(read), read);
    assert_eq!(Summary::NONE.handled(AccessFs::ALL), AccessFs::empty());
}
