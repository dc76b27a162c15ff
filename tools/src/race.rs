// SPDX-License-Identifier: GPL-2.0-only

//! `make race`: something happens at each marked point of the module while a task waits there, on a
//! kernel that checks memory, locks and contexts. First a few planted mistakes must be noticed.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::bound::Bound;
use crate::cli;
use crate::guest::initramfs::Section;
use crate::guest::leaks;
use crate::guest::machine::Session;
use crate::guest::programs;
use crate::guest::{Guest, suites};
use crate::host::ui;
use crate::kernel::{Impl, Workshop};
use crate::kernel::{module, module_sources};
use crate::results::suites::{self as results, Suites};
use crate::results::tally::{close, one, tally};
use crate::results::tap::Count;

mod mistakes;

/// Folder of the guest with the program.
const FOLDER: &str = "race";

/// The program, and its section in the guest's plan.
const PROGRAM: &str = "race";

/// How many processors the guests have.
const PROCESSORS: [u32; 2] = [2, 4];

/// How long all trials may take.
const LIMIT: Duration = Duration::from_secs(2 * 60 * 60);

/// `make race`: fails unless every trial, or those that are asked for, ends as it must.
pub fn command(workshop: &Workshop, arguments: &cli::Race) -> Result<()> {
    let Some(trials) = &arguments.only else {
        return close(count(workshop, arguments.bound.bound())?);
    };
    let mut count = Count::default();
    for processors in PROCESSORS {
        tally(&mut count, run(workshop, processors, trials))?;
    }
    close(count)
}

/// Plants the mistakes, and runs all trials, or some of each mark.
pub fn count(workshop: &Workshop, bound: Bound) -> Result<Count> {
    let mut count = Count::default();
    tally(&mut count, mistakes::all(workshop))?;
    if bound == Bound::Quick {
        tally(&mut count, quick(workshop))?;
        return Ok(count);
    }
    for processors in PROCESSORS {
        tally(&mut count, run(workshop, processors, ""))?;
    }
    Ok(count)
}

/// Runs some trials of each mark.
pub fn quick(workshop: &Workshop) -> Result<Count> {
    let [processors, _] = PROCESSORS;
    run(workshop, processors, "--quick")
}

/// Runs the chosen `trials` with the module as it is, and counts them.
fn run(workshop: &Workshop, processors: u32, trials: &str) -> Result<Count> {
    let sources = workshop.place.repo.join(module_sources::SOURCES);
    let name = format!("race-{processors}");
    let session = boot(workshop, &sources, processors, trials, &name)?;
    let suites = results_of(&session);
    ui::say("race", format!("{processors} processors:"));
    results::print(&suites);
    results::write_tap(workshop.place, &name, FOLDER, &session.transcript, &suites)?;
    results::write_json(workshop.place, &name, "rust", &suites)?;
    ui::say("results", format!("out/{name}.tap, out/{name}.json"));
    let mut count = results::total(&suites);
    tally(&mut count, one(leaks::check(&session)))?;
    tally(&mut count, one(session.check()))?;
    Ok(count)
}

/// Runs the chosen `trials` in a guest with the module made of `sources`.
fn boot(
    workshop: &Workshop,
    sources: &Path,
    processors: u32,
    trials: &str,
    name: &str,
) -> Result<Session> {
    let module = module::with_marks(workshop, sources)?;
    let program = programs::race(workshop)?;
    let flavor = workshop.flavor();
    let mut guest = Guest::new(workshop, Impl::Rust, name)?;
    guest.root.add("lib/landlock_rs.ko", &module)?;
    guest.root.add("bin/race", &program)?;
    guest.set_processors(processors);
    guest.extend_limit(LIMIT);
    guest.root.plan.extend(leaks::first_sections(flavor));
    let mut section = Section::new(&format!("{FOLDER}/{PROGRAM}"), "");
    section.command = format!("race {trials}");
    guest.root.plan.push(section);
    guest.root.plan.extend(leaks::final_sections(flavor));
    let session = guest.run(workshop, "race")?;
    session.check_module()?;
    Ok(session)
}

/// Reads how the trials ended.
fn results_of(session: &Session) -> Suites {
    suites(&session.transcript, FOLDER, &[PROGRAM.to_owned()])
}
