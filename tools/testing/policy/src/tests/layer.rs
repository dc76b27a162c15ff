// SPDX-License-Identifier: GPL-2.0-only

//! Layers and what they deny, against one set of rights per layer.

use super::support::*;
use crate::policy::{
    access::{AccessFs, AccessMasks, AccessNet},
    denial::Denial,
    grants::Grants,
    layer::{Layers, TooManyLayers, MAX_LAYERS},
    rule::Key,
    unfulfilled::Unfulfilled,
};

use proptest::{collection::vec, prelude::*};

/// What each layer still denies, oldest first.
#[derive(Clone)]
struct Model(Vec<Set>);

impl Model {
    fn new(handled: &[Set], requested: &Set) -> Self {
        let denied = handled.iter().map(denied_by);

        Self(denied.map(|denied| &denied & requested).collect())
    }

    fn grant(&mut self, rule: &[Set]) {
        for (left, granted) in self.0.iter_mut().zip(rule) {
            *left = &*left - granted;
        }
    }

    fn denial(&self) -> Option<(usize, Set)> {
        let layer = self.0.iter().rposition(|left| !left.is_empty())?;

        Some((layer, self.0[layer].clone()))
    }
}

/// Layers, and rules that grant something in each of them.
#[derive(Debug, Clone)]
struct Case {
    handled: Vec<Set>,
    requested: Set,
    rules: Vec<Vec<Set>>,
}

impl Case {
    fn any() -> impl Strategy<Value = Self> {
        (1..=LAYERS).prop_flat_map(|count| {
            let rules = vec(any_sets(count..=count), 0..6);

            (any_sets(count..=count), any_set(), rules).prop_map(|(handled, requested, rules)| {
                Self {
                    handled,
                    requested,
                    rules,
                }
            })
        })
    }

    fn unfulfilled(&self) -> Unfulfilled<AccessFs> {
        Unfulfilled::new(&stack_of(&self.handled), rights(&self.requested))
    }

    fn model(&self) -> Model {
        Model::new(&self.handled, &self.requested)
    }

    /// Makes a table in which the key of a rule is its position from 1.
    fn table(&self) -> Rules {
        table(&self.rules, self.handled.len())
    }
}

fn key(position: usize) -> Key {
    Key::new(position as u64 + 1).expect("it is not 0")
}

/// Makes a table of `rules` that have rights for `layers` layers.
fn table(rules: &[Vec<Set>], layers: usize) -> Rules {
    let mut table = Rules::new(rules.len(), layers);

    for (position, rule) in rules.iter().enumerate() {
        for (layer, granted) in rule.iter().enumerate() {
            table.extend(key(position), layer, rights(granted));
        }
    }
    table
}

fn grants(table: &Rules, position: usize) -> Grants<'_> {
    table.find(key(position)).expect("it was added")
}

fn denial(left: &Unfulfilled<AccessFs>) -> Option<(usize, Set)> {
    let denial = left.youngest_denial()?;

    Some((denial.layer.get(), set_of(denial.missing)))
}

#[test]
fn domain_has_sixteen_layers_at_most() {
    assert_eq!(MAX_LAYERS, LAYERS);
    let mut layers = Layers::first(handling(AccessFs::ALL));

    for count in 1..LAYERS {
        assert_eq!(layers.youngest(), index(count - 1));
        layers = layers
            .stack(handling(AccessFs::ALL))
            .expect("there is room");
    }
    assert_eq!(layers.youngest(), index(LAYERS - 1));
    assert_eq!(
        layers.stack(handling(AccessFs::ALL)).err(),
        Some(TooManyLayers)
    );
}

#[test]
fn stack_leaves_the_older_domain_as_it_was() {
    let all = AccessFs::ALL;
    let parent = Layers::first(handling(AccessFs::empty()));
    let child = parent.stack(handling(all)).expect("there is room");

    assert_eq!(parent.youngest(), index(0));
    assert_eq!(parent.youngest_handling(all), None);
    assert_eq!(child.youngest_handling(all), Some(index(1)));
}

