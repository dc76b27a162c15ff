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
