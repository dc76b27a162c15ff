// SPDX-License-Identifier: GPL-2.0-only

//! What a rule grants in each layer, and what it says about logs.

use super::{
    access::{Access, Granted},
    layer::{self, Handled, LayerIndex, Layers, MAX_LAYERS},
};

/// What a rule says about logging denials on its object, and beneath it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Logging {
    /// Nothing.
    Normal,
    /// Denials are not logged, for the rights that the layer declares quiet.
    Quiet,
}

/// What all rules of a ruleset grant together, on whatever objects, and whether one is quiet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GrantedUnion<A> {
    granted: A,
    is_any_quiet: bool,
}

impl<A: Access> GrantedUnion<A> {
    /// Returns what no rule grants.
    pub(crate) fn none() -> Self {
        Self {
            granted: A::from_stored(0),
            is_any_quiet: false,
        }
    }

    /// Adds a rule.
    pub(crate) fn add(&mut self, granted: A, logging: Logging) {
        self.granted = A::from_stored(self.granted.into() | granted.into());
        self.is_any_quiet |= logging == Logging::Quiet;
    }

    /// Returns every right that some rule grants.
    pub(crate) fn granted(self) -> A {
        self.granted
    }

    /// Returns whether some rule is quiet.
    pub(crate) fn is_any_quiet(self) -> bool {
        self.is_any_quiet
    }
}

/// What each layer grants on one object, packed as [`super::layer`] says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grants<'a> {
    words: &'a [u64],
}

impl<'a> Grants<'a> {
    /// Reads the words of a slot that follow its key.
    pub(super) fn from_words(words: &'a [u64]) -> Self {
        Self { words }
    }

    /// Returns what the only layer of a ruleset grants, the oldest one.
    pub(crate) fn of_ruleset<A: Access>(self) -> A {
        let first = self.words.first().copied().unwrap_or(0);

        layer::unpack(LayerIndex::new::<0>(), first)
    }

    /// Returns what the rule says about logging in the layer at `index`.
    pub(crate) fn logging(self, index: LayerIndex) -> Logging {
        let word = self.words.get(layer::word_of(index)).copied().unwrap_or(0);

        if word & layer::pack_quiet(index) == 0 {
            Logging::Normal
        } else {
            Logging::Quiet
        }
    }

    /// Returns the rights that the rule grants in at least one layer.
    #[inline]
    pub(super) fn in_any_layer<A: Access>(self) -> A {
        let either = self.words().fold(0, |all, granted| all | granted);

        // CAST: the rights of younger layers were folded into the lower half.
        A::from_stored((either | either >> 32) as u32)
    }

    /// Returns the rights that the rule grants in each layer that handles them.
    #[inline]
    pub(super) fn in_each_layer<A: Handled>(self, layers: &Layers) -> A {
        layers.granted_in_each(self.words)
    }

    /// Returns the packed rights, oldest layers first.
    pub(super) fn words(self) -> impl Iterator<Item = u64> + 'a {
        self.words.iter().copied()
    }
}

impl Layers {
    /// Returns what each layer, of as many as there are, grants of `requested` by a rule.
    ///
    /// A layer in which there is no rule on the object grants nothing; in the others, rights that
    /// the layer does not deny are granted as well. For the logs.
    pub(crate) fn granted<A: Handled + Granted>(
        &self,
        grants: Grants<'_>,
        requested: A,
    ) -> ([u32; MAX_LAYERS], usize) {
        let mut granted = [0; MAX_LAYERS];
        let halves = grants.words().flat_map(|word| [word, word >> 32]);
        let handled = self.handled::<A>().flat_map(|word| [word, word >> 32]);

        for ((granted, half), handled) in granted.iter_mut().zip(halves).zip(handled) {
            // CAST: keeps the lower half on purpose.
            let (half, handled) = (half as u32, A::from_stored(handled as u32));

            if half != 0 {
                let implied = A::granted_without_rule(handled).into();
                *granted = (A::from_stored(half).into() | implied) & requested.into();
            }
        }
        (granted, self.youngest().get().wrapping_add(1))
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_grants)]
mod tests {
    use super::super::access::{
        AccessFs,
        AccessFsRight::{ReadFile, WriteFile},
    };
    use super::*;

    #[test]
    fn union_has_what_any_rule_grants() {
        let mut union = GrantedUnion::<AccessFs>::none();
        assert_eq!(union.granted(), AccessFs::empty());

        union.add(ReadFile.into(), Logging::Normal);
        union.add(WriteFile.into(), Logging::Normal);

        assert_eq!(union.granted(), ReadFile | WriteFile);
        assert!(!union.is_any_quiet());
    }

    #[test]
    fn one_quiet_rule_is_enough() {
        let mut union = GrantedUnion::<AccessFs>::none();

        union.add(AccessFs::empty(), Logging::Quiet);
        union.add(ReadFile.into(), Logging::Normal);

        assert!(union.is_any_quiet());
        assert_eq!(union.granted(), AccessFs::from(ReadFile));
    }
}
