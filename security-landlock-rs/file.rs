// SPDX-License-Identifier: GPL-2.0-only

//! Rank 3: what is stored with an open file.
#![forbid(unsafe_code)]

use crate::{
    cred::CredSecurity,
    kapi::{
        blob::{OwnerCell, Word},
        pid::PidRef,
        shim::assert_layout,
    },
    policy::{
        access::{Scope, Scopes},
        optional::OptionalDenials,
    },
};

use kernel::{prelude::*, task::Task};

/// Our part of a file blob, `struct landlock_rs_file` in C. All zero means unrestricted, like files
/// that were opened without a domain, or never opened by a path.
#[repr(C)]
#[derive(Zeroable)]
pub(crate) struct FileSecurity {
    /// The [`OptionalDenials`], which `shim/hook.c` checks first.
    denied: Word,
    /// The subject of signals to the owner. `shim/hook.c` checks whether it has a domain.
    sender: OwnerCell<FownSubject>,
}

assert_layout!(FileSecurity, landlock_rs_file, [denied, sender]);

impl FileSecurity {
    /// Returns what was denied when the file was opened.
    pub(crate) fn denials(&self) -> OptionalDenials {
        OptionalDenials::from_word(self.denied.get())
    }

    /// Stores what is denied, while the file is being opened.
    pub(crate) fn deny(&self, denials: OptionalDenials) {
        if denials != OptionalDenials::default() {
            self.denied.set(denials.into_word());
        }
    }

    /// Returns where the subject of signals to the owner is stored.
    pub(crate) fn sender(&self) -> &OwnerCell<FownSubject> {
        &self.sender
    }

    /// Drops the subject of signals to the owner, when the file is about to be freed.
    pub(crate) fn forget_sender(&mut self) {
        *self.sender.get_mut() = FownSubject::default();
    }
}

/// The subject of the signals that an open file sends to its owner: the task that set the owner, if
/// its domain restricts signals. `struct landlock_rs_sender` in C.
#[repr(C)]
#[derive(Default, Zeroable)]
pub(crate) struct FownSubject {
    /// The credentials of the task at that time, if a layer of theirs restricts signals.
    cred: CredSecurity,
    /// The process of the task, if there is a domain.
    process: Option<PidRef>,
}

assert_layout!(FownSubject, landlock_rs_sender, [cred, process]);

impl FownSubject {
    /// Describes the current task, whose credentials are `cred`.
    pub(crate) fn new(cred: &CredSecurity) -> Self {
        match cred.domain_handling(Scopes::from(Scope::Signal)) {
            Some(_) => Self {
                cred: cred.clone(),
                process: Some(PidRef::current_process()),
            },
            None => Self::default(),
        }
    }

    /// Returns the credentials.
    pub(crate) fn cred(&self) -> &CredSecurity {
        &self.cred
    }

    /// Returns whether `task` is a thread of the process.
    pub(crate) fn is_process_of(&self, task: &Task) -> bool {
        let process = self.process.as_ref();

        process.is_some_and(|process| process.is_process_of(task))
    }
}
