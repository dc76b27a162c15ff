// SPDX-License-Identifier: GPL-2.0-only

//! A module of the policy, for what only the policy may name.

use super::{
    access::AccessFs,
    grants::Grants,
    layer::{self, LayerIndex},
};

/// Reads what a rule grants in each layer from the words that a table stores for it.
pub(crate) fn grants(words: &[u64]) -> Grants<'_> {
    Grants::from_words(words)
}

/// Returns what a rule grants in the layer at `index`.
pub(crate) fn in_layer(grants: Grants<'_>, index: LayerIndex) -> AccessFs {
    let word = grants.words().nth(layer::word_of(index)).unwrap_or(0);

    layer::unpack(index, word)
}
