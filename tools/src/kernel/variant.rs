// SPDX-License-Identifier: GPL-2.0-only

//! Which kernels there are: by what implements Landlock, and by what they check while they run.

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
    /// The slot, which the same code fills at boot, as part of the kernel.
    Builtin,
}

impl Impl {
    /// Returns the names of its configuration fragments.
    pub fn fragments(self) -> &'static [&'static str] {
        match self {
            Self::C => &["c.config"],
            Self::Rust => &["slot.config"],
            Self::Builtin => &["slot.config", "builtin.config"],
        }
    }

    /// Returns how a person knows it.
    pub fn title(self) -> &'static str {
        match self {
            Self::C => "C Landlock",
            Self::Rust => "Landlock slot",
            Self::Builtin => "Rust Landlock built in",
        }
    }
}

impl fmt::Display for Impl {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::C => "c",
            Self::Rust => "rust",
            Self::Builtin => "builtin",
        })
    }
}

/// What a kernel checks while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Flavor {
    /// No more than usual.
    Plain,
    /// Memory, locks and contexts: slow.
    Debug,
}

impl Flavor {
    /// Returns the names of its configuration fragments.
    pub fn fragments(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &[],
            Self::Debug => &["debug.config"],
        }
    }

    /// Returns the end of the name of its build folder.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Debug => "-debug",
        }
    }

    /// Returns by what factor its guests are slower, more or less.
    pub fn slowness(self) -> u32 {
        match self {
            Self::Plain => 1,
            Self::Debug => 6,
        }
    }
}
