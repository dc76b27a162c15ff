// SPDX-License-Identifier: GPL-2.0-only

//! The host tool behind the Makefile: it installs what is missing, gets and builds the kernel and
//! the module, boots virtual machines and runs the tests in them.
//!
//! Its rooms, from the ground up: `host` is this machine; `results` reads what tests print; `kernel`
//! builds kernels and the module; `guest` boots them; `measure`, `fuzz`, `check`, `prove`, `race` and
//! `compare` are one command each, or two; `commands` has the others. A room names only those below.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

mod bound;
mod check;
mod cli;
mod commands;
mod compare;
mod fuzz;
mod guest;
mod host;
mod kernel;
mod measure;
mod prove;
mod race;
mod results;

use check::{documents, rustdoc};
use cli::{Cli, Command, Source};
use commands::{analyzer, clients, coverage, debug, demo, fresh, shell, suites, test};
use guest::suite::SuiteKind;
use host::place::Place;
use host::process;
use kernel::{Flavor, Workshop};
use measure::{bench, native};

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("landlock-rs: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Carries out one target.
fn run(cli: Cli) -> Result<ExitCode> {
    process::catch_interrupts()?;
    let place = Place::find()?;
    let Source { kernel_src, flavor } = cli.source;
    let kernel_src = kernel_src.as_deref();
    let open_as = |flavor| Workshop::open(&place, kernel_src, flavor);
    let open = || open_as(flavor);
    let done = match cli.command {
        Command::Run => demo::command(&open()?),
        Command::Shell(arguments) => return shell::command(&open()?, &arguments),
        Command::Module { kdir } => commands::build_module(&place, kdir.as_deref(), kernel_src),
        Command::Test => test::command(&open()?),
        Command::TestAll => test::all(open_as),
        Command::TestDebug => debug::command(&open_as(Flavor::Debug)?),
        Command::Fresh { only } => fresh::command(&place, only.as_deref()),
        Command::Compare => compare::command(&open()?),
        Command::Check => check::command(&open()?),
        Command::Htmldocs => documents::command(&open()?),
        Command::Rustdoc => rustdoc::command(&open()?),
        Command::RustAnalyzer => analyzer::command(&open()?),
        Command::Coverage => coverage::command(&open()?),
        Command::Policy => commands::policy(&place).map(|_| ()),
        Command::Kunit(guest) => suites::kunit(&open()?, &guest),
        Command::Selftests(suite) => suites::command(&open()?, SuiteKind::Ours, &suite),
        Command::Kselftest(suite) => suites::command(&open()?, SuiteKind::Kernel, &suite),
        Command::Samples(guest) => {
            let suite = cli::Suite { guest, only: None };
            suites::command(&open()?, SuiteKind::Samples, &suite)
        }
        Command::Clients(arguments) => clients::command(&open()?, &arguments),
        Command::Fuzz(arguments) => fuzz::command(&open()?, &arguments),
        Command::Prove(arguments) => prove::command(&open()?, &arguments),
        Command::Race(arguments) => race::command(&open_as(Flavor::Debug)?, &arguments),
        Command::Bench(arguments) => bench::command(&open()?, &arguments),
        Command::Native => native::command(&open()?),
    };
    done.map(|()| ExitCode::SUCCESS)
}
