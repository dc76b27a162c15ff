// SPDX-License-Identifier: GPL-2.0-only

//! Refused requests.

use super::layer::LayerIndex;

/// Who refused a request, and for want of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Denial<A> {
    /// The youngest layer that denies.
    pub(crate) layer: LayerIndex,
    /// The requested rights that no rule of this layer grants.
    pub(crate) missing: A,
}
