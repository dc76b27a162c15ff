// SPDX-License-Identifier: GPL-2.0-only

//! The suites of test programs: the kernel's own, that of this repository, and that of the samples.

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
    /// The samples, and what tries to break out of them.
    Samples,
}

impl SuiteKind {
    /// Returns the folder of the suite in the guest.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Kernel => "kselftest",
            Self::Ours => "selftests",
            Self::Samples => "samples",
        }
    }

    /// Returns its title for reports.
    pub fn title(self) -> &'static str {
        match self {
            Self::Kernel => "the kernel's suite",
            Self::Ours => "our suite",
            Self::Samples => "the samples",
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
            Self::Samples => programs::sample_tests(workshop),
        }
    }
}
