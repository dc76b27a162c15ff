// SPDX-License-Identifier: GPL-2.0-only

//! The command line: the targets of the Makefile, and the variables that make gives to them.
//!
//! `make help` and the README repeat what is said here; `make check` compares them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::bound::Bound;
use crate::kernel::{Flavor, Impl};

/// Builds, runs and tests Landlock in Rust.
#[derive(Parser)]
#[command(name = "landlock-rs", about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// The kernel that it is done with.
    #[command(flatten)]
    pub source: Source,
}

/// The kernel of every command that needs one.
#[derive(Args)]
pub struct Source {
    /// Use this tree of Linux 7.3 in place of Debian's package.
    #[arg(long, env = "KERNEL_SRC", global = true)]
    pub kernel_src: Option<PathBuf>,
    /// Use this kernel: plain, debug (checks memory) or wide.
    #[arg(long, env = "FLAVOR", global = true, default_value = "plain")]
    pub flavor: Flavor,
}

/// The targets of the Makefile.
#[derive(Subcommand)]
pub enum Command {
    /// Build all from nothing, boot it, show what a sandbox denies.
    Run,
    /// Open a shell in a guest.
    Shell(Shell),
    /// Build the module alone.
    Module {
        /// Build for the kernel in this build folder.
        #[arg(long, env = "KDIR")]
        kdir: Option<PathBuf>,
    },
    /// Run everything that must pass before a change lands.
    Test,
    /// Run everything on each kernel, without bounds: hours.
    TestAll,
    /// Run the tests on a kernel that checks memory, locks, contexts.
    TestDebug,
    /// Type the README's commands on a new Debian 12 and 13.
    Fresh {
        /// Take this Debian and user alone: trixie-sudo.
        #[arg(long = "case", env = "T")]
        only: Option<String>,
    },
    /// Compare C Landlock and Rust, side by side.
    Compare,
    /// Check style and rules of the code, without running it.
    Check,
    /// Build the documents as HTML.
    Htmldocs,
    /// Build the documentation of the module's Rust code as HTML.
    Rustdoc,
    /// Describe the module to rust-analyzer, for editors.
    RustAnalyzer,
    /// Show which lines of the module the tests reach.
    Coverage,
    /// Test the policy on this machine, without a kernel.
    Policy,
    /// Run the unit tests within the module.
    Kunit(Guest),
    /// Run our tests of system calls.
    Selftests(Suite),
    /// Run the kernel's own Landlock tests.
    Kselftest(Suite),
    /// Run the samples, and try to break out.
    Samples(Guest),
    /// Run programs of Debian that use Landlock.
    Clients(Clients),
    /// Run random programs on C and on Rust.
    Fuzz(Fuzz),
    /// Prove what holds for all inputs and orders.
    Prove(Prove),
    /// Let something happen at each marked point.
    Race(Race),
    /// Measure what a sandbox costs, C and Rust.
    Bench(Bench),
    /// Measure times on this processor, in User-Mode Linux.
    Native,
}

/// The Landlock of a guest.
#[derive(Args)]
pub struct Guest {
    /// Use this Landlock: c, rust (the module), builtin or debian.
    #[arg(long = "impl", env = "IMPL", default_value = "rust")]
    pub implementation: Impl,
    /// Let user space see this version of the ABI: 5.
    #[arg(long, env = "ABI")]
    pub abi: Option<u32>,
    /// Offer the extensions, if this is not empty.
    #[arg(long, env = "EXT")]
    pub ext: Option<String>,
}

/// What `make shell` opens.
#[derive(Args)]
pub struct Shell {
    /// Its Landlock.
    #[command(flatten)]
    pub guest: Guest,
    /// Take this file or folder along, with its shared libraries.
    #[arg(long, env = "WITH")]
    pub with: Option<PathBuf>,
    /// Run this command alone, and end with its exit status.
    #[arg(long, env = "RUN")]
    pub run: Option<String>,
}

/// A suite of tests in a guest.
#[derive(Args)]
pub struct Suite {
    /// Its Landlock.
    #[command(flatten)]
    pub guest: Guest,
    /// Run this test program alone: fs_test.
    #[arg(long = "test", env = "T")]
    pub only: Option<String>,
}

/// What `make clients` runs.
#[derive(Args)]
pub struct Clients {
    /// Run on this Landlock alone: c, rust, builtin or debian.
    #[arg(long = "impl", env = "IMPL")]
    pub implementation: Option<Impl>,
    /// Let user space see this version of the ABI: 5.
    #[arg(long, env = "ABI")]
    pub abi: Option<u32>,
    /// Run the cases of this client alone: setpriv.
    #[arg(long = "client", env = "T")]
    pub only: Option<String>,
}

/// What `make fuzz` runs.
#[derive(Args)]
pub struct Fuzz {
    /// Start with this seed.
    #[arg(long, env = "SEED", default_value_t = 0)]
    pub seed: u64,
    /// Run this many programs, of about 400 operations each.
    #[arg(long, env = "N", default_value_t = 400)]
    pub n: u64,
    /// Run these programs alone: turns or pairs.
    #[arg(long, env = "ONLY")]
    pub only: Option<Programs>,
}

/// Kinds of random programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Programs {
    /// Actors take turns.
    Turns,
    /// Two or three act at the same time.
    Pairs,
}

/// A bound of what is tried.
#[derive(Args)]
pub struct Quick {
    /// Try no more than make test does, if this is not empty.
    #[arg(long, env = "QUICK")]
    pub quick: Option<String>,
}

impl Quick {
    /// Returns what `QUICK=` asks for.
    pub fn bound(&self) -> Bound {
        match self.quick {
            Some(_) => Bound::Quick,
            None => Bound::Whole,
        }
    }
}

/// What `make prove` proves.
#[derive(Args)]
pub struct Prove {
    /// How much of it.
    #[command(flatten)]
    pub bound: Quick,
    /// Check these proofs alone: litmus, symbolic, models, mutants.
    #[arg(long, env = "ONLY")]
    pub only: Option<String>,
}

/// What `make race` tries.
#[derive(Args)]
pub struct Race {
    /// How much of it.
    #[command(flatten)]
    pub bound: Quick,
    /// Run these trials alone: drop.DropLast.
    #[arg(long = "trials", env = "T")]
    pub only: Option<String>,
}

/// What `make bench` measures.
#[derive(Args)]
pub struct Bench {
    /// Measure this Landlock alone: c, rust, builtin or debian.
    #[arg(long = "impl", env = "IMPL")]
    pub only: Option<Impl>,
    /// Compare with these results of an earlier run.
    #[arg(long, env = "BASELINE")]
    pub baseline: Option<PathBuf>,
}
