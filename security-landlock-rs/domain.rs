// SPDX-License-Identifier: GPL-2.0-only

//! Rank 2: domains, which are enforced rulesets.
#![forbid(unsafe_code)]

mod chain;
mod hierarchy;

use self::{chain::Chain, hierarchy::Hierarchy};
use crate::{
    kapi::{
        deferred::Deferred,
        log::TracedRuleset,
        mark::{mark, Mark},
    },
    object::ObjectRef,
    policy::{
        access::{AccessFs, AccessNet},
        address::Port,
        grants::Grants,
        layer::{Handled, LayerIndex, Layers, TooManyLayers},
        mode::Mode,
        quiet::LogRules,
        rule::Key,
        scope,
        summary::Summary,
        unfulfilled::Unfulfilled,
    },
    ruleset::{rules::Rules, Ruleset},
};

use kernel::{
    alloc::flags::GFP_KERNEL_ACCOUNT,
    error::code::E2BIG,
    impl_has_work, new_work,
    prelude::*,
    sync::Arc,
    workqueue::{Work, WorkItem},
};

/// An immutable stack of rulesets, enforced on the tasks whose credentials refer to it.
#[pin_data]
pub(crate) struct Domain {
    /// What is known of the answers to requests about files.
    summary: Summary,
    layers: Layers,
    /// The rules. The only layer of a domain shares the tables of its ruleset.
    paths: Rules<AccessFs, ObjectRef>,
    ports: Rules<AccessNet, Key>,
    /// Identifies the domain and its ancestors.
    hierarchy: Arc<Chain<Hierarchy>>,
    #[pin]
    free: Work<Self>,
}

/// A reference to a domain. It may be dropped in atomic context.
pub(crate) type DomainRef = Deferred<Domain>;

impl_has_work! {
    impl HasWork<Self> for Domain { self.free }
}

impl WorkItem for Domain {
    type Pointer = Arc<Self>;

    /// Frees the domain, which may sleep.
    fn run(this: Arc<Self>) {
        mark(Mark::DomainWork);
        drop(this);
    }
}

impl Domain {
    /// Creates a domain: the layers of `parent`, and the current state of `ruleset` as the youngest
    /// layer, which has `mode`.
    ///
    /// Fails with [`E2BIG`] if `parent` has the maximum number of layers, and with `ENOMEM`. May
    /// sleep.
    pub(crate) fn new(
        parent: Option<&Self>,
        ruleset: &Ruleset,
        mode: Mode,
        log: LogRules,
    ) -> Result<DomainRef> {
        let layers = match parent {
            Some(parent) => parent.layers.stack(ruleset.handled()),
            None => Ok(Layers::first(ruleset.handled())),
        };
        let mut layers = layers.map_err(|TooManyLayers| E2BIG)?;
        layers.set_mode(mode);
        let built = ruleset.lock();
        let summary = parent.map_or(Summary::NONE, |parent| parent.summary);
        let summary = summary.stack(&layers, built.granted_union());
        mark(Mark::EnforceLocked);
        let paths = Rules::merge(parent.map(|p| &p.paths), layers.youngest(), built.paths())?;
        let ports = Rules::merge(parent.map(|p| &p.ports), layers.youngest(), built.ports())?;
        let hierarchy = Hierarchy::new(log, ruleset.quiet())?;
        let hierarchy = Chain::new(hierarchy, parent.map(|p| p.hierarchy.clone()))?;

        let domain = Arc::pin_init(
            pin_init!(Self {
                summary,
                layers,
                paths,
                ports,
                hierarchy,
                free <- new_work!("landlock_domain"),
            }),
            GFP_KERNEL_ACCOUNT,
        )?;
        domain.announce(parent, built.traced());
        Ok(DomainRef::new(domain))
    }

    /// Emits the trace event for the new domain, while the ruleset is still locked.
    fn announce(&self, parent: Option<&Self>, ruleset: TracedRuleset) {
        let parent = parent.map_or(0, Self::id);

        self.hierarchy.value().announce(parent, ruleset);
    }

    /// Returns the identifier of the domain in the logs.
    pub(crate) fn id(&self) -> u64 {
        self.hierarchy.value().id()
    }

    /// Returns what is known of the answers to requests about files.
    #[inline]
    pub(crate) fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Returns the stack of layers.
    pub(crate) fn layers(&self) -> &Layers {
        &self.layers
    }

    /// Returns what each layer denies of `requested`, without any rule.
    #[inline]
    pub(crate) fn unfulfilled<A: Handled>(&self, requested: A) -> Unfulfilled<A> {
        Unfulfilled::new(&self.layers, requested)
    }

    /// Returns the youngest layer that handles at least one of `rights`.
    pub(crate) fn youngest_handling<A: Handled>(&self, rights: A) -> Option<LayerIndex> {
        self.layers.youngest_handling(rights)
    }

    /// Returns what each layer grants on an object, if there is a rule for it.
    #[inline]
    pub(crate) fn rule_for(&self, object: Key) -> Option<Grants<'_>> {
        self.paths.find(object)
    }

    /// Returns what each layer grants on `port`, if there is a rule for it.
    pub(crate) fn rule_for_port(&self, port: Port) -> Option<Grants<'_>> {
        self.ports.find(port.key())
    }

    /// Returns what each layer denies of `requested` on a task of the domain `server`, if it has
    /// one: the layers in common deny nothing.
    pub(crate) fn unfulfilled_on<A: Handled>(
        &self,
        server: Option<&Self>,
        requested: A,
    ) -> Unfulfilled<A> {
        scope::unfulfilled(&self.layers, self.common(server), requested)
    }

    /// Returns how many layers, the oldest ones, are in common with the domain `server`, if there
    /// is one.
    pub(crate) fn common(&self, server: Option<&Self>) -> usize {
        server.map_or(0, |server| self.hierarchy.common(&server.hierarchy))
    }

    /// Returns the description of the layer at `index`, if there is one.
    pub(crate) fn hierarchy(&self, index: LayerIndex) -> Option<&Hierarchy> {
        let younger = self.layers.youngest().get().checked_sub(index.get())?;

        self.hierarchy.older(younger)
    }

    /// Returns whether `other` is this domain, or a domain nested in it.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        self.hierarchy.is_in(&other.hierarchy)
    }
}
