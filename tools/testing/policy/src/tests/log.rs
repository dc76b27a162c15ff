// SPDX-License-Identifier: GPL-2.0-only

//! What denials and rules look like in the logs.

use super::support::{Rules, FS_COUNT, NET_COUNT};
use crate::policy::{
    access::{AccessFs, AccessFsRight, AccessMasks, AccessNet, Scope, Scopes},
    address::Port,
    blame::{Blame, Blocker},
    denial::Denial,
    grants::RuleFlags,
    layer::{LayerIndex, Layers},
    numbering,
    open::FileType,
    optional::OptionalDenials,
    quiet::is_quiet,
    refer::{Move, Moved, Reparent, Required},
    rule::{extend, Multiplier, Shape, Table},
    unfulfilled::{Inheritance, Unfulfilled},
};

use proptest::prelude::*;
use std::num::NonZeroU64;

fn layers(handled: &[u32]) -> Layers {
    let masks = |bits: &u32| AccessMasks {
        fs: AccessFs::parse(u64::from(*bits)).unwrap(),
        ..AccessMasks::default()
    };

    handled[1..]
        .iter()
        .fold(Layers::first(masks(&handled[0])), |layers, bits| {
            layers.stack(masks(bits)).unwrap()
        })
}

/// Two layers: the oldest handles all rights on ports, the other one the first and the third.
fn net_layers() -> Layers {
    let masks = |bits| AccessMasks {
        net: AccessNet::parse(bits).unwrap(),
        ..AccessMasks::default()
    };

    Layers::first(masks(0xf)).stack(masks(0x5)).unwrap()
}

#[test]
fn blame_keeps_who_denied_what() {
    let layer = LayerIndex::try_new(3).unwrap();
    let fs = AccessFs::from(AccessFsRight::ReadFile);

    let blame = Blame::fs(Denial { layer, missing: fs }, true);
    assert_eq!((blame.layer, blame.is_object_quiet), (layer, true));
    assert_eq!(blame.blocker.missing(), 4);
    let left = Unfulfilled::new(&net_layers(), AccessNet::ALL);
    let blame = Blame::for_port(&left).unwrap();
    assert_eq!((blame.layer.get(), blame.is_object_quiet), (1, false));
    assert_eq!(blame.blocker.missing(), 0x5);
    assert_eq!(Blame::for_port(&left.fulfilled()), None);
    for blocker in [
        Blocker::Ptrace,
        Blocker::ChangeTopology,
        Blocker::Scope(Scope::Signal),
    ] {
        assert_eq!(Blame::layer(layer, blocker).blocker.missing(), 0);
    }
}

#[test]
fn numbers_in_logs_are_those_of_user_space() {
    for number in 0..=u16::MAX {
        assert_eq!(Port::new(number).number(), number);
    }
    assert_eq!((RuleFlags::NONE.bits(), RuleFlags::QUIET.bits()), (0, 1));
}

/// A quiet rule silences a denial if the layer says so of every right that is missing.
#[test]
fn each_pair_of_rights_is_quiet_as_documented() {
    for quiet in 0..1u64 << 4 {
        for missing in 1..1u64 << 4 {
            for covered in [false, true] {
                let net = AccessMasks {
                    net: AccessNet::parse(quiet).unwrap(),
                    ..AccessMasks::default()
                };
                let fs = AccessMasks {
                    fs: AccessFs::parse(quiet).unwrap(),
                    ..AccessMasks::default()
                };
                let layer = LayerIndex::try_new(0).unwrap();
                let blame = |blocker| Blame {
                    layer,
                    blocker,
                    is_object_quiet: covered,
                };
                let expected = covered && missing & !quiet == 0;

                let net_missing = Blocker::Net(AccessNet::parse(missing).unwrap());
                assert_eq!(is_quiet(net, blame(net_missing)), expected);
                assert!(!is_quiet(fs, blame(net_missing)));
                let fs_missing = Blocker::Fs(AccessFs::parse(missing).unwrap());
                assert_eq!(is_quiet(fs, blame(fs_missing)), expected);
                assert!(!is_quiet(net, blame(fs_missing)));
            }
        }
    }
}

#[test]
fn scope_is_quiet_if_its_layer_says_so() {
    for bits in 0..4u64 {
        let quiet = AccessMasks {
            scope: Scopes::parse(bits).unwrap(),
            ..AccessMasks::default()
        };
        let layer = LayerIndex::try_new(0).unwrap();

        for (scope, bit) in [(Scope::AbstractUnixSocket, 1), (Scope::Signal, 2)] {
            let blame = Blame::layer(layer, Blocker::Scope(scope));
            assert_eq!(is_quiet(quiet, blame), bits & bit != 0);
        }
    }
}

/// Each directory of a refused rename is reported by itself.
#[test]
fn what_is_left_of_a_directory_is_blamed() {
    let layers = layers(&[1 << 8]);
    let required = Required::new(Move::Link, FileType::Regular, None);
    let moved = Moved::new(&layers, FileType::Regular, None);
    let mut reparent = Reparent::new(&layers, required, moved, None, Inheritance::Whole);

    let blame = Blame::for_file(&reparent.destination().left()).unwrap();
    let missing = AccessFsRight::MakeReg | AccessFsRight::Refer;
    assert_eq!(blame.blocker, Blocker::Fs(missing));
    reparent.source().grant_all();
    assert_eq!(Blame::for_file(&reparent.source().left()), None);
}

