// SPDX-License-Identifier: GPL-2.0-only

//! What outlives a domain for as long as there are domains nested into it.

use crate::{
    ids,
    kapi::{
        creator::Creator,
        log::{self, TracedRuleset},
        mark::{mark, Mark},
    },
    policy::{access::AccessMasks, quiet::LogRules},
};

use kernel::{
    prelude::*,
    sync::atomic::{Atomic, Relaxed},
};

/// How much the logs know of a domain.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
enum Known {
    /// Nothing: its creation failed.
    Nothing = 0,
    /// That it was created: there is a trace event, if enabled.
    Announced = 1,
    /// Its creator: there is an audit record.
    Introduced = 2,
}

/// What logs need to know about a layer of a domain that denies something.
pub(crate) struct Hierarchy {
    id: u64,
    log: LogRules,
    /// What quiet rules, and scopes, do not want logged.
    quiet: AccessMasks,
    creator: Creator,
    denials: Atomic<u64>,
    /// A [`Known`]. Two concurrent denials may both introduce the domain, which is harmless.
    known: Atomic<i32>,
}

impl Hierarchy {
    /// Describes the youngest layer of a domain that the current task is about to create.
    ///
    /// Fails with `ENOMEM`. May sleep.
    pub(super) fn new(log: LogRules, quiet: AccessMasks) -> Result<Self> {
        Ok(Self {
            id: ids::next(),
            log,
            quiet,
            creator: Creator::current()?,
            denials: Atomic::new(0),
            known: Atomic::new(Known::Nothing as i32),
        })
    }

    /// Returns the identifier in the logs.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Returns what the layer says about logging its denials.
    pub(crate) fn log(&self) -> LogRules {
        self.log
    }

    /// Returns what the layer says about its quiet rules and scopes.
    pub(crate) fn quiet(&self) -> AccessMasks {
        self.quiet
    }

    /// Counts a denial, logged or not.
    pub(crate) fn count_denial(&self) {
        self.denials.fetch_add(1, Relaxed);
    }

    /// Emits the trace event for the new domain: from now on, there is one for its end as well.
    pub(super) fn announce(&self, parent: u64, ruleset: TracedRuleset) {
        log::trace_create_domain(self.id, parent, ruleset.id, ruleset.version);
        self.known.store(Known::Announced as i32, Relaxed);
    }

    /// Emits an audit record about the creator, and whether the layer is permissive, unless there is
    /// one. May run in atomic context.
    pub(crate) fn introduce(&self, is_permissive: bool) {
        if self.is_known(Known::Introduced) {
            return;
        }
        mark(Mark::LogUnknown);
        if log::audit_allocated(self.id, is_permissive, &self.creator) {
            mark(Mark::LogRecorded);
            self.known.store(Known::Introduced as i32, Relaxed);
        }
    }

    fn is_known(&self, known: Known) -> bool {
        self.known.load(Relaxed) >= known as i32
    }
}

impl Drop for Hierarchy {
    /// Reports the end of the domain to the logs that know of it. May sleep.
    fn drop(&mut self) {
        let denials = self.denials.load(Relaxed);

        if self.is_known(Known::Announced) {
            log::trace_free_domain(self.id, denials);
        }
        if self.is_known(Known::Introduced) && log::is_audit_enabled() {
            log::audit_deallocated(self.id, denials);
        }
    }
}
