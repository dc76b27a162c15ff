// SPDX-License-Identifier: GPL-2.0-only

//! Tracing of other tasks, by which a sandbox could make them act for it.
//!
//! Both hooks run in atomic context.

use crate::{
    kapi::{cred, task},
    subject::CredState,
};

use kernel::{error::code::EPERM, prelude::*, sync::rcu, task::Task};

/// Checks that the current task may trace `tracee`.
pub(crate) fn ptrace_access_check(tracer: &CredState, tracee: &Task) -> Result {
    let guard = rcu::read_lock();

    check(tracer, cred::blob(task::cred(tracee, &guard)))
}

/// Checks that `tracer` may trace the current task, which may have no domain.
pub(crate) fn ptrace_traceme(tracee: &CredState, tracer: &Task) -> Result {
    let guard = rcu::read_lock();

    check(cred::blob(task::cred(tracer, &guard)), tracee)
}

/// Fails with [`EPERM`] unless the tracee is restricted at least as the tracer is.
fn check(tracer: &CredState, tracee: &CredState) -> Result {
    match (tracer.domain(), tracee.domain()) {
        (None, _) => Ok(()),
        (Some(tracer), Some(tracee)) if tracer.contains(tracee) => Ok(()),
        (Some(_), _) => Err(EPERM),
    }
}