/// A rule above both directories is shown with what it could still grant to each of them.
#[test]
fn rule_above_both_directories_is_shown_with_what_is_asked_of_each() {
    let layers = layers(&[1 << 8]);
    let all = AccessFsRight::MakeReg | AccessFsRight::Refer;
    let required = Required::new(Move::Link, FileType::Regular, None);
    let moved = Moved::new(&layers, FileType::Regular, None);
    let mut reparent = Reparent::new(&layers, required, moved, None, Inheritance::Whole);
    assert_eq!(reparent.asked(all), [Some(all), Some(all)]);

    reparent.compare();
    let refer = AccessFs::from(AccessFsRight::Refer);
    assert_eq!(reparent.asked(all), [Some(refer), Some(all)]);

    reparent.source().grant_all();
    assert_eq!(reparent.asked(all), [None, Some(all)]);
}

proptest! {
    #[test]
    fn identifiers_never_repeat_and_never_are_zero(random: u32, steps in prop::collection::vec(any::<u8>(), 1..50)) {
        let mut last = numbering::first(random);
        prop_assert!(last > u64::from(u32::MAX));

        for step in steps {
            let next = last + numbering::step(step);
            prop_assert!(next > last && next - last <= 16);
            last = next;
        }
    }

    /// The layer that denied an optional right survives the word of the file blob, whatever the
    /// layers are.
    #[test]
    fn open_file_remembers_who_denied(handled in prop::collection::vec(0u32..1 << FS_COUNT, 1..=16), word_of_other: u32) {
        let layers = layers(&handled);
        let left = Unfulfilled::new(&layers, AccessFs::ALL);
        let denials = OptionalDenials::from_word(OptionalDenials::new(&left).into_word());

        for (right, bit) in [(AccessFsRight::Truncate, 14), (AccessFsRight::IoctlDev, 15)] {
            let youngest = handled.iter().rposition(|bits| bits >> bit & 1 != 0);
            let found = denials.denial(right).map(|(denial, quiet)| (denial.layer.get(), quiet));
            prop_assert_eq!(found, youngest.map(|layer| (layer, false)));
        }
        // Any word is read without a fault.
        let _ = OptionalDenials::from_word(word_of_other).denial(AccessFsRight::IoctlDev);
    }

    /// A trace event shows for each layer what its rule grants of the request, and what the layer
    /// does not deny, but nothing where there is no rule.
    #[test]
    fn matching_rule_is_shown_layer_by_layer(
        rules in prop::collection::vec((0u32..1 << FS_COUNT, prop::option::of((0u32..1 << FS_COUNT, any::<bool>()))), 1..=16),
        requested in 0u32..1 << FS_COUNT,
    ) {
        const REFER: u32 = 1 << 13;
        let handled: Vec<u32> = rules.iter().map(|(handled, _)| *handled).collect();
        let layers = layers(&handled);
        let youngest = LayerIndex::try_new(rules.len() - 1).unwrap();
        let shape = Shape::new(1, youngest, Multiplier::FIXED).unwrap();
        let mut words = vec![0; shape.words().unwrap()];
        let key = NonZeroU64::new(77).unwrap();
        for (layer, (_, rule)) in rules.iter().enumerate() {
            if let Some((granted, quiet)) = rule {
                let layer = LayerIndex::try_new(layer).unwrap();
                let granted = AccessFs::parse(u64::from(*granted)).unwrap();
                let flags = if *quiet { RuleFlags::QUIET } else { RuleFlags::NONE };
                extend(shape, &mut words, key, layer, granted, flags).unwrap();
            }
        }
        let request = AccessFs::parse(u64::from(requested)).unwrap();

        let found = Table::new(shape, &words).find(key);
        prop_assert_eq!(found.is_some(), rules.iter().any(|(_, rule)| rule.is_some()));
        if let Some(grants) = found {
            let (granted, count) = layers.granted(grants, request);

            prop_assert_eq!(count, rules.len());
            for (layer, (handled, rule)) in rules.iter().enumerate() {
                let expected = match rule {
                    Some((0, false)) | None => 0,
                    Some((granted, _)) => (granted | !(handled | REFER)) & requested,
                };
                prop_assert_eq!(granted[layer], expected, "layer {}", layer);
            }
        }
    }

    /// The same for ports, where no right is denied that a layer does not handle.
    #[test]
    fn matching_rule_on_a_port_is_shown_layer_by_layer(
        rules in prop::collection::vec((0u32..1 << NET_COUNT, prop::option::of(1u32..1 << NET_COUNT)), 1..=16),
        requested in 0u32..1 << NET_COUNT,
    ) {
        let net = |bits: u32| AccessNet::parse(bits.into()).unwrap();
        let handling = |bits: u32| AccessMasks { net: net(bits), ..AccessMasks::default() };
        let layers = rules[1..].iter().fold(Layers::first(handling(rules[0].0)), |layers, (handled, _)| {
            layers.stack(handling(*handled)).unwrap()
        });
        let mut table = Rules::new(1, rules.len());
        let key = NonZeroU64::new(77).unwrap();
        for (layer, (_, rule)) in rules.iter().enumerate() {
            if let Some(granted) = rule {
                let layer = LayerIndex::try_new(layer).unwrap();
                extend(table.shape, &mut table.words, key, layer, net(*granted), RuleFlags::NONE)
                    .unwrap();
            }
        }

        let found = table.find(key);
        prop_assert_eq!(found.is_some(), rules.iter().any(|(_, rule)| rule.is_some()));
        if let Some(grants) = found {
            let (granted, count) = layers.granted(grants, net(requested));

            prop_assert_eq!(count, rules.len());
            for (layer, (handled, rule)) in rules.iter().enumerate() {
                let expected = rule.map_or(0, |granted| (granted | !handled) & requested);
                prop_assert_eq!(granted[layer], expected, "layer {}", layer);
            }
        }
    }
}
