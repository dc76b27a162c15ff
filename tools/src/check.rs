// SPDX-License-Identifier: GPL-2.0-only

//! `make check`: style and rules of the code, without running it.

use anyhow::{Result, ensure};

use crate::host::ui;
use crate::kernel::Workshop;
use crate::results::tap::{Count, Outcome};

pub mod border;
mod circles;
mod commands;
mod counterparts;
mod documented;
pub mod documents;
mod external;
mod oldest;
mod own_tests;
mod panics;
mod paths;
mod pinned;
mod ranks;
mod rights;
pub mod rustdoc;
pub mod sizes;
mod usage;

/// How many lines of complaint are printed for one check.
const SHOWN_LINES: usize = 20;

/// What a check found.
pub enum Verdict {
    /// Nothing; with a remark for the reader.
    Clean(String),
    /// Something to fix, line by line.
    Dirty(Vec<String>),
    /// It could not be carried out, for this reason.
    Skipped(String),
}

impl Verdict {
    /// Is clean, with `remark`, when there is no problem.
    fn new(problems: Vec<String>, remark: impl Into<String>) -> Self {
        if problems.is_empty() {
            Self::Clean(remark.into())
        } else {
            Self::Dirty(problems)
        }
    }

    /// Returns what this is in a count of tests.
    fn outcome(&self) -> Outcome {
        match self {
            Self::Clean(_) => Outcome::Pass,
            Self::Dirty(_) => Outcome::Fail,
            Self::Skipped(reason) => Outcome::Skip(reason.clone()),
        }
    }
}

/// A check and its name.
type Check = (&'static str, fn(&Workshop) -> Result<Verdict>);

/// All checks, the fastest first.
const CHECKS: [Check; 20] = [
    ("ranks", ranks::check),
    ("circles", circles::check),
    ("border", border::check),
    ("sizes", sizes::check),
    ("kunit", counterparts::check),
    ("pinned", pinned::check),
    ("usage", usage::check),
    ("commands", commands::check),
    ("rights", rights::check),
    ("kerneldoc", documented::check),
    ("rustfmt", external::rust::rustfmt),
    ("checkpatch", external::scripts::checkpatch),
    ("kerneldoc", external::scripts::kernel_doc),
    ("htmldocs", external::htmldocs),
    ("rustdoc", external::rustdoc),
    ("clippy", external::rust::clippy_module),
    ("panics", panics::check),
    ("oldest", oldest::check),
    ("clippy", external::rust::clippy_host),
    ("shell", external::shell),
];

/// Carries out all checks and counts them.
pub fn run(workshop: &Workshop) -> Result<Count> {
    let mut count = Count::default();
    for (name, check) in CHECKS {
        let verdict = check(workshop)?;
        count.add(&verdict.outcome());
        report(name, &verdict);
    }
    Ok(count)
}

/// `make check`: fails when a check found something.
pub fn command(workshop: &Workshop) -> Result<()> {
    let count = run(workshop)?;
    ensure!(
        count.fail == 0,
        "{} checks found something to fix",
        count.fail
    );
    Ok(())
}

/// Prints what a check found.
fn report(name: &str, verdict: &Verdict) {
    match verdict {
        Verdict::Clean(remark) => ui::say(name, remark),
        Verdict::Skipped(reason) => ui::say(name, format!("skipped: {reason}")),
        Verdict::Dirty(problems) => {
            ui::failed(format!("{name}: {} lines to look at", problems.len()));
            for problem in problems.iter().take(SHOWN_LINES) {
                println!("  {problem}");
            }
        }
    }
}
