// SPDX-License-Identifier: GPL-2.0-only

//! `make coverage`: which lines of the module its tests in the guest reach.
//!
//! The module is built with a call at the start of each basic block of its Rust code, which records
//! where it was called from (`shim/coverage.c`). The debug information says which lines these
//! places stand for, inlined ones as well. Code that the compiler removed has no such place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use crate::commands::demo;
use crate::guest::Guest;
use crate::guest::initramfs::Section;
use crate::guest::machine::Session;
use crate::guest::programs;
use crate::guest::suite::SuiteKind;
use crate::host::place::{self, Place};
use crate::host::ui;
use crate::kernel::{Impl, Workshop};
use crate::kernel::{module, module_sources};

mod calls;
mod lines;

use lines::Reached;

/// Section of the guest's plan with the places that were reached.
const REACHED: &str = "coverage";

/// Section of the guest's plan that says where the module's sections are.
const BASES: &str = "sections";

/// What the guest runs of the fuzzer: the programs of `make test`.
const FUZZ: &str = "fuzz batch 0..100";

/// How long that may take.
const FUZZ_LIMIT: Duration = Duration::from_secs(20 * 60);

/// What is known of one file.
#[derive(Debug, Default, Serialize)]
struct File {
    /// Lines with code.
    lines: usize,
    /// Those that were reached.
    reached: usize,
    /// The others.
    missing: Vec<u32>,
}

/// Runs the tests of the guest and prints what they reach.
pub fn command(workshop: &Workshop) -> Result<()> {
    let module = module::coverage(workshop)?;
    let calls = calls::read(&module)?;
    let session = run(workshop, &module)?;
    let reached = reached(&session)?;
    let lines = lines::read(&module, &calls, &reached)?;
    let files = summarise(workshop.place, &lines)?;

    print(&files);
    let text = serde_json::to_string_pretty(&files)? + "\n";
    place::write(&workshop.place.out.join("coverage.json"), text)?;
    ui::say("results", "out/coverage.json lists the lines not reached");
    Ok(())
}

/// Runs all tests of the guest with `module`.
fn run(workshop: &Workshop, module: &Path) -> Result<Session> {
    let mut guest = Guest::new(workshop, Impl::Rust, "coverage")?;
    guest.root.add("lib/landlock_rs.ko", module)?;
    guest.add_samples(workshop)?;
    guest.root.add("bin/fuzz", &programs::fuzz(workshop)?)?;
    guest.extend_limit(FUZZ_LIMIT);
    guest.root.plan.extend(demo::sections());
    for kind in [SuiteKind::Ours, SuiteKind::Kernel] {
        let programs = kind.programs(workshop)?;
        guest.add_suite(kind.folder(), &programs, &programs.tests())?;
    }
    let bases = "cd /sys/module/landlock_rs/sections; grep -H . .text*";
    let reached = "cat /sys/kernel/security/landlock_rs_coverage";
    guest.root.plan.extend([
        Section::new("fuzz", FUZZ),
        Section::new(BASES, bases),
        Section::new(REACHED, reached),
    ]);
    let session = guest.run(workshop, "tests")?;
    session.check_module()?;
    session.check()?;
    Ok(session)
}

/// Returns the offsets of the places that were reached, by section of the module.
fn reached(session: &Session) -> Result<Reached> {
    let bases = session.transcript.section(BASES);
    let bases = bases.context("the guest does not know where the module is")?;
    let mut starts = BTreeMap::new();
    for (name, address) in bases.lines.iter().filter_map(|line| line.split_once(':')) {
        let address = address.trim_start_matches("0x");
        starts.insert(u64::from_str_radix(address, 16)?, name);
    }
    let places = session.transcript.section(REACHED);
    let places = places.context("the guest did not say what was reached")?;
    let mut reached = Reached::new();
    for line in &places.lines {
        let address = u64::from_str_radix(line, 16)?;
        let (start, name) = starts
            .range(..=address)
            .next_back()
            .context("bad address")?;
        let offsets = reached.entry((*name).to_owned()).or_default();
        offsets.insert(address - start);
    }
    ensure!(
        !reached.is_empty(),
        "nothing was reached: is the module instrumented?"
    );
    Ok(reached)
}

/// Sums up `lines` by file, without unit tests.
fn summarise(place: &Place, lines: &lines::Lines) -> Result<BTreeMap<String, File>> {
    let mut files = BTreeMap::new();
    for (name, lines) in lines {
        let path = place.repo.join(module_sources::SOURCES).join(name);
        let source = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let tests = source
            .lines()
            .position(|line| line.contains("kunit_tests("));
        let end = tests.map_or(u32::MAX, |index| index as u32);
        let of_code = || lines.iter().filter(|(line, _)| **line <= end);
        let missing = of_code().filter(|(_, reached)| !**reached);
        let missing: BTreeSet<u32> = missing.map(|(line, _)| *line).collect();
        let total = of_code().count();
        files.insert(
            name.clone(),
            File {
                lines: total,
                reached: total - missing.len(),
                missing: missing.into_iter().collect(),
            },
        );
    }
    Ok(files)
}

/// Prints a table of the files.
fn print(files: &BTreeMap<String, File>) {
    println!("  {:<36} {:>6} {:>8} {:>6}", "file", "lines", "reached", "");
    let mut total = File::default();
    for (name, file) in files {
        print_row(name, file);
        total.lines += file.lines;
        total.reached += file.reached;
    }
    print_row("all", &total);
}

/// Prints the row of one file.
fn print_row(name: &str, file: &File) {
    let File { lines, reached, .. } = file;
    let percent = 100.0 * *reached as f64 / (*lines).max(1) as f64;
    println!("  {name:<36} {lines:>6} {reached:>8} {percent:>5.1}%");
}
