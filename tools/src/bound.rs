// SPDX-License-Identifier: GPL-2.0-only

//! How much is tried where everything would take hours.

use crate::cli::Quick;

/// A bound of proofs, trials and programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// What `make test` has time for.
    Quick,
    /// All of it.
    Whole,
}

impl Bound {
    /// Returns what a person asks for with `QUICK=`.
    pub fn of(arguments: &Quick) -> Self {
        match arguments.quick {
            Some(_) => Self::Quick,
            None => Self::Whole,
        }
    }
}
