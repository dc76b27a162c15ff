// SPDX-License-Identifier: GPL-2.0-only

//! Checks that other programs carry out.

use std::ffi::OsStr;
use std::process::Command;

use anyhow::{Context, Result};

use crate::check::Verdict;
use crate::check::{documents, rustdoc};
use crate::kernel::Workshop;

pub mod rust;
pub mod scripts;

/// Runs a command and returns the lines that it printed, with whether it succeeded.
fn lines(command: &mut Command) -> Result<(Vec<String>, bool)> {
    let program = command.get_program().to_owned();
    let output = command
        .output()
        .with_context(|| format!("cannot start {program:?}"))?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    Ok((lines.map(str::to_owned).collect(), output.status.success()))
}

/// Builds the documents.
pub fn htmldocs(workshop: &Workshop) -> Result<Verdict> {
    let problems = documents::build(workshop)?;
    Ok(Verdict::new(problems, "no warning about the documents"))
}

/// Builds the documentation of the module's Rust code.
pub fn rustdoc(workshop: &Workshop) -> Result<Verdict> {
    let problems = rustdoc::build(workshop)?;
    Ok(Verdict::new(problems, "no warning about the module"))
}

/// Checks that the shell scripts can be parsed.
pub fn shell(workshop: &Workshop) -> Result<Verdict> {
    let scripts = [
        "tools/bootstrap.sh",
        "tools/guest/init",
        "tools/guest/clients",
        "tools/testing/clients/root/usr/local/bin/fresh",
        "tools/testing/clients/root/usr/local/bin/probe",
        ".ci/run",
    ];
    let mut problems = Vec::new();
    for script in scripts {
        let path = workshop.place.repo.join(script);
        let mut sh = Command::new("sh");
        sh.args([OsStr::new("-n"), path.as_os_str()]);
        problems.extend(lines(&mut sh)?.0);
    }
    Ok(Verdict::new(problems, format!("{} scripts", scripts.len())))
}
