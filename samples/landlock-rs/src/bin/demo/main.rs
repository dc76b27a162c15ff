// SPDX-License-Identifier: GPL-2.0-only

//! Shows what a sandbox allows and denies, with real programs.
//!
//! A table of actions ([`rows`]) is run one by one, most of them by busybox under `sandboxer`, and
//! what each of them saw is compared with what is expected. Exit status 0 if all is as expected.

#![forbid(unsafe_code)]

mod acts;
mod outcome;
mod report;
mod rows;
mod runner;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use landlock_samples::syscall;

use acts::Act;

/// Show what a sandbox allows and denies.
#[derive(Debug, Parser)]
struct Args {
    /// Directory for the files of the demonstration; it is emptied first.
    #[arg(long, value_name = "DIR", default_value = "/tmp/demo")]
    dir: PathBuf,

    /// Write the rows to FILE as well, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    #[command(subcommand)]
    act: Option<Sub>,
}

#[derive(Debug, Subcommand)]
enum Sub {
    /// Do one thing with one system call, and print its error.
    #[command(subcommand)]
    Act(Act),
}

fn main() -> ExitCode {
    let args = Args::parse();
    let result = match &args.act {
        Some(Sub::Act(act)) => act.run().map(|()| true),
        None => demonstrate(&args),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs all rows; `true` if all is as expected.
fn demonstrate(args: &Args) -> Result<bool> {
    let runner = runner::Runner::new(&args.dir)?;
    let abi = syscall::abi().context("this kernel has no Landlock, or it is off")?;

    let servers = runner.serve()?;
    print!("{}", report::header(abi, &args.dir));
    let mut results = Vec::new();
    for row in rows::ROWS {
        let result = report::RowResult::new(row, abi, runner.run(row)?);
        println!("{}", result.line());
        results.push(result);
    }
    drop(servers);
    print!("{}", report::footer(&results));

    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&results)?;
        fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))?;
    }
    runner.clean_up()?;
    Ok(results.iter().all(|result| result.ok))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_optional() {
        let args = Args::try_parse_from(["demo"]).unwrap();
        assert_eq!(args.dir, PathBuf::from("/tmp/demo"));
        assert!(args.json.is_none() && args.act.is_none());
    }

    #[test]
    fn act_takes_two_paths() {
        let args = Args::try_parse_from(["demo", "act", "rename", "a", "b"]).unwrap();
        assert!(matches!(args.act, Some(Sub::Act(Act::Rename { .. }))));
        assert!(Args::try_parse_from(["demo", "act", "rename", "a"]).is_err());
        assert!(Args::try_parse_from(["demo", "act"]).is_err());
    }
}
