// SPDX-License-Identifier: GPL-2.0-only

//! Whether a denial is logged, against what the documentation says of each flag.

use super::support::*;
use crate::policy::{
    attr::RestrictFlags,
    quiet::{ExecLayers, LogRules, Program, Subdomains},
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
