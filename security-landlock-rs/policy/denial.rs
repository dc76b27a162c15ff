// SPDX-License-Identifier: GPL-2.0-only

//! Denied requests.

use super::layer::LayerIndex;

/// Which layer denied a request, and which rights are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Denial<A> {
    /// The youngest layer that denies.
    pub(crate) layer: LayerIndex,
    /// The requested rights that no rule of this layer grants.
    pub(crate) missing: A,
}
