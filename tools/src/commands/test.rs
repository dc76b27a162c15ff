// SPDX-License-Identifier: GPL-2.0-only

//! `make test`: all that must hold before a change lands, with one count at the end.

use anyhow::{Result, bail, ensure};

use crate::bound::Bound;
use crate::check;
use crate::commands::debug;
use crate::commands::expected::Expected;
use crate::commands::slot;
use crate::commands::{self, SuiteKind, cargo_test};
use crate::fuzz;
use crate::guest::machine::Session;
use crate::guest::programs::{self, BENCH, SAMPLES};
use crate::guest::{Guest, suites};
use crate::host::place;
use crate::host::process::check_interrupt;
use crate::host::ui;
use crate::kernel::{Flavor, Impl, Workshop};
use crate::prove;
use crate::race;
use crate::results::suites::{self as results, Suites};
use crate::results::tap::Count;

/// Cases of the kernel's suite that cannot pass yet.
const EXPECTED: &str = "tools/testing/expected-failures.toml";

/// Crates that are tested on the host: name of the step, folder.
const CRATES: [(&str, &str); 5] = [
    ("policy", commands::POLICY),
    ("tools", "tools"),
    ("samples", SAMPLES),
    ("bench", BENCH),
    ("fuzz", fuzz::CRATE),
];

/// Runs all tests; the last line that it prints is the count.
pub fn command(workshop: &Workshop) -> Result<()> {
    close(plain(workshop, Bound::Quick)?)
}

/// Runs everything there is, on kernels of each flavor, which `open` gets ready.
pub fn all<'a>(open: impl Fn(Flavor) -> Result<Workshop<'a>>) -> Result<()> {
    let mut count = Count::default();
    for flavor in [Flavor::Plain, Flavor::Debug, Flavor::Wide] {
        tally(
            &mut count,
            open(flavor).and_then(|workshop| whole(&workshop)),
        )?;
    }
    close(count)
}

/// Runs everything that is meant for the flavor of the kernel.
fn whole(workshop: &Workshop) -> Result<Count> {
    match workshop.flavor() {
        Flavor::Plain => plain(workshop, Bound::Whole),
        Flavor::Debug => debug::count(workshop, Bound::Whole),
        Flavor::Wide => wide(workshop),
    }
}

/// Runs the tests of this machine and of guests with a kernel that has only what Landlock needs.
fn plain(workshop: &Workshop, bound: Bound) -> Result<Count> {
    let mut count = Count::default();
    tally(&mut count, check::run(workshop))?;
    for (name, dir) in CRATES {
        let passed = cargo_test(workshop.place, name, dir);
        let passed = passed.map(|pass| Count {
            pass,
            ..Count::default()
        });
        tally(&mut count, passed)?;
    }
    tally(&mut count, prove::run(workshop, bound, None))?;
    tally(&mut count, in_guest(workshop, Impl::Builtin))?;
    tally(&mut count, in_guest(workshop, Impl::Rust))?;
    tally(&mut count, slot::disabled(workshop, Impl::Builtin))?;
    tally(&mut count, slot::disabled(workshop, Impl::Rust))?;
    tally(&mut count, race::quick(workshop))?;
    tally(&mut count, fuzz::count(workshop, Bound::Quick))?;
    Ok(count)
}

/// Runs the suites and the fuzzer on a kernel with more ways into Landlock's hooks.
fn wide(workshop: &Workshop) -> Result<Count> {
    let mut count = in_guest(workshop, Impl::Rust)?;
    tally(&mut count, fuzz::count(workshop, Bound::Whole))?;
    Ok(count)
}

/// Prints `count`, and fails if a test did.
pub fn close(count: Count) -> Result<()> {
    let Count { pass, fail, skip } = count;
    println!("{pass} passed, {fail} failed, {skip} skipped");
    if fail > 0 {
        bail!("{fail} tests failed");
    }
    Ok(())
}

/// Adds the result of a part to `count`. A part that broke down counts as one failure.
pub fn tally(count: &mut Count, part: Result<Count>) -> Result<()> {
    check_interrupt()?;
    let part = part.unwrap_or_else(|error| {
        println!("   failed  {error:#}");
        Count {
            fail: 1,
            ..Count::default()
        }
    });
    *count += part;
    Ok(())
}

