// SPDX-License-Identifier: GPL-2.0-only

//! Whether a denial is logged, against what the documentation says of each flag.

use super::support::*;
use crate::policy::{
    access::AccessFs,
    attr::RestrictFlags,
    grants::RuleFlags,
    quiet::{ExecLayers, LogRules, Program, Subdomains},
    rule::{self, Key},
    scope,
    unfulfilled::Unfulfilled,
};

use proptest::{collection::btree_set, prelude::*};

const SAME_EXEC_OFF: u32 = 1;
const NEW_EXEC_ON: u32 = 2;

#[test]
fn each_combination_of_flags_is_logged_as_documented() {
    for bits in 0..8 {
        let flags = RestrictFlags::parse(bits).unwrap();

        for before in [Subdomains::Logged, Subdomains::Muted] {
            let rules = LogRules::new(flags, before);

            // LOG_SUBDOMAINS_OFF is for later domains: that of this call says nothing here.
            let same = before == Subdomains::Logged && bits & SAME_EXEC_OFF == 0;
            let new = before == Subdomains::Logged && bits & NEW_EXEC_ON != 0;
            assert_eq!(rules.is_logged(Program::Same), same, "{bits:#x} {before:?}");
            assert_eq!(rules.is_logged(Program::New), new, "{bits:#x} {before:?}");
        }
    }
}

/// Whatever else is done with what is left of a request, in layers in common with a server or not.
#[test]
fn layer_is_quiet_once_a_quiet_rule_of_it_is_met() {
    for layers in 1..=LAYERS {
        let stacked = stack(&vec![AccessFs::ALL; layers]);

        for quiet in 0..layers {
            let mut rules = Rules::new(1, layers);
            let (words, quiet_layer) = (&mut rules.words, index(quiet));
            rule::extend(
                rules.shape,
                words,
                Key::MIN,
                quiet_layer,
                AccessFs::FILE,
                RuleFlags::QUIET,
            )
            .unwrap();
            let grants = rules.find(Key::MIN).unwrap();

            for common in 0..=layers {
                let before = scope::unfulfilled(&stacked, common, AccessFs::ALL);
                let mut met = before;
                met.grant(grants);
                let (mut kept, mut denied) = (met, met);
                kept.keep(AccessFs::FILE);
                denied.deny_in_all(AccessFs::ALL);

                for layer in 0..layers {
                    let is_quiet = |left: &Unfulfilled<_>| left.is_quiet(index(layer));
                    let not_met = [before, before.fulfilled(), before.common(&met)];
                    let met = [met, kept, denied, met.fulfilled(), met.common(&before)];

                    assert!(
                        !not_met.iter().any(is_quiet),
                        "{layer} of {layers}, {common}"
                    );
                    for left in &met {
                        assert_eq!(
                            is_quiet(left),
                            layer == quiet,
                            "{layer} of {layers}, {common}"
                        );
                    }
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn program_has_enforced_the_layers_that_were_added(own in btree_set(0..LAYERS, 0..=LAYERS)) {
        let layers = own
            .iter()
            .fold(ExecLayers::default(), |layers, layer| layers.with(index(*layer)));

        for layer in 0..LAYERS {
            let expected = match own.contains(&layer) {
                true => Program::Same,
                false => Program::New,
            };

            prop_assert_eq!(layers.program(index(layer)), expected);
            prop_assert_eq!(layers.with(index(layer)).program(index(layer)), Program::Same);
        }
        prop_assert_eq!(ExecLayers::from_bits(layers.bits()), layers);
        prop_assert_eq!(layers.bits() == 0, own.is_empty());
    }
}
