// SPDX-License-Identifier: GPL-2.0-only

//! `make shell`: an interactive guest, or one command in a guest.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::cli;
use crate::commands::asked;
use crate::guest::initramfs::Section;
use crate::guest::machine::Session;
use crate::guest::{Guest, luggage, programs};
use crate::host::place;
use crate::host::toolchain::find_program;
use crate::host::ui::{self, Step};
use crate::kernel::{Impl, Workshop};
use crate::results::tally::one;
use crate::results::tap::Count;
use crate::results::transcript::Mark;

/// What an interactive guest says first.
const GREETING: &str = "
Landlock in a virtual machine. Try, for instance:
  sandboxer --help
  demo
What you took along is in /with.
Leave it with `exit`, or with Ctrl-A X if it hangs.

";

/// Section of the command.
const SECTION: &str = "run";

/// File of the guest with the command, which may have several lines.
const FILE: &str = "etc/run";

/// How long the command may run.
const LIMIT: Duration = Duration::from_secs(3600);

/// Gives the terminal to a guest, or runs one command there and returns its exit status.
pub fn command(workshop: &Workshop, arguments: &cli::Shell) -> Result<ExitCode> {
    let asked = &arguments.guest;
    let with = arguments.with.as_deref();
    if let Some(command) = &arguments.run {
        let (status, _) = run(workshop, asked, with, command)?;
        return Ok(ExitCode::from(status));
    }
    let hint = "make shell needs a terminal, or a command: RUN=";
    ensure!(ui::is_terminal(), hint);
    let mut guest = guest(workshop, asked, with)?;
    guest.root.add("bin/fuzz", &programs::fuzz(workshop)?)?;
    guest.root.greeting = Some(GREETING.to_owned());
    guest.interact(workshop)?;
    Ok(ExitCode::SUCCESS)
}

/// Makes a guest with the samples and what is at `with`.
fn guest(workshop: &Workshop, asked: &cli::Guest, with: Option<&Path>) -> Result<Guest> {
    let mut guest = asked::guest(workshop, asked, "shell")?;
    guest.add_samples(workshop)?;
    if let Some(with) = with {
        guest.take_along(with)?;
    }
    Ok(guest)
}

/// Runs `command` in a guest with what is at `with`, and prints its output as it comes. Returns its
/// exit status and its output.
fn run(
    workshop: &Workshop,
    asked: &cli::Guest,
    with: Option<&Path>,
    command: &str,
) -> Result<(u8, String)> {
    let mut guest = guest(workshop, asked, with)?;
    guest.root.add_entry(FILE, 0o100644, command.as_bytes());
    let mut section = Section::new(SECTION, &format!("sh /{FILE}"));
    section.directory = format!("/{}", luggage::FOLDER);
    guest.root.plan.push(section);
    guest.extend_limit(LIMIT);
    let mut printer = Printer::new();
    let session = guest.follow(workshop, |line| {
        if let Some(line) = printer.read(line) {
            println!("{line}");
        }
    })?;
    result(&session)
}

/// Reads the exit status and the output of the command.
fn result(session: &Session) -> Result<(u8, String)> {
    session.check_module()?;
    session.check()?;
    if let Some(output) = session.transcript.section(luggage::SHARE) {
        ensure!(output.status == Some(0), "cannot share: {}", output.text());
    }
    let output = session.transcript.section(SECTION);
    let output = output.context("the command was not reached")?;
    let status = output.status.context("the command did not end")?;
    Ok((u8::try_from(status)?, output.text()))
}

/// Picks what the command prints from what the guest does.
struct Printer {
    /// What is shown until the command runs.
    booting: Option<Step>,
    /// Whether the command runs.
    is_open: bool,
    /// Empty lines that were held back: the last one comes from the guest's mark.
    empty: usize,
}

impl Printer {
    fn new() -> Self {
        Self {
            booting: Some(Step::new("shell", "booting")),
            is_open: false,
            empty: 0,
        }
    }

    /// Takes in a line of the guest, and returns what there is to print.
    fn read(&mut self, line: &str) -> Option<String> {
        if let Some(mark) = Mark::parse(line) {
            self.is_open = mark == Mark::Begin(SECTION);
            self.booting.take_if(|_| self.is_open);
            self.empty = 0;
            None
        } else if line.is_empty() {
            self.empty += 1;
            None
        } else {
            let empty = std::mem::take(&mut self.empty);
            self.is_open.then(|| "\n".repeat(empty) + line)
        }
    }
}

/// Runs a program of this machine in a guest with the module: it comes from a folder, which is shared
/// if the kernel can do that, and needs libraries. A sandbox may read the folder and nothing else.
pub fn count(workshop: &Workshop) -> Result<Count> {
    let dir = tempfile::tempdir().context("cannot create a temporary folder")?;
    let cat = find_program("cat").context("cat is not installed")?;
    std::fs::copy(cat, dir.path().join("cat")).context("cannot copy cat")?;
    place::write(&dir.path().join("text"), "taken along\n")?;
    let folder = place::name(dir.path());
    let command = format!(
        "cd {folder}\n./cat text && cat-here text && ! cat-here /init 2>/dev/null && exit 3"
    );
    let asked = cli::Guest {
        implementation: Impl::Rust,
        abi: None,
        ext: None,
    };
    let ran = run(workshop, &asked, Some(dir.path()), &command)?;
    let expected = (3, "taken along\n".repeat(2));
    one((|| {
        ensure!(ran == expected, "make shell: {ran:?}, not {expected:?}");
        Ok(())
    })())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_command_prints() {
        let mut printer = Printer::new();
        let lines = "\n##landlock-rs begin insmod\nno\n\n##landlock-rs end insmod 0\n\
                     \n##landlock-rs begin run\none\n\n\ntwo\n\n##landlock-rs end run 0\n\
                     \n##landlock-rs done\n";
        let printed: Vec<_> = lines
            .lines()
            .filter_map(|line| printer.read(line))
            .collect();
        assert_eq!(printed, ["one", "\n\ntwo"]);
    }
}
