// SPDX-License-Identifier: GPL-2.0-only

//! Rank 3: whose domain is a request checked against?
#![forbid(unsafe_code)]

use crate::{
    domain::{Domain, DomainRef},
    policy::layer::Handled,
    ruleset::Ruleset,
};

use kernel::prelude::*;

/// Our part of a credential blob. All zero means: not sandboxed.
#[repr(C)]
#[derive(Clone, Default, Zeroable)]
pub(crate) struct CredState {
    /// The domain, which `shim/hooks.c` looks at first.
    domain: Option<DomainRef>,
}

impl CredState {
    /// Returns the domain, if there is one.
    #[inline]
    pub(crate) fn domain(&self) -> Option<&Domain> {
        self.domain.as_deref()
    }

    /// Returns the domain, if one of its layers handles at least one of `rights`.
    pub(crate) fn domain_handling<A: Handled>(&self, rights: A) -> Option<&Domain> {
        self.domain_ref_handling(rights).map(|domain| &**domain)
    }

    /// Returns the same, as a reference that can be kept.
    pub(crate) fn domain_ref_handling<A: Handled>(&self, rights: A) -> Option<&DomainRef> {
        self.domain
            .as_ref()
            .filter(|domain| domain.youngest_handling(rights).is_some())
    }

    /// Nests a new domain with `ruleset` into the present one. Fails as [`Domain::new`], and
    /// changes nothing then.
    pub(crate) fn enforce(&mut self, ruleset: &Ruleset) -> Result {
        self.domain = Some(Domain::new(self.domain(), ruleset)?);
        Ok(())
    }
}
