// SPDX-License-Identifier: GPL-2.0-only

//! Measures what a sandbox costs, one row of JSON per line.
//!
//! Each call of the program measures one group of rows, and may sandbox itself for good: the host
//! tool puts one call after the other into the plan of a virtual machine in which one instruction
//! takes one nanosecond.
#![deny(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

mod build;
mod enforce;
mod fs_bench;
mod landlock;
mod latency;
mod lines;
mod memory;
mod open;
mod operations;
mod ports;
mod programs;
mod row;
mod sample;
mod sandbox;
mod tree;

/// Measures what a sandbox costs.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    group: Group,
}

/// What is measured together.
#[derive(Subcommand)]
enum Group {
    /// Opens and closes a file at several depths.
    Open {
        /// How many times to sandbox before.
        #[arg(long)]
        layers: u64,
        /// How many rules each layer has.
        #[arg(long, default_value_t = 0)]
        rules: u64,
    },
    /// Fails to open a file at several depths.
    Denied {
        /// How many times to sandbox before.
        #[arg(long)]
        layers: u64,
    },
    /// Does everything else that Landlock looks at.
    Operations {
        /// How many times to sandbox before.
        #[arg(long)]
        layers: u64,
    },
    /// Makes rulesets.
    Build,
    /// Enforces a ruleset: first, second and last layer.
    Enforce {
        /// How many rules the ruleset has.
        #[arg(long)]
        rules: u64,
    },
    /// Enforces rules on ports, and connects to them: plain ones, and ones chosen to do harm.
    Ports {
        /// How many rules there are.
        #[arg(long)]
        rules: u64,
    },
    /// Measures how long another task waits while rules on ports are enforced and freed.
    Latency {
        /// How many rules there are.
        #[arg(long)]
        rules: u64,
    },
    /// Counts the bytes of rulesets and domains.
    Memory {
        /// How many rules they have.
        #[arg(long)]
        rules: u64,
    },
    /// Counts the bytes that tie a directory to its rules.
    MemoryObjects,
    /// Opens a file on each of two processors, for a plugin that sees which cache lines both write.
    Lines {
        /// How many times to sandbox before.
        #[arg(long)]
        layers: u64,
    },
    /// Is one of the processes of `lines`.
    LinesCaller {
        /// The processor to run on.
        #[arg(long)]
        processor: usize,
        /// How many times to sandbox before.
        #[arg(long)]
        layers: u64,
        /// How many files to keep open.
        #[arg(long)]
        kept: usize,
    },
    /// Runs a program from start to end.
    Program {
        /// How many times to sandbox before.
        #[arg(long)]
        layers: u64,
        /// How the row names it.
        #[arg(long)]
        name: String,
        /// The program and its arguments.
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Runs the kernel's own benchmark.
    FsBench {
        /// The program.
        program: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(&Cli::parse().group) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Measures one group.
fn run(group: &Group) -> Result<()> {
    match group {
        Group::Open { layers, rules } => open::measure(*layers, *rules),
        Group::Denied { layers } => open::measure_denied(*layers),
        Group::Operations { layers } => operations::measure(*layers),
        Group::Build => build::measure(),
        Group::Enforce { rules } => enforce::measure(*rules),
        Group::Ports { rules } => ports::measure(*rules),
        Group::Latency { rules } => latency::measure(*rules),
        Group::Memory { rules } => memory::measure(*rules),
        Group::MemoryObjects => memory::measure_objects(),
        Group::Lines { layers } => lines::measure(*layers),
        Group::LinesCaller {
            processor,
            layers,
            kept,
        } => lines::call(*processor, *layers, *kept),
        Group::Program {
            layers,
            name,
            command,
        } => programs::measure(name, *layers, command),
        Group::FsBench { program } => fs_bench::measure(program),
    }
}
