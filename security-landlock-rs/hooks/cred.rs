// SPDX-License-Identifier: GPL-2.0-only

//! Credentials inherit the domain of those they are copied from.

use crate::subject::CredState;

/// Fills the blob of new credentials: `cred_prepare` and `cred_transfer`.
pub(crate) fn cred_copy(new: &mut CredState, old: &CredState) {
    *new = old.clone();
}

/// Empties the blob of credentials that nobody uses any more. Runs in atomic context.
pub(crate) fn cred_free(cred: &mut CredState) {
    *cred = CredState::default();
}
