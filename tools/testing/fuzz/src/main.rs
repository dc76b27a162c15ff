// SPDX-License-Identifier: GPL-2.0-only

//! Runs random programs around Landlock and prints what they did, so that two kernels can be
//! compared. A program is known by its seed and by which of its operations are kept.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use clap::{Parser, Subcommand};

use landlock_fuzz::actor::{self, Order};
use landlock_fuzz::coverage::Coverage;
use landlock_fuzz::generate;
use landlock_fuzz::job::Job;
use landlock_fuzz::outcome::Outcome;
use landlock_fuzz::pairs;
use landlock_fuzz::runner::{Detail, Runner};
use landlock_fuzz::selection::Selection;

/// Run random programs around Landlock, always the same ones for a seed.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run programs; print a digest of each, then what was covered.
    Batch {
        /// Seeds (0..100), or a seed and the operations that are kept (7:1,2,9).
        #[arg(required = true)]
        jobs: Vec<Job>,
    },
    /// Run one program; print each operation, its result and what was logged.
    Show {
        /// The seed.
        seed: u64,
        /// Numbers of the operations that are kept.
        #[arg(long, default_value = "all")]
        only: Selection,
    },
    /// Run programs whose actors act at the same time, many times each; print what is possible.
    Pairs {
        /// Seeds (0..100), names of fixed programs, or texts; ~300 for 300 rounds of each.
        #[arg(required = true)]
        jobs: Vec<pairs::job::Job>,
    },
    /// Go on as a member of a round.
    #[command(hide = true)]
    Image { me: usize },
    /// Go on as an actor of a program that runs.
    #[command(hide = true)]
    Actor {
        seed: u64,
        #[arg(long)]
        only: Selection,
        #[arg(long)]
        me: u8,
        #[arg(long)]
        start: u16,
        #[arg(long)]
        end: u16,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fuzz: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Batch { jobs } => batch(&jobs),
        Command::Show { seed, only } => show(seed, &only),
        Command::Pairs { jobs } => pairs::run::run(&jobs),
        Command::Image { me } => pairs::image(me),
        Command::Actor {
            seed,
            only,
            me,
            start,
            end,
        } => {
            let program = Arc::new(only.apply(generate::program(seed)));
            actor::go_on(me, &program, Order { start, end });
            Ok(())
        }
    }
}

/// Runs the programs of all jobs.
fn batch(jobs: &[Job]) -> Result<()> {
    let mut runner = Runner::new(Detail::Digest)?;
    let mut coverage = Coverage::default();
    let mut report = |outcomes: Vec<Outcome>| {
        for outcome in outcomes {
            let (digest, count) = (outcome.digest(), outcome.count());
            println!("{} {digest:016x} {count}", Job::of(&outcome.program));
            coverage.add(&outcome);
        }
    };
    for (seed, selection) in jobs.iter().flat_map(Job::programs) {
        report(runner.run(selection.apply(generate::program(seed)))?);
    }
    report(runner.finish()?);
    println!("{}", serde_json::to_string(&coverage)?);
    Ok(())
}

/// Runs one program and prints all that it did.
fn show(seed: u64, only: &Selection) -> Result<()> {
    let mut runner = Runner::new(Detail::Steps)?;
    let mut outcomes = runner.run(only.apply(generate::program(seed)))?;
    outcomes.extend(runner.finish()?);
    for outcome in outcomes {
        print!("{}", outcome.text());
        println!("digest {:016x}", outcome.digest());
    }
    Ok(())
}
