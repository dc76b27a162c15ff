// SPDX-License-Identifier: GPL-2.0-only

//! The suites of test programs: the kernel's own, and that of this repository.

use anyhow::Result;

use crate::guest::programs::{self, Programs};
use crate::kernel::{Impl, Workshop};

/// A suite of test programs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SuiteKind {
    /// The kernel's own.
    Kernel,
    /// That of this repository.
    Ours,
}

impl SuiteKind {
    /// Returns the folder of the suite in the guest.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Kernel => "kselftest",
            Self::Ours => "selftests",
        }
    }

    /// Returns its title for reports.
    pub fn title(self) -> &'static str {
        match self {
            Self::Kernel => "the kernel's suite",
            Self::Ours => "our suite",
        }
    }

    /// Returns the name of its results.
    pub fn file(self, workshop: &Workshop, implementation: Impl) -> String {
        let suffix = workshop.flavor().suffix();
        match (self, implementation) {
            (Self::Ours, Impl::Rust) => format!("selftests{suffix}"),
            _ => format!("{}-{implementation}{suffix}", self.folder()),
        }
    }

    /// Builds its programs.
    pub fn programs(self, workshop: &Workshop) -> Result<Programs> {
        match self {
            Self::Kernel => programs::kselftest(workshop),
            Self::Ours => programs::selftests(workshop),
        }
    }
}
