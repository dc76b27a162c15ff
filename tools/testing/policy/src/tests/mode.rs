// SPDX-License-Identifier: GPL-2.0-only

//! Permissive layers: who is to blame for a request.
//!
//! From `landlock_rs.h`: a permissive layer "denies nothing. What it would deny, and no other layer
//! denies, is logged and traced as such". As for all denials, the youngest layer is to blame.

use super::support::*;
use crate::policy::{
    access::{AccessFsRight, AccessMasks, Scope, Scopes},
    attr::RestrictFlags,
    blame::{Blame, Blocker},
    layer::Layers,
    mode::Mode,
    request::Request,
    rule::Key,
    unfulfilled::Unfulfilled,
};

use proptest::{collection::vec, prelude::*};

/// A layer: what it handles, what a rule that is met grants in it, whether it is permissive.
type Layer = (Set, Set, bool);

fn any_layers() -> impl Strategy<Value = Vec<Layer>> {
    vec((any_set(), any_set(), any::<bool>()), 1..=LAYERS)
}

fn mode(is_permissive: bool) -> Mode {
    match is_permissive {
        true => Mode::Permissive,
        false => Mode::Enforcing,
    }
}

/// Stacks layers, each with its mode.
fn stack_modes(handled: impl Iterator<Item = (AccessMasks, bool)>) -> Layers {
    let mut layers: Option<Layers> = None;

    for (handled, is_permissive) in handled {
        let mut stacked = match layers {
            Some(layers) => layers.stack(handled).expect("there are 16 layers"),
            None => Layers::first(handled),
        };
        stacked.set_mode(mode(is_permissive));
        layers = Some(stacked);
    }
    layers.expect("there is a layer")
}

/// The model: the youngest enforcing layer that misses any of `requested`, or else the youngest
/// permissive one, and what it misses.
fn expected(layers: &[Layer], requested: &Set) -> Option<(usize, Set)> {
    let missing: Vec<_> = layers
        .iter()
        .map(|(handled, granted, _)| &(&denied_by(handled) & requested) - granted)
        .collect();
    let youngest = |permissive: bool| {
        let denying = |layer: &usize| layers[*layer].2 == permissive && !missing[*layer].is_empty();
        (0..layers.len()).rev().find(denying)
    };

    let layer = youngest(false).or(youngest(true))?;
    Some((layer, missing[layer].clone()))
}

#[test]
fn flag_makes_the_layer_permissive() {
    for flags in 0..32 {
        let mode = |flags| RestrictFlags::parse(flags).unwrap().mode();

        assert_eq!(mode(flags), Mode::Enforcing);
        assert_eq!(mode(flags | 1 << 31), Mode::Permissive);
    }
}

proptest! {
    #[test]
    fn verdict_blames_enforcing_layers_first(
        layers in any_layers(),
        required in any_set(),
    ) {
        let handled = layers.iter().map(|(fs, _, mode)| (handling(rights(fs)), *mode));
        let stacked = stack_modes(handled);
        let mut rules = Rules::new(1, layers.len());
        for (layer, (_, granted, _)) in layers.iter().enumerate() {
            rules.extend(Key::MIN, layer, rights(granted));
        }
        let request = Request {
            required: rights(&required),
            optional: AccessFsRight::Truncate | AccessFsRight::IoctlDev,
        };
        let left_of = |request: Request| {
            let mut left = request.unfulfilled(&stacked);
            left.grant(rules.find(Key::MIN).unwrap());
            left
        };
        let left = left_of(request);
        let later = request.later();
        prop_assert!(later.verdict(&stacked, left_of(later)).is_ok());

        let blamed = |blame: Blame| match blame.blocker {
            Blocker::Fs(missing) => (blame.layer.get(), set_of(missing)),
            blocker => panic!("{blocker:?} is not about files"),
        };
        match (request.verdict(&stacked, left), expected(&layers, &required)) {
            (Err(blame), expected) => prop_assert_eq!(Some(blamed(blame)), expected),
            (Ok(denials), expected_blame) => {
                prop_assert_eq!(expected_blame, None);
                for right in [AccessFsRight::Truncate, AccessFsRight::IoctlDev] {
                    let later = expected(&layers, &positions(&[right]));
                    let denial = denials.denial(right);

                    prop_assert_eq!(
                        denial.map(|(denial, _)| denial.layer.get()),
                        later.map(|(layer, _)| layer)
                    );
                }
            }
        }
    }

    #[test]
    fn scope_blames_enforcing_layers_first(
        layers in vec((any::<bool>(), any::<bool>()), 1..=LAYERS),
        common in 0..=LAYERS,
    ) {
        let masks = |limits: bool| AccessMasks {
            scope: if limits { Scope::Signal.into() } else { Scopes::empty() },
            ..AccessMasks::default()
        };
        let stacked = stack_modes(layers.iter().map(|(limits, mode)| (masks(*limits), *mode)));
        let beyond = |permissive: bool| {
            let denying = |layer: &usize| layers[*layer] == (true, permissive);
            (common..layers.len()).rev().find(denying)
        };
        let Some(youngest) = stacked.youngest_handling(Scopes::ALL) else {
            return Ok(());
        };

        if youngest.get() >= common {
            let blamed = stacked.layer_to_blame(youngest, Scopes::ALL, || common);
            prop_assert_eq!(Some(blamed.get()), beyond(false).or(beyond(true)));
        }
    }

    #[test]
    fn tracer_blames_enforcing_layers_first(
        modes in vec(any::<bool>(), 1..=LAYERS),
        common in 0..LAYERS,
    ) {
        let common = common.min(modes.len() - 1);
        let stacked = stack_modes(modes.iter().map(|mode| (AccessMasks::default(), *mode)));
        let enforcing = (common..modes.len()).rev().find(|layer| !modes[*layer]);

        let blamed = stacked.layer_to_blame_beyond(|| common);
        prop_assert_eq!(blamed.get(), enforcing.unwrap_or(modes.len() - 1));
        prop_assert_eq!(stacked.mode(blamed), mode(enforcing.is_none()));
    }

    #[test]
    fn layers_of_one_mode_are_kept(layers in any_layers(), requested in any_set()) {
        let handled = layers.iter().map(|(fs, _, mode)| (handling(rights(fs)), *mode));
        let stacked = stack_modes(handled);

        for permissive in [false, true] {
            let mut left = Unfulfilled::new(&stacked, rights(&requested));
            left.keep_mode(&stacked, mode(permissive));
            let kept = layers.iter().filter(|layer| layer.2 == permissive);
            let denied: Set = kept
                .flat_map(|(handled, ..)| &denied_by(handled) & &requested)
                .collect();

            prop_assert_eq!(set_of(left.denied()), denied);
            prop_assert!((0..layers.len()).all(|layer| !left.is_quiet(index(layer))));
        }
    }
}
