// SPDX-License-Identifier: GPL-2.0-only

//! The answer to a request.

use super::layer::{Handled, LayerIndex, Unfulfilled};

/// Who refused a request, and for want of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Denial<A> {
    /// The youngest layer that denies.
    pub(crate) layer: LayerIndex,
    /// The requested rights that no rule of this layer grants.
    pub(crate) missing: A,
}

/// The answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Verdict<A> {
    /// Every layer grants the request.
    Allow,
    /// At least one layer does not.
    Deny(Denial<A>),
}

impl<A: Handled> From<Unfulfilled<A>> for Verdict<A> {
    /// Concludes, when no further rule can grant anything.
    fn from(left: Unfulfilled<A>) -> Self {
        match left.youngest_denial() {
            None => Self::Allow,
            Some(denial) => Self::Deny(denial),
        }
    }
}
