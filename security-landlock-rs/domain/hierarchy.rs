// SPDX-License-Identifier: GPL-2.0-only

//! What outlives a domain, as long as domains that were nested into it are there.

use crate::policy::quiet::LogRules;

/// What is to be known about one layer of a domain when it denies something.
pub(crate) struct Hierarchy {
    log: LogRules,
}

impl Hierarchy {
    /// Describes the youngest layer of a domain that is about to be made.
    pub(super) fn new(log: LogRules) -> Self {
        Self { log }
    }

    /// Returns what the layer says about the logs of its denials.
    // Read by the logs.
    #[allow(dead_code)]
    pub(crate) fn log(&self) -> LogRules {
        self.log
    }
}
