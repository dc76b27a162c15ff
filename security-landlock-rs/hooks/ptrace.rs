// SPDX-License-Identifier: GPL-2.0-only

//! Tracing other tasks, with which a task could escape from its sandbox.
//!
//! Both hooks run in atomic context.

use crate::{
    cred::CredSecurity,
    kapi::{cred, denial::AuditData},
    log,
    policy::blame::{Blame, Blocker},
};

use kernel::{current, error::code::EPERM, prelude::*, sync::rcu, task::Task};

/// Whether a denial is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Report {
    /// A task tries to trace another one.
    Denial,
    /// The kernel checks for another purpose (`PTRACE_MODE_NOAUDIT`).
    Nothing,
}

/// Checks that the current task may trace `tracee`.
pub(crate) fn ptrace_access_check(tracer: &CredSecurity, tracee: &Task, report: Report) -> Result {
    let guard = rcu::read_lock();
    let tracee_cred = cred::blob_of_task(tracee, &guard);

    check(tracer, tracee_cred).inspect_err(|_| {
        if report == Report::Denial {
            blame(tracer, tracee_cred, tracee, current!());
        }
    })
}

/// Checks that `tracer` may trace the current task, which may have no domain.
pub(crate) fn ptrace_traceme(tracee: &CredSecurity, tracer: &Task) -> Result {
    let guard = rcu::read_lock();
    let tracer_cred = cred::blob_of_task(tracer, &guard);

    check(tracer_cred, tracee).inspect_err(|_| blame(tracer_cred, tracee, current!(), tracer))
}

/// Fails with [`EPERM`] unless the tracee is at least as restricted as the tracer.
fn check(tracer: &CredSecurity, tracee: &CredSecurity) -> Result {
    match (tracer.domain(), tracee.domain()) {
        (None, _) => Ok(()),
        (Some(tracer), Some(tracee)) if tracer.contains(tracee) => Ok(()),
        (Some(_), _) => Err(EPERM),
    }
}

/// Logs that the domain of `tracer` does not allow `tracing` to trace `traced`.
fn blame(tracer: &CredSecurity, tracee: &CredSecurity, traced: &Task, tracing: &Task) {
    let Some(domain) = tracer.domain() else {
        return;
    };
    let blame = Blame::layer(domain.layers().youngest(), Blocker::Ptrace);

    log::denial(
        tracer,
        blame,
        AuditData::Traced(traced, tracing, tracee.domain_id()),
    );
}
