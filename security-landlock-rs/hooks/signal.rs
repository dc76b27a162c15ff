// SPDX-License-Identifier: GPL-2.0-only

//! Signals, except those to owners of open files.

use crate::{
    cred::CredSecurity,
    kapi::{cred, denial::AuditData, task},
    policy::access::Scope,
};

use kernel::{prelude::*, sync::rcu, task::Task};

/// On whose behalf a signal is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sender {
    /// The current task sends it.
    Current,
    /// A driver sends it, with the credentials of the task that requested it earlier.
    Deferred,
}

/// Checks that a signal may be sent to `target` with the credentials `cred` of `sender`.
///
/// The threads of a process may signal each other, whatever their domains: this is how the C
/// library changes the credentials of all of them. Runs in atomic context.
pub(crate) fn task_kill(cred: &CredSecurity, sender: Sender, target: &Task, signal: i32) -> Result {
    let guard = rcu::read_lock();
    let server: &CredSecurity = cred::blob_of_task(target, &guard);
    if cred.shares_domain(server) {
        return Ok(());
    }
    let Some(scoped) = cred.scoped(Scope::Signal) else {
        return Ok(());
    };
    if sender == Sender::Current && task::is_thread_of_current(target) {
        return Ok(());
    }

    super::check_scope(cred, &scoped, server, || {
        AuditData::Signalled(target, signal, server.domain_id())
    })
}