#[test]
fn youngest_denial_is_the_youngest_of_any_layers_that_deny() {
    for denying in 0..1u32 << LAYERS {
        let handled = std::array::from_fn::<_, LAYERS, _>(|layer| match denying >> layer & 1 {
            0 => AccessFs::empty(),
            _ => AccessFs::FILE,
        });
        let left = Unfulfilled::new(&stack(&handled), AccessFs::FILE);

        let expected = denying.checked_ilog2().map(|layer| Denial {
            layer: index(layer as usize),
            missing: AccessFs::FILE,
        });
        assert_eq!(left.youngest_denial(), expected, "{denying:#b}");
        assert_eq!(left.is_fulfilled(), denying == 0, "{denying:#b}");
    }
}

#[test]
fn right_of_one_layer_is_denied_until_that_layer_grants_it() {
    for layer in 0..LAYERS {
        for right in 0..FS_COUNT {
            let mut handled = vec![Set::new(); LAYERS];
            handled[layer] = Set::from([right]);

            for granting in 0..LAYERS {
                let mut rule = vec![Set::new(); LAYERS];
                rule[granting] = Set::from([right]);
                let table = table(&[rule], LAYERS);
                let mut left = Unfulfilled::new(&stack_of(&handled), some_right(right));

                left.grant(grants(&table, 0));
                assert_eq!(
                    left.is_fulfilled(),
                    granting == layer,
                    "{right} {layer} {granting}"
                );
            }
        }
    }
}

#[test]
fn rights_on_files_and_on_ports_stay_apart() {
    let net = AccessMasks {
        net: AccessNet::ALL,
        ..AccessMasks::default()
    };
    let layers = Layers::first(net).stack(handling(AccessFs::ALL)).unwrap();
    let layers = layers.stack(net).unwrap();

    assert_eq!(layers.youngest_handling(AccessNet::ALL), Some(index(2)));
    assert_eq!(layers.youngest_handling(AccessFs::ALL), Some(index(1)));
    let expected = vec![Set::new(), all_rights(), Set::new()];
    let left = Unfulfilled::new(&layers, AccessFs::ALL);
    assert_eq!(left_per_layer(left, 3), expected);
}

