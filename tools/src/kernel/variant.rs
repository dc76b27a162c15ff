// SPDX-License-Identifier: GPL-2.0-only

//! Which kernels there are: by what implements Landlock, and by what else they have.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// Which Landlock the kernel has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Impl {
    /// The kernel's own.
    C,
    /// The slot, which the module fills.
    Rust,
    /// The code of the module, as an LSM that is part of the kernel.
    Builtin,
    /// The kernel's own, in Debian's kernel, which is not built here.
    Debian,
}

impl Impl {
    /// Returns the names of its configuration fragments.
    pub fn fragments(self) -> &'static [&'static str] {
        match self {
            Self::C => &["c.config"],
            Self::Rust => &["slot.config"],
            Self::Builtin => &["builtin.config"],
            Self::Debian => &[],
        }
    }

    /// Returns its title for reports.
    pub fn title(self) -> &'static str {
        match self {
            Self::C => "C Landlock",
            Self::Rust => "Landlock slot",
            Self::Builtin => "Rust Landlock built in",
            Self::Debian => "Debian's own kernel",
        }
    }
}

impl fmt::Display for Impl {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::C => "c",
            Self::Rust => "rust",
            Self::Builtin => "builtin",
            Self::Debian => "debian",
        })
    }
}

/// What a kernel has besides Landlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Flavor {
    /// Only what Landlock needs.
    Plain,
    /// Checks of memory, locks and contexts: slow.
    Debug,
    /// More ways into Landlock's hooks, such as io_uring and 32-bit system calls.
    Wide,
}

impl Flavor {
    /// Returns the names of its configuration fragments.
    pub fn fragments(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &[],
            Self::Debug => &["debug.config"],
            Self::Wide => &["wide.config"],
        }
    }

    /// Returns the end of the name of its build folder.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Debug => "-debug",
            Self::Wide => "-wide",
        }
    }

    /// Returns by what factor its guests are slower, more or less.
    pub fn slowness(self) -> u32 {
        match self {
            Self::Plain | Self::Wide => 1,
            Self::Debug => 6,
        }
    }
}
