// SPDX-License-Identifier: GPL-2.0-only

//! How much is tried where everything would take hours.

/// A bound of proofs, trials and programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// What `make test` has time for.
    Quick,
    /// All of it.
    Whole,
}
