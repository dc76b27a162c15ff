// SPDX-License-Identifier: GPL-2.0-only

//! Copying and freeing credentials: a copy inherits the domain.

use crate::{
    cred::CredSecurity,
    kapi::mark::{mark, Mark},
};

use core::mem;

/// Fills the blob of new credentials, which is zeroed: `cred_prepare` and `cred_transfer`.
pub(crate) fn cred_copy(new: &mut CredSecurity, old: &CredSecurity) {
    // There is nothing to drop, and no need to look.
    mem::forget(mem::replace(new, old.clone()));
}

/// Prepares the blob of credentials for the program that is about to be executed.
pub(crate) fn bprm_creds_for_exec(cred: &mut CredSecurity) {
    cred.start_program();
    mark(Mark::ExecPrepared);
}

/// Drops the domain of credentials that are about to be freed. Runs in atomic context.
pub(crate) fn cred_free(cred: &mut CredSecurity) {
    mark(Mark::CredFreed);
    drop(mem::take(cred));
}
