// SPDX-License-Identifier: GPL-2.0-only

//! Tracing other tasks, with which a task could escape from its sandbox.
//!
//! Both hooks run in atomic context.

use crate::{
    cred::CredSecurity,
    kapi::{cred, denial::AuditData},
    policy::{
        blame::{Blame, Blocker},
        layer::LayerIndex,
        mode::Mode,
    },
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

    match (denying(tracer, tracee_cred), report) {
        (None, _) => Ok(()),
        (Some(layer), Report::Denial) => deny(tracer, layer, tracee_cred, tracee, current!()),
        (Some(layer), Report::Nothing) => match tracer.mode(layer) {
            Mode::Enforcing => Err(EPERM),
            Mode::Permissive => Ok(()),
        },
    }
}

/// Checks that `tracer` may trace the current task, which may have no domain.
pub(crate) fn ptrace_traceme(tracee: &CredSecurity, tracer: &Task) -> Result {
    let guard = rcu::read_lock();
    let tracer_cred = cred::blob_of_task(tracer, &guard);

    match denying(tracer_cred, tracee) {
        None => Ok(()),
        Some(layer) => deny(tracer_cred, layer, tracee, current!(), tracer),
    }
}

/// Returns the layer to blame unless the tracee is at least as restricted as the tracer.
fn denying(tracer: &CredSecurity, tracee: &CredSecurity) -> Option<LayerIndex> {
    let domain = tracer.domain()?;
    if tracee
        .domain()
        .is_some_and(|tracee| domain.contains(tracee))
    {
        return None;
    }

    let common = || domain.common(tracee.domain());
    Some(domain.layers().layer_to_blame_beyond(common))
}

/// Logs that `layer` of `tracer` does not allow `tracing` to trace `traced`. Fails with [`EPERM`],
/// unless it is permissive.
fn deny(
    tracer: &CredSecurity,
    layer: LayerIndex,
    tracee: &CredSecurity,
    traced: &Task,
    tracing: &Task,
) -> Result {
    super::deny(
        tracer,
        Blame::layer(layer, Blocker::Ptrace),
        AuditData::Traced(traced, tracing, tracee.domain_id()),
        EPERM,
    )
}
