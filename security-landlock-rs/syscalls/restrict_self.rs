// SPDX-License-Identifier: GPL-2.0-only

//! `landlock_restrict_self(2)`

use super::{ruleset_fd, tsync};
use crate::{
    cred::CredSecurity,
    kapi::{
        abi,
        cred::PreparedCred,
        log,
        mark::{mark, Mark},
        task::{self, NoNewPrivs},
    },
    policy::attr::{Enforced, RestrictFlag, RestrictFlags},
};

use kernel::{error::code::EPERM, ffi::c_int, prelude::*};

/// Enforces the ruleset behind `ruleset_fd` on the current thread, or on all threads of its
/// process; without a ruleset, only applies what `flags` say about later ones.
///
/// A task must not restrict a program that gains privileges on execution: the thread must have set
/// `no_new_privs`, set it if the call succeeds, or be privileged itself.
pub(crate) fn restrict_self(ruleset_fd: c_int, flags: u32) -> Result {
    let abi = abi::current();
    if abi.checks_privilege_first() {
        check_privilege(NoNewPrivs::of_current())?;
    }
    let flags = abi.check_restrict(RestrictFlags::parse(flags)?)?;

    let no_new_privs = if flags.contains(RestrictFlag::NoNewPrivs) {
        NoNewPrivs::Set
    } else {
        NoNewPrivs::of_current()
    };
    check_privilege(no_new_privs)?;

    let ruleset = match flags.enforced(ruleset_fd) {
        Enforced::Ruleset(fd) => Some(ruleset_fd::get_readable(fd)?),
        Enforced::FlagsOnly => None,
    };
    let mut cred = PreparedCred::new()?;
    mark(Mark::EnforcePrepared);
    let state = cred.blob::<CredSecurity>();

    let enforced = match ruleset {
        Some(ruleset) => {
            state.enforce(&ruleset, flags)?;
            Some(state.domain_id())
        }
        None => None,
    };
    mark(Mark::EnforceNested);
    state.configure(flags);

    let new = cred.publish();
    let mine = new.for_current()?;
    let is_process_wide = if flags.contains(RestrictFlag::Tsync) {
        tsync::commit_in_siblings(&new, no_new_privs, enforced)?;
        true
    } else {
        task::current_is_alone()
    };
    mark(Mark::EnforcePublished);
    no_new_privs.apply();
    mine.commit();
    mark(Mark::EnforceCommitted);

    if let Some(domain) = enforced {
        let no_new_privs = task::current_has_no_new_privs();
        log::trace_enforce_domain(domain, true, is_process_wide, no_new_privs);
    }
    Ok(())
}

/// Fails with [`EPERM`] if the current thread is neither privileged, nor has or gets
/// `no_new_privs`.
fn check_privilege(no_new_privs: NoNewPrivs) -> Result {
    if no_new_privs == NoNewPrivs::Keep && !task::current_is_admin() {
        return Err(EPERM);
    }
    Ok(())
}
