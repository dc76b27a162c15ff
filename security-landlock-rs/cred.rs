// SPDX-License-Identifier: GPL-2.0-only

//! Rank 3: the domain that requests of a task are checked against.
#![forbid(unsafe_code)]

use crate::{
    domain::{Domain, DomainRef},
    kapi::shim::assert_layout,
    policy::{
        access::{Scope, Scopes},
        attr::{RestrictFlag, RestrictFlags},
        layer::{Handled, LayerIndex},
        mode::Mode,
        quiet::{ExecLayers, LogRules, Subdomains},
        scope,
    },
    ruleset::Ruleset,
};

use kernel::prelude::*;

/// Our part of a credential blob, `struct landlock_rs_cred` in C. All zero means not sandboxed.
#[repr(C)]
#[derive(Clone, Default, Zeroable)]
pub(crate) struct CredSecurity {
    /// The domain. `shim/hook.c` checks whether there is one.
    domain: Option<DomainRef>,
    /// The [`ExecLayers`], none without a domain.
    exec_layers: u16,
    /// Whether domains that get nested into this one are not logged. This may be set without a
    /// domain, so `shim/hook.c` checks it as well when it copies credentials.
    log_subdomains_off: bool,
}

assert_layout!(
    CredSecurity,
    landlock_rs_cred,
    [domain, exec_layers, log_subdomains_off]
);

impl CredSecurity {
    /// Returns the domain, if there is one.
    #[inline]
    pub(crate) fn domain(&self) -> Option<&Domain> {
        self.domain.as_deref()
    }

    /// Returns whether `other` has the same domain: both are inside each of its layers.
    #[inline]
    pub(crate) fn shares_domain(&self, other: &Self) -> bool {
        match (self.domain(), other.domain()) {
            (Some(own), Some(other)) => core::ptr::eq(own, other),
            _ => false,
        }
    }

    /// Returns the mode of the layer at `index`.
    pub(crate) fn mode(&self, index: LayerIndex) -> Mode {
        let domain = self.domain();

        domain.map_or(Mode::Enforcing, |domain| domain.layers().mode(index))
    }

    /// Returns the identifier of the domain in the logs, or 0 if there is none.
    pub(crate) fn domain_id(&self) -> u64 {
        self.domain().map_or(0, Domain::id)
    }

    /// Returns the domain, if one of its layers handles at least one of `rights`.
    pub(crate) fn domain_handling<A: Handled>(&self, rights: A) -> Option<&Domain> {
        self.domain()
            .filter(|domain| domain.youngest_handling(rights).is_some())
    }

    /// Returns how `scope` restricts a task, if it does.
    #[inline]
    pub(crate) fn scoped(&self, scope: Scope) -> Option<Scoped<'_>> {
        let domain = self.domain()?;
        let layer = scope::scoping_layer(domain.layers(), scope)?;

        Some(Scoped {
            domain,
            scope,
            layer,
        })
    }

    /// Nests a new domain with `ruleset` into the present one. Fails as [`Domain::new`], and
    /// changes nothing then.
    pub(crate) fn enforce(&mut self, ruleset: &Ruleset, flags: RestrictFlags) -> Result {
        let log = LogRules::new(flags, self.subdomains());
        let domain = Domain::new(self.domain(), ruleset, flags.mode(), log)?;

        self.exec_layers = self.exec_layers().with(domain.layers().youngest()).bits();
        self.domain = Some(domain);
        Ok(())
    }

    /// Applies what `flags` say about later domains. It cannot be undone.
    pub(crate) fn configure(&mut self, flags: RestrictFlags) {
        self.log_subdomains_off |= flags.contains(RestrictFlag::LogSubdomainsOff);
    }

    /// Prepares for another program, which has not enforced any layer.
    pub(crate) fn start_program(&mut self) {
        self.exec_layers = ExecLayers::default().bits();
    }

    /// Returns the layers that the running program enforced itself.
    pub(crate) fn exec_layers(&self) -> ExecLayers {
        ExecLayers::from_bits(self.exec_layers)
    }

    /// Returns what applies to domains that get nested into this one.
    fn subdomains(&self) -> Subdomains {
        if self.log_subdomains_off {
            Subdomains::Muted
        } else {
            Subdomains::Logged
        }
    }
}

/// A scope that a domain handles.
pub(crate) struct Scoped<'a> {
    domain: &'a Domain,
    /// The scope.
    pub(crate) scope: Scope,
    /// The youngest layer that handles it. A task that is in this one is within the scope.
    layer: LayerIndex,
}

impl Scoped<'_> {
    /// Returns whether a task with the credentials `server` is within the scope.
    #[inline]
    pub(crate) fn is_within(&self, server: &CredSecurity) -> bool {
        scope::is_within(self.layer, self.domain.common(server.domain()))
    }

    /// Returns the layer to blame if a task with the credentials `server` is not.
    pub(crate) fn layer_to_blame(&self, server: &CredSecurity) -> LayerIndex {
        let common = || self.domain.common(server.domain());
        let layers = self.domain.layers();

        layers.layer_to_blame(self.layer, Scopes::from(self.scope), common)
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kunit_tests(landlock_cred_security)]
mod tests {
    use super::*;
    use crate::{
        kapi::{
            cred::{blob_of_task, PreparedCred},
            kunit,
        },
        policy::{
            access::{AccessFs, AccessMasks},
            attr::RulesetAttr,
        },
    };
    use kernel::{current, sync::rcu};

    /// What others see of the current task.
    fn seen_by_others() -> u64 {
        blob_of_task::<CredSecurity>(current!(), &rcu::read_lock()).domain_id()
    }

    #[test]
    fn others_see_the_domain_of_a_task_and_not_that_of_overriding_credentials() -> Result {
        if kunit::skip_if_disabled() {
            return Ok(());
        }

        let attr = RulesetAttr {
            handled: AccessMasks {
                fs: AccessFs::ALL,
                ..AccessMasks::default()
            },
            quiet: AccessMasks::default(),
        };
        let ruleset = Ruleset::new(attr)?;
        let unrestricted = PreparedCred::new()?.publish();
        let mut cred = PreparedCred::new()?;
        cred.blob::<CredSecurity>()
            .enforce(&ruleset, RestrictFlags::empty())?;
        let restricted = cred.publish();
        let domain = restricted.blob::<CredSecurity>().domain_id();

        assert_eq!(restricted.override_while(seen_by_others), 0);
        restricted.for_current()?.commit();
        assert_eq!(seen_by_others(), domain);
        assert_eq!(unrestricted.override_while(seen_by_others), domain);
        Ok(())
    }

    #[test]
    fn muting_later_domains_is_inherited_and_never_ends() {
        let mut cred = CredSecurity::default();
        assert_eq!(cred.subdomains(), Subdomains::Logged);

        cred.configure(RestrictFlag::LogSubdomainsOff.into());
        cred.configure(RestrictFlags::empty());
        let mut copy = cred.clone();
        copy.start_program();

        assert_eq!(copy.subdomains(), Subdomains::Muted);
    }

    #[test]
    fn new_program_enforced_no_layer() {
        let mut cred = CredSecurity {
            exec_layers: 3,
            ..CredSecurity::default()
        };

        assert_eq!(cred.clone().exec_layers().bits(), 3);
        cred.start_program();
        assert_eq!(cred.exec_layers(), ExecLayers::default());
    }
}