proptest! {
    #[test]
    fn right_can_be_denied_in_every_layer_in_use(case in Case::any(), denied in any_set()) {
        let (mut left, model) = granted_all(&case);

        left.deny_in_all(rights(&denied));
        let expected: Vec<_> = model.0.iter().map(|left| left | &denied).collect();
        prop_assert_eq!(left_per_layer(left, expected.len()), expected);
    }

    #[test]
    fn denials_are_those_of_one_set_per_layer(case in Case::any()) {
        let (mut left, mut model, table) = (case.unfulfilled(), case.model(), case.table());

        prop_assert_eq!(denial(&left), model.denial());
        for (position, rule) in case.rules.iter().enumerate() {
            left.grant(grants(&table, position));
            model.grant(rule);

            prop_assert_eq!(denial(&left), model.denial());
            prop_assert_eq!(left.is_fulfilled(), model.denial().is_none());
        }
    }

    #[test]
    fn youngest_layer_that_handles_a_right_is_found(
        handled in any_sets(1..=LAYERS),
        wanted in any_set(),
    ) {
        let layers = stack_of(&handled);

        let expected = handled.iter().rposition(|handled| !denied_by(handled).is_disjoint(&wanted));
        prop_assert_eq!(layers.youngest_handling(rights(&wanted)), expected.map(index));
        prop_assert_eq!(layers.youngest(), index(handled.len() - 1));
    }

    #[test]
    fn order_of_grants_does_not_matter(
        (case, order) in Case::any().prop_flat_map(|case| {
            let order: Vec<usize> = (0..case.rules.len()).collect();

            (Just(case), Just(order).prop_shuffle())
        }),
    ) {
        let (mut one, mut other, table) = (case.unfulfilled(), case.unfulfilled(), case.table());

        for (position, shuffled) in order.iter().enumerate() {
            one.grant(grants(&table, position));
            other.grant(grants(&table, *shuffled));
        }
        prop_assert_eq!(denial(&one), denial(&other));
    }

    #[test]
    fn rule_that_is_met_twice_grants_nothing_more(case in Case::any()) {
        let (mut left, table) = (case.unfulfilled(), case.table());

        for position in 0..case.rules.len() {
            left.grant(grants(&table, position));
            let once = denial(&left);

            left.grant(grants(&table, position));
            prop_assert_eq!(denial(&left), once);
        }
    }

    #[test]
    fn one_more_grant_never_denies_more(case in Case::any()) {
        let (mut left, table) = (case.unfulfilled(), case.table());
        let mut before = denial(&left);

        for position in 0..case.rules.len() {
            left.grant(grants(&table, position));
            let after = denial(&left);

            if let Some((layer, missing)) = &after {
                let (layer_before, missing_before) = before.expect("denied out of nothing");
                prop_assert!(*layer <= layer_before);
                prop_assert!(*layer < layer_before || missing.is_subset(&missing_before));
            }
            before = after;
        }
    }

    #[test]
    fn one_more_layer_never_allows_more(case in Case::any(), handled in any_set()) {
        prop_assume!(case.handled.len() < LAYERS);
        let mut nested = case.clone();
        nested.handled.push(handled);
        let (table, mut outer, mut inner) = (case.table(), case.unfulfilled(), nested.unfulfilled());

        // The rules of the outer domain, which have nothing for the inner layer.
        for position in 0..case.rules.len() {
            outer.grant(grants(&table, position));
            inner.grant(grants(&table, position));
        }
        if inner.is_fulfilled() {
            prop_assert!(outer.is_fulfilled());
        }
        if let Some(outer) = denial(&outer) {
            let inner = denial(&inner).expect("allowed by one more layer");
            prop_assert!(inner.0 == case.handled.len() || inner == outer);
        }
    }

    #[test]
    fn layer_that_handles_nothing_changes_no_verdict(case in Case::any(), place in 0..LAYERS) {
        prop_assume!(case.handled.len() < LAYERS);
        let place = place.min(case.handled.len());
        let mut idle = case.clone();
        idle.handled.insert(place, Set::new());
        for rule in &mut idle.rules {
            rule.insert(place, all_rights());
        }
        let (table, idle_table) = (case.table(), idle.table());
        let (mut left, mut idle_left) = (case.unfulfilled(), idle.unfulfilled());

        for position in 0..case.rules.len() {
            left.grant(grants(&table, position));
            idle_left.grant(grants(&idle_table, position));
        }
        prop_assert_eq!(left.is_fulfilled(), idle_left.is_fulfilled());
    }

    #[test]
    fn less_is_denied_of_a_smaller_request(case in Case::any(), dropped in any_set()) {
        let mut smaller = case.clone();
        smaller.requested = &case.requested - &dropped;
        let (table, mut left, mut of_smaller) =
            (case.table(), case.unfulfilled(), smaller.unfulfilled());

        for position in 0..case.rules.len() {
            left.grant(grants(&table, position));
            of_smaller.grant(grants(&table, position));
        }
        prop_assert!(of_smaller.is_fulfilled() || !left.is_fulfilled());
        prop_assert!(denial(&of_smaller).is_none_or(|(_, missing)| missing.is_subset(&smaller.requested)));
    }

    #[test]
    fn rule_that_grants_everything_ends_the_walk(case in Case::any()) {
        let layers = case.handled.len();
        let table = table(&[vec![all_rights(); layers]], layers);
        let mut left = case.unfulfilled();

        left.grant(grants(&table, 0));
        prop_assert!(left.is_fulfilled());
        prop_assert_eq!(denial(&left), None);
    }

    #[test]
    fn rules_of_fewer_layers_grant_nothing_to_the_others(
        handled in any_sets(3..=LAYERS),
        layers in 1..=2usize,
    ) {
        let table = table(&[vec![all_rights(); layers]], layers);
        let mut left = Unfulfilled::new(&stack_of(&handled), AccessFs::ALL);
        let mut model = Model::new(&handled, &all_rights());

        left.grant(grants(&table, 0));
        model.grant(&vec![all_rights(); layers]);
        prop_assert_eq!(denial(&left), model.denial());
    }

    #[test]
    fn each_layer_keeps_what_no_rule_of_it_granted(case in Case::any()) {
        let (left, model) = granted_all(&case);

        prop_assert_eq!(left_per_layer(left, model.0.len()), model.0);
    }

    #[test]
    fn right_is_denied_if_any_layer_denies_it(case in Case::any()) {
        let (left, model) = granted_all(&case);

        let expected: Set = model.0.iter().flatten().copied().collect();
        prop_assert_eq!(set_of(left.denied()), expected);
    }

    #[test]
    fn fulfilled_request_has_nothing_left(case in Case::any()) {
        let left = case.unfulfilled().fulfilled();

        prop_assert!(left.is_fulfilled());
        prop_assert_eq!(denial(&left), None);
    }

    #[test]
    fn kept_rights_stay_as_they_are_in_each_layer(case in Case::any(), kept in any_set()) {
        let (mut left, model) = granted_all(&case);

        left.keep(rights(&kept));
        let expected: Vec<_> = model.0.iter().map(|left| left & &kept).collect();
        prop_assert_eq!(left_per_layer(left, expected.len()), expected);
    }

    #[test]
    fn what_is_common_is_left_in_both_in_the_same_layer(
        case in Case::any(),
        requested in any_set(),
    ) {
        let ((left, model), (other, other_model)) = pair(&case, requested);

        let pairs = model.0.iter().zip(&other_model.0);
        let expected: Vec<_> = pairs.map(|(left, other)| left & other).collect();
        prop_assert_eq!(left_per_layer(left.common(&other), expected.len()), expected);
    }

    #[test]
    fn what_is_left_here_is_compared_layer_by_layer(
        case in Case::any(),
        requested in any_set(),
        compared in any_set(),
    ) {
        let ((left, model), (other, other_model)) = pair(&case, requested);

        let mut pairs = model.0.iter().zip(&other_model.0);
        let expected = pairs.all(|(left, other)| (left & &compared).is_subset(other));
        prop_assert_eq!(left.is_left_in(&other, rights(&compared)), expected);

        let common = left.common(&other);
        prop_assert!(common.is_left_in(&left, AccessFs::ALL));
        prop_assert!(common.is_left_in(&other, AccessFs::ALL));
    }
}