/// Runs what needs a virtual machine with `implementation`, all of it in one.
pub fn in_guest(workshop: &Workshop, implementation: Impl) -> Result<Count> {
    let unfilled = programs::unfilled(workshop)?;
    let name = format!("test-{implementation}{}", workshop.flavor().suffix());
    let mut guest = Guest::new(workshop, implementation, &name)?;
    guest.add_samples(workshop)?;
    guest
        .root
        .plan
        .extend(debug::first_sections(workshop.flavor()));
    if implementation == Impl::Rust {
        slot::plan(&mut guest, &unfilled)?;
    }
    guest.root.plan.extend(commands::demo_sections());
    let mut names = Vec::new();
    for kind in [SuiteKind::Ours, SuiteKind::Kernel] {
        let programs = kind.programs(workshop)?;
        guest.add_suite(kind.folder(), &programs, &programs.tests())?;
        names.push((kind, programs.tests()));
    }
    guest
        .root
        .plan
        .extend(debug::final_sections(workshop.flavor()));
    let session = guest.run(workshop, "tests")?;

    let mut count = in_kernel(workshop, implementation, &session)?;
    if implementation == Impl::Rust {
        tally(&mut count, slot::check(&session, &unfilled))?;
    }
    for (kind, names) in names {
        let suites = suites(&session.transcript, kind.folder(), &names);
        let part = match kind {
            SuiteKind::Ours => {
                let flavor = workshop.flavor();
                tally(&mut count, one(debug::check_skips(flavor, &suites)))?;
                own_suites(kind.folder(), &suites)
            }
            SuiteKind::Kernel => compare(workshop, &suites),
        };
        tally(&mut count, part)?;
        commands::write_results(workshop, kind, implementation, &session, &suites)?;
    }
    tally(&mut count, one(debug::check(&session)))?;
    tally(&mut count, one(session.check()))?;
    Ok(count)
}

/// Counts what the kernel tests by itself, and the demonstration.
fn in_kernel(workshop: &Workshop, implementation: Impl, session: &Session) -> Result<Count> {
    let mut count = Count::default();
    tally(&mut count, one(commands::check_insmod(session)))?;
    let kunit = commands::kunit_suites(workshop, implementation, session);
    tally(
        &mut count,
        kunit.and_then(|suites| own_suites("kunit", &suites)),
    )?;
    tally(
        &mut count,
        one(commands::show_demo(workshop.place, session)),
    )?;
    Ok(count)
}

/// Counts something that passes or fails as a whole.
pub fn one(result: Result<()>) -> Result<Count> {
    result.map(|()| Count {
        pass: 1,
        ..Count::default()
    })
}

/// Prints and counts the suites of this project, in which everything must pass.
pub fn own_suites(name: &'static str, suites: &Suites) -> Result<Count> {
    ensure!(!suites.is_empty(), "{name}: no suite ran");
    ui::say(name, format!("{} suites:", suites.len()));
    results::print(suites);
    Ok(results::total(suites))
}

/// Compares the kernel's suite with the list of expected failures.
fn compare(workshop: &Workshop, suites: &Suites) -> Result<Count> {
    let expected = Expected::read(&workshop.place.repo.join(EXPECTED))?;
    let found = expected.compare(suites);
    ui::say("kselftest", "the kernel's own suites:");
    results::print_table(suites);
    ui::say(
        "kselftest",
        format!("{} failed as listed in {EXPECTED}", found.as_listed),
    );
    results::print_failures(&found.problems);
    let fitting = workshop.place.out.join("expected-failures.toml");
    place::write(&fitting, expected.fitting(suites))?;
    Ok(found.count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_breaks_down_is_one_failure() {
        let mut count = Count::default();
        tally(&mut count, Err(anyhow::anyhow!("no"))).unwrap();
        tally(&mut count, one(Ok(()))).unwrap();
        assert_eq!((count.pass, count.fail, count.skip), (1, 1, 0));
    }
}
