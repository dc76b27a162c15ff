// SPDX-License-Identifier: GPL-2.0-only

//! Owners of open files, which get SIGIO and SIGURG on events of the file.
//!
//! The kernel sends these signals on behalf of the task that set the owner, while another task may
//! be running, or none. So the domain of the former is stored with the file. All hooks run in
//! atomic context.

use crate::{
    cred::CredSecurity,
    file::{FileSecurity, FownSubject},
    kapi::{
        cred,
        denial::AuditData,
        fowner::{FileOwner, FileOwnerMut},
        mark::{mark, Mark},
        task,
    },
    policy::access::Scope,
};

use kernel::{prelude::*, sync::rcu, task::Task};

/// Stores the domain of the current task, if any, with a file whose owner it sets.
///
/// If the owner is the process of the current task, nothing is stored: it may signal itself. The
/// members of a process group or a session are only known when the signal is sent.
pub(crate) fn file_set_fowner(cred: &CredSecurity, mut owner: FileOwnerMut<'_>) {
    let guard = rcu::read_lock();
    let is_own_process = owner.task(&guard).is_some_and(task::is_thread_of_current);
    let sender = if is_own_process {
        FownSubject::default()
    } else {
        FownSubject::new(cred)
    };

    mark(Mark::OwnerSet);
    *owner.record::<FileSecurity>() = sender;
    mark(Mark::OwnerReplaced);
}

/// Checks that a signal may be sent to `target` on behalf of the task that set the owner of a file.
pub(crate) fn file_send_sigiotask(owner: &FileOwner, target: &Task, signal: i32) -> Result {
    let sender = owner.record::<FileSecurity>();
    let Some(scoped) = sender.cred().scoped(Scope::Signal) else {
        return Ok(());
    };
    mark(Mark::OwnerRead);
    if sender.is_process_of(target) {
        return Ok(());
    }
    let guard = rcu::read_lock();
    let server: &CredSecurity = cred::blob_of_task(target, &guard);

    super::check_scope(sender.cred(), &scoped, server, || {
        AuditData::Signalled(target, signal, server.domain_id())
    })
}

/// Drops what is stored with a file that is about to be freed.
pub(crate) fn file_free_security(file: &mut FileSecurity) {
    mark(Mark::OwnerDropped);
    file.forget_sender();
}
