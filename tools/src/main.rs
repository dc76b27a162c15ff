// SPDX-License-Identifier: GPL-2.0-only

//! The host tool behind the Makefile: it installs what is missing, gets and builds the kernel and
//! the module, boots virtual machines and runs the tests in them.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

mod bench;
mod bound;
mod check;
mod commands;
mod compare;
mod coverage;
mod debug;
mod deps;
mod expected;
mod figure;
mod fresh;
mod fuzz;
mod guest;
mod htmldocs;
mod initramfs;
mod kernel;
mod key;
mod ktap;
mod lock;
mod module;
mod native;
mod patch;
mod place;
mod process;
mod programs;
mod prove;
mod race;
mod results;
mod slot;
mod source;
mod tap;
mod test;
mod toolchain;
mod ui;
mod vm;

use commands::SuiteKind;
use kernel::{Flavor, Impl, Workshop};
use place::Place;

/// Builds, runs and tests Landlock in Rust.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    options: Options,
}

/// What a person gives to make: `make kselftest IMPL=c T=fs_test`.
#[derive(Args)]
struct Options {
    /// A kernel tree to use in place of Debian's package.
    #[arg(long, env = "KERNEL_SRC", global = true)]
    kernel_src: Option<PathBuf>,
    /// The build folder of another kernel, for the module.
    #[arg(long, env = "KDIR", global = true)]
    kdir: Option<PathBuf>,
    /// Which Landlock the guest has; without, Rust, or both when they are compared.
    #[arg(long = "impl", env = "IMPL", global = true)]
    implementation: Option<Impl>,
    /// What the kernel has besides Landlock.
    #[arg(long, env = "FLAVOR", global = true, default_value = "plain")]
    flavor: Flavor,
    /// The only suite to run.
    #[arg(long, env = "T", global = true)]
    test: Option<String>,
    /// Results of an earlier benchmark to compare with.
    #[arg(long, env = "BASELINE", global = true)]
    baseline: Option<PathBuf>,
}

/// The targets of the Makefile.
#[derive(Subcommand)]
enum Command {
    /// Shows in a virtual machine what the sandboxer allows and denies.
    Run,
    /// Opens a shell in a virtual machine.
    Shell,
    /// Builds the module.
    Module,
    /// Runs the kernel's own Landlock tests.
    Kselftest,
    /// Runs the project's tests in a virtual machine.
    Selftests,
    /// Runs the tests within the module.
    Kunit,
    /// Compares times of both implementations, with kernels that run as programs.
    Native,
    /// Runs the tests of the policy on this machine.
    Policy,
    /// Measures what a sandbox costs.
    Bench,
    /// Compares C Landlock and landlock-rs.
    Compare,
    /// Compares what random programs do on both implementations.
    Fuzz(fuzz::Arguments),
    /// Shows which lines of the module the tests reach.
    Coverage,
    /// Proves what holds for all inputs, interleavings and orders of memory, within bounds.
    Prove(prove::Arguments),
    /// Lets something happen at each marked point of the module while somebody waits there.
    Race(race::Arguments),
    /// Checks style and rules of the code.
    Check,
    /// Builds the documents as HTML.
    Htmldocs,
    /// Types the commands of the README on new Debians.
    Fresh,
    /// Runs all that must pass before a change lands.
    Test,
    /// Runs everything, without the bounds that keep the test short.
    TestAll,
    /// Runs the tests of the guests on a kernel that checks memory, locks and contexts.
    TestDebug,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("landlock-rs: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Carries out one target.
fn run(cli: Cli) -> Result<()> {
    process::catch_interrupts()?;
    let place = Place::find()?;
    let options = cli.options;
    let implementation = options.implementation.unwrap_or(Impl::Rust);
    let open_as = |flavor| Workshop::open(&place, options.kernel_src.as_deref(), flavor);
    let open = || open_as(options.flavor);
    match cli.command {
        Command::Run => commands::demo(&open()?),
        Command::Shell => commands::shell(&open()?, implementation),
        Command::Module => {
            let kernel_src = options.kernel_src.as_deref();
            commands::build_module(&place, options.kdir.as_deref(), kernel_src)
        }
        Command::Kselftest => {
            let only = options.test.as_deref();
            commands::run_suite(&open()?, SuiteKind::Kernel, implementation, only)
        }
        Command::Selftests => {
            let only = options.test.as_deref();
            commands::run_suite(&open()?, SuiteKind::Ours, implementation, only)
        }
        Command::Kunit => commands::kunit(&open()?, implementation),
        Command::Native => native::command(&open()?),
        Command::Policy => commands::policy(&place).map(|_| ()),
        Command::Bench => {
            let baseline = options.baseline.as_deref();
            bench::command(&open()?, options.implementation, baseline)
        }
        Command::Compare => compare::command(&open()?),
        Command::Fuzz(arguments) => fuzz::command(&open()?, &arguments),
        Command::Coverage => coverage::command(&open()?),
        Command::Prove(arguments) => prove::command(&open()?, &arguments),
        Command::Race(arguments) => {
            let only = options.test.as_deref();
            race::command(&open_as(Flavor::Debug)?, &arguments, only)
        }
        Command::Check => check::command(&open()?),
        Command::Htmldocs => htmldocs::command(&open()?),
        Command::Fresh => fresh::command(&place, options.test.as_deref()),
        Command::Test => test::command(&open()?),
        Command::TestAll => test::all(open_as),
        Command::TestDebug => debug::command(&open_as(Flavor::Debug)?),
    }
}
