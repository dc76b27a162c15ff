// SPDX-License-Identifier: GPL-2.0-only

//! Rank 3: what an open file remembers.
#![forbid(unsafe_code)]

use crate::{
    domain::{Domain, DomainRef},
    kapi::{blob::Word, fowner::OwnerCell, pid::PidRef},
    policy::access::{Access, AccessFs, Scope, Scopes},
    subject::CredState,
};

use kernel::{prelude::*, task::Task};

/// Our part of a file blob. All zero means: unrestricted, as files are that were opened before
/// there was a domain, or were never opened by name.
#[repr(C)]
#[derive(Zeroable)]
pub(crate) struct FileState {
    /// Rights that were denied when the file was opened, at which `shim/hooks.c` looks first.
    denied: Word,
    /// For whom the file signals its owner. `shim/hooks.c` looks whether there is anybody.
    sender: OwnerCell<Sender>,
}

impl FileState {
    /// Returns the optional rights that were denied when the file was opened.
    pub(crate) fn denied(&self) -> AccessFs {
        AccessFs::from_stored(self.denied.get())
    }

    /// Remembers the optional rights that are denied, while the file is being opened.
    pub(crate) fn deny(&self, rights: AccessFs) {
        if !rights.is_empty() {
            self.denied.set(rights.into());
        }
    }

    /// Returns where the file remembers for whom it signals its owner.
    pub(crate) fn sender(&self) -> &OwnerCell<Sender> {
        &self.sender
    }

    /// Forgets for whom the file signals its owner, when nobody uses the file any more.
    pub(crate) fn forget_sender(&mut self) {
        *self.sender.get_mut() = Sender::default();
    }
}

/// For whom an open file signals its owner: the task that set the owner, if it is limited in that.
#[repr(C)]
#[derive(Default, Zeroable)]
pub(crate) struct Sender {
    /// The domain of the task at that time, if one of its layers limits signals.
    domain: Option<DomainRef>,
    /// The process of the task, if there is a domain.
    process: Option<PidRef>,
}

impl Sender {
    /// Describes the current task, whose credentials are `cred`.
    pub(crate) fn new(cred: &CredState) -> Self {
        match cred.domain_ref_handling(Scopes::from(Scope::Signal)) {
            Some(domain) => Self {
                domain: Some(domain.clone()),
                process: Some(PidRef::current_process()),
            },
            None => Self::default(),
        }
    }

    /// Returns the domain, if there is one.
    pub(crate) fn domain(&self) -> Option<&Domain> {
        self.domain.as_deref()
    }

    /// Tells whether `task` is a thread of the process.
    pub(crate) fn is_process_of(&self, task: &Task) -> bool {
        let process = self.process.as_ref();

        process.is_some_and(|process| process.is_process_of(task))
    }
}