/// Grants all rules of a case, one after another.
fn granted_all(case: &Case) -> (Unfulfilled<AccessFs>, Model) {
    let (mut left, mut model, table) = (case.unfulfilled(), case.model(), case.table());

    for (position, rule) in case.rules.iter().enumerate() {
        left.grant(grants(&table, position));
        model.grant(rule);
    }
    (left, model)
}

type Request = (Unfulfilled<AccessFs>, Model);

/// Makes two requests in one domain, of which the second is for `requested` and meets one rule.
fn pair(case: &Case, requested: Set) -> (Request, Request) {
    let mut other = case.clone();
    other.requested = requested;
    other.rules.truncate(1);

    (granted_all(case), granted_all(&other))
}

#[test]
fn same_right_left_in_different_layers_is_not_common() {
    for layer in 0..LAYERS {
        for other_layer in 0..LAYERS {
            let of = |layer| {
                let mut handled = [AccessFs::empty(); LAYERS];
                handled[layer] = AccessFs::FILE;
                Unfulfilled::new(&stack(&handled), AccessFs::FILE)
            };
            let (left, other) = (of(layer), of(other_layer));

            let is_same = layer == other_layer;
            assert_eq!(left.is_left_in(&other, AccessFs::ALL), is_same);
            assert_eq!(left.common(&other).is_fulfilled(), !is_same);
            assert_eq!(left.denied(), AccessFs::FILE);
        }
    }
}
