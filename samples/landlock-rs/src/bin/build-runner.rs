// SPDX-License-Identifier: GPL-2.0-only

//! A build runner that gives a compiler its sources and its output, and nothing else.
//!
//! What is built was written by strangers, and so was what runs while it is built. It cannot read
//! keys, reach a network, change its own sources, or signal anyone.

#![forbid(unsafe_code)]

use std::convert::Infallible;
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use clap::Parser;
use landlock::{
    path_beneath_rules, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetError, Scope, ABI,
};

/// A kernel with less is not enough: without scopes, other processes could be signalled.
const OLDEST: ABI = ABI::V6;

/// What this program was tested with. A kernel in between restricts what it knows.
const NEWEST: ABI = ABI::V10;

/// Run a compiler that can read its sources and write its output, and nothing else.
#[derive(Debug, Parser)]
struct Args {
    /// Directory of the sources.
    #[arg(long)]
    src: PathBuf,

    /// Directory of the output, and of temporary files; it is made if it is missing.
    #[arg(long)]
    out: PathBuf,

    /// Where the compiler is, with its libraries and headers.
    #[arg(long, num_args = 1.., default_values = ["/usr", "/bin", "/lib", "/lib64"])]
    tools: Vec<PathBuf>,

    /// The compiler and its arguments, after "--".
    #[arg(value_name = "COMPILER", required = true, last = true)]
    command: Vec<OsString>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    match run(&args)? {}
}

/// Becomes the compiler, in a sandbox; only returns when that fails.
fn run(args: &Args) -> Result<Infallible> {
    let (compiler, arguments) = args.command.split_first().context("no compiler")?;
    fs::create_dir_all(&args.out).context("cannot make the directory of the output")?;
    let out = args.out.canonicalize()?;
    fs::read_dir(&args.src).context("cannot read the sources")?;
    enter_sandbox(&args.tools, &args.src, &out).context("cannot enter the sandbox")?;
    let error = Command::new(compiler)
        .args(arguments)
        .env("TMPDIR", out)
        .exec();
    Err(error).with_context(|| format!("cannot run {}", compiler.to_string_lossy()))
}

/// Gives up everything but to run `tools`, to read `src`, and to change `out`.
fn enter_sandbox(tools: &[PathBuf], src: &Path, out: &Path) -> Result<(), RulesetError> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let run = read | AccessFs::Execute;
    let change = read | AccessFs::from_write(NEWEST) & !devices();
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(OLDEST))?
        .handle_access(AccessNet::from_all(OLDEST))?
        .scope(Scope::from_all(OLDEST))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .create()?
        .add_rules(path_beneath_rules(tools, run))?
        .add_rules(path_beneath_rules([src], read))?
        .add_rules(path_beneath_rules([out], change))?
        .add_rules(path_beneath_rules(
            ["/dev/null"],
            AccessFs::WriteFile | AccessFs::ReadFile,
        ))?
        .restrict_self()?;
    Ok(())
}

/// Returns the rights that no compiler needs.
fn devices() -> BitFlags<AccessFs> {
    AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev | AccessFs::ResolveUnix
}
