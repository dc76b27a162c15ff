// SPDX-License-Identifier: GPL-2.0-only

//! Verdicts, against what is left unfulfilled.

use super::support::*;
use crate::policy::{
    access::AccessFs,
    layer::Unfulfilled,
    verdict::{Denial, Verdict},
};

use proptest::prelude::*;

proptest! {
    #[test]
    fn verdict_denies_if_and_only_if_something_is_left(
        handled in any_sets(1..=LAYERS),
        requested in any_set(),
    ) {
        let left = Unfulfilled::new(&stack_of(&handled), rights(&requested));
        let denied: Vec<_> = handled.iter().map(denied_by).collect();
        let denying = denied.iter().rposition(|denied| !denied.is_disjoint(&requested));

        let expected = match denying {
            None => Verdict::Allow,
            Some(layer) => Verdict::Deny(Denial {
                layer: index(layer),
                missing: rights(&(&denied[layer] & &requested)),
            }),
        };
        prop_assert_eq!(Verdict::from(left), expected);
    }
}

#[test]
fn request_for_nothing_is_allowed() {
    let layers = stack(&[AccessFs::ALL; LAYERS]);

    assert_eq!(
        Verdict::from(Unfulfilled::new(&layers, AccessFs::empty())),
        Verdict::Allow
    );
}
