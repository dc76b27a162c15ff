// SPDX-License-Identifier: GPL-2.0-only

//! A module of the policy, for what only the policy may name.

use super::grants::Grants;

/// Reads what a rule grants in each layer from the words that a table stores for it.
pub(crate) fn grants(words: &[u64]) -> Grants<'_> {
    Grants::from_words(words)
}
