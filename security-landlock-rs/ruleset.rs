// SPDX-License-Identifier: GPL-2.0-only

//! Rank 2: rulesets, which user space builds behind a descriptor.
#![forbid(unsafe_code)]

pub(crate) mod rules;

use self::rules::Rules;
use crate::{
    ids,
    kapi::{
        fd::Payload,
        inode::Inode,
        log::{self, TracedRuleset},
        mark::{mark, Mark},
        path::Path,
        slab::SlabBox,
    },
    object::ObjectRef,
    policy::{
        access::{AccessFs, AccessMasks, AccessNet, Granted},
        address::Port,
        attr::RulesetAttr,
        grants::{GrantedUnion, RuleFlags},
        rule::Key,
    },
};

use kernel::{
    alloc::flags::GFP_KERNEL_ACCOUNT,
    error::code::EAFNOSUPPORT,
    new_mutex,
    prelude::*,
    sync::{Mutex, MutexGuard},
};

/// Rules being built: mutable until the last descriptor is closed, and never enforced itself.
#[pin_data]
pub(crate) struct Ruleset {
    /// What a domain with this ruleset denies, unless a rule grants it.
    handled: AccessMasks,
    /// What of it is not logged if a quiet rule matches.
    quiet: AccessMasks,
    /// The rules. Lock order: the lock of an object nests inside, and so does what tables are
    /// allocated and freed with, but no lock of another ruleset.
    #[pin]
    built: Mutex<Built>,
}

/// The rules of a ruleset. Domains may share its tables: the next rule is then added to a copy.
pub(crate) struct Built {
    paths: Rules<AccessFs, ObjectRef>,
    ports: Rules<AccessNet, Key>,
    /// What `paths` grants.
    union: GrantedUnion<AccessFs>,
    traced: Traced,
}

/// What trace events say about a ruleset: its identifier, and how many rules were added to it.
struct Traced(TracedRuleset);

impl Drop for Traced {
    /// Emits the trace event for the end of the ruleset.
    fn drop(&mut self) {
        log::trace_free_ruleset(self.0.id, self.0.version);
    }
}

impl Ruleset {
    /// Creates a ruleset without rules, and emits the trace event for it. Fails with `ENOMEM`.
    pub(crate) fn new(attr: RulesetAttr) -> Result<Payload<Self>> {
        let RulesetAttr { handled, quiet } = attr;
        let id = ids::next();
        // There is something to drop, with a trace event, only once there is memory for it.
        let ruleset = SlabBox::pin_init(
            pin_init!(Self {
                handled,
                quiet,
                built <- new_mutex!(Built::new(id), "landlock_ruleset"),
            }),
            GFP_KERNEL_ACCOUNT,
        )?;

        log::trace_create_ruleset(
            id,
            handled.fs.into(),
            handled.net.into(),
            handled.scope.into(),
        );
        Ok(ruleset)
    }

    /// Returns what the ruleset handles.
    pub(crate) fn handled(&self) -> AccessMasks {
        self.handled
    }

    /// Returns what is not logged if a quiet rule matches.
    pub(crate) fn quiet(&self) -> AccessMasks {
        self.quiet
    }

    /// Locks the rules, to read them.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Built> {
        self.built.lock()
    }

    /// Grants `allowed` beneath `path`, which leads to `inode`, in addition to what its rule grants
    /// already.
    ///
    /// Fails with `ENOMEM`, or with `E2BIG` if there are too many rules; the ruleset is unchanged
    /// then.
    pub(crate) fn add_path_beneath(
        &self,
        path: &Path,
        inode: &Inode,
        allowed: AccessFs,
        flags: RuleFlags,
    ) -> Result {
        let object = ObjectRef::tie(inode)?;
        mark(Mark::RuleTied);
        let mut built = self.lock();

        mark(Mark::RuleLocked);
        built.paths.extend(object, allowed, flags)?;
        built.union.add(allowed, flags);
        mark(Mark::RuleListed);
        let traced = built.count_rule();
        mark(Mark::RuleCounted);
        let rights = allowed | AccessFs::granted_without_rule(self.handled.fs);
        log::trace_add_rule_path_beneath(traced, flags.bits(), rights.into(), path);
        Ok(())
    }

    /// Grants `allowed` on `port`, in addition to what its rule grants already.
    ///
    /// Fails with [`EAFNOSUPPORT`] if the kernel has no TCP/IP, and otherwise like
    /// [`Self::add_path_beneath`].
    pub(crate) fn add_net_port(&self, port: Port, allowed: AccessNet, flags: RuleFlags) -> Result {
        if !cfg!(CONFIG_INET) {
            return Err(EAFNOSUPPORT);
        }
        let mut built = self.lock();

        built.ports.extend(port.key(), allowed, flags)?;
        let traced = built.count_rule();
        let rights = allowed | AccessNet::granted_without_rule(self.handled.net);
        log::trace_add_rule_net_port(traced, flags.bits(), rights.into(), port.number());
        Ok(())
    }
}

impl Built {
    /// Creates the state of a ruleset without rules.
    fn new(id: u64) -> Self {
        Self {
            paths: Rules::new(),
            ports: Rules::new(),
            union: GrantedUnion::none(),
            traced: Traced(TracedRuleset { id, version: 0 }),
        }
    }

    /// Counts a rule that was added.
    fn count_rule(&mut self) -> TracedRuleset {
        let Traced(ruleset) = &mut self.traced;

        ruleset.version = ruleset.version.wrapping_add(1);
        *ruleset
    }

    /// Returns what trace events say about the current state of the ruleset.
    pub(crate) fn traced(&self) -> TracedRuleset {
        self.traced.0
    }

    /// Returns the rules on file hierarchies.
    pub(crate) fn paths(&self) -> &Rules<AccessFs, ObjectRef> {
        &self.paths
    }

    /// Returns the rules on ports.
    pub(crate) fn ports(&self) -> &Rules<AccessNet, Key> {
        &self.ports
    }

    /// Returns what all rules on file hierarchies grant together.
    pub(crate) fn granted_union(&self) -> GrantedUnion<AccessFs> {
        self.union
    }
}
