// SPDX-License-Identifier: GPL-2.0-only

//! Runs a command in a sandbox.
//!
//! Everything that Landlock can deny is denied to the command and to all that it starts, for good,
//! but for what options or a profile allow. What the running kernel does not know is not
//! restricted; standard error says what that is, and `--require` decides whether to go on.

#![forbid(unsafe_code)]

use std::convert::Infallible;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use anyhow::{anyhow, Error};
use clap::Parser;
use landlock::RulesetStatus;
use landlock_samples::options::{Options, NAMES};
use landlock_samples::sandbox;

/// Run a command in a sandbox.
///
/// Everything that Landlock can deny is denied, but for what is given here. A PATH
/// is a directory, with all that is below, or a file; what several options allow
/// adds up. Other files can only be looked at (stat) and walked through.
#[derive(Debug, Parser)]
#[command(verbatim_doc_comment, after_help = help())]
struct Args {
    #[command(flatten)]
    options: Options,

    /// Do not print what the kernel does not restrict.
    #[arg(short, long)]
    quiet: bool,

    /// The command and its arguments, after "--".
    #[arg(value_name = "COMMAND", required = true, last = true)]
    command: Vec<OsString>,
}

fn help() -> String {
    format!(
        "\
Example:
  sandboxer --exec /usr /lib /lib64 --ro /etc --rw /tmp -- sh -c 'date > /tmp/x'

The command, its interpreter (ld.so) and what it runs must be below --exec; its
libraries only have to be readable.

{NAMES}

Exit status: that of the command; 125 if the sandbox cannot be made, 126 if the
command cannot be run, 127 if it is not found."
    )
}

/// An error that ends this program with a status of its own.
#[derive(Debug)]
struct Failure {
    status: u8,
    error: Error,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { status: 125, error }
    }
}

fn main() -> ExitCode {
    let Err(failure) = run(&Args::parse());
    eprintln!("sandboxer: {:#}", failure.error);
    ExitCode::from(failure.status)
}

/// Becomes the command, in a sandbox; only returns when that fails.
fn run(args: &Args) -> Result<Infallible, Failure> {
    let status = sandbox::enforce(&args.options.profile()?)?;
    if !args.quiet && status.ruleset != RulesetStatus::FullyEnforced {
        eprintln!("sandboxer: {status}");
    }
    Err(execute(&args.command))
}

/// Replaces this process by the command; only returns when that fails.
fn execute(command: &[OsString]) -> Failure {
    let Some((program, arguments)) = command.split_first() else {
        return anyhow!("no command").into();
    };
    let error = Command::new(program).args(arguments).exec();
    let name = program.to_string_lossy().into_owned();
    let (status, hint) = match error.kind() {
        ErrorKind::NotFound => (127, ""),
        ErrorKind::PermissionDenied => (126, " (is it, and its ld.so, below --exec?)"),
        _ => (126, ""),
    };
    Failure {
        status,
        error: Error::new(error).context(format!("cannot run {name}{hint}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn command_is_needed_after_dashes() {
        assert!(parse("sandboxer --ro /a").is_err());
        assert!(parse("sandboxer --ro /a --").is_err());
        assert!(parse("sandboxer cmd").is_err());
        assert!(parse("sandboxer --ro -- cmd").is_err());
        assert!(parse("sandboxer -- cmd").is_ok());
    }

    #[test]
    fn words_of_the_command_are_not_options() {
        let args = parse("sandboxer --ro /a -q -- cmd --ro x").unwrap();
        assert_eq!(args.command, ["cmd", "--ro", "x"].map(OsString::from));
        assert!(args.quiet);
    }

    #[test]
    fn help_fits_80_columns() {
        for line in help().lines() {
            assert!(line.len() <= 80, "{line}");
        }
    }
}
