// SPDX-License-Identifier: GPL-2.0-only

//! What outlives a domain, as long as domains that were nested into it are there.

use crate::policy::{access::AccessMasks, quiet::LogRules};

/// What is to be known about one layer of a domain when it denies something.
pub(crate) struct Hierarchy {
    log: LogRules,
    quiet: AccessMasks,
}

impl Hierarchy {
    /// Describes the youngest layer of a domain that is about to be made.
    pub(super) fn new(log: LogRules, quiet: AccessMasks) -> Self {
        Self { log, quiet }
    }

    /// Returns the rights that the layer does not log when a quiet rule is concerned.
    // Read by the logs.
    #[allow(dead_code)]
    pub(crate) fn quiet(&self) -> AccessMasks {
        self.quiet
    }

    /// Returns what the layer says about the logs of its denials.
    // Read by the logs.
    #[allow(dead_code)]
    pub(crate) fn log(&self) -> LogRules {
        self.log
    }
}
