// SPDX-License-Identifier: GPL-2.0-only

//! All tests that need a virtual machine, in one.

use anyhow::{Context, Result, ensure};

use crate::commands::{demo, slot, suites};
use crate::guest::machine::Session;
use crate::guest::programs::Programs;
use crate::guest::suite::SuiteKind;
use crate::guest::{self, Guest, Progress, leaks, programs};
use crate::host::ui;
use crate::kernel::{Flavor, Impl, Workshop};
use crate::results::suites::Suites;
use crate::results::tally::{must_pass, one, tally};
use crate::results::tap::Count;

/// Suite that other kernels skip: it lets allocations fail.
const NEEDS_DEBUG: &str = "alloc_test";

/// Runs what needs a virtual machine with `implementation`, all of it in one.
pub fn in_guest(workshop: &Workshop, implementation: Impl) -> Result<Count> {
    let tests = Tests::prepare(workshop, implementation)?;
    let session = tests.guest.run(workshop, "tests")?;
    tests.count(workshop, &session)
}

/// Runs the same with the module and built in, at the same time.
pub fn in_both(workshop: &Workshop) -> Result<Count> {
    let builtin = Tests::prepare(workshop, Impl::Builtin)?;
    let module = Tests::prepare(workshop, Impl::Rust)?;
    let mut progress = Progress::new("tests");
    let guests = [&builtin.guest, &module.guest];
    let sessions = Guest::run_both(workshop, guests, &[], |line| progress.read(line))?;
    progress.step.finish("both virtual machines are done");
    let mut count = Count::default();
    for (tests, session) in [builtin, module].iter().zip(&sessions) {
        ui::say("tests", format!("with {}:", tests.implementation));
        tally(&mut count, tests.count(workshop, session))?;
    }
    Ok(count)
}

/// A guest with all tests.
struct Tests {
    implementation: Impl,
    guest: Guest,
    /// The module that tries to fill the slot and fails, if there is a slot.
    unfilled: Option<Programs>,
    /// The suites, and the tests of each.
    names: Vec<(SuiteKind, Vec<String>)>,
}

impl Tests {
    /// Builds what is not in the cache.
    fn prepare(workshop: &Workshop, implementation: Impl) -> Result<Self> {
        let name = format!("test-{implementation}{}", workshop.flavor().suffix());
        let mut guest = Guest::new(workshop, implementation, &name)?;
        guest.add_samples(workshop)?;
        let first = leaks::first_sections(workshop.flavor());
        guest.root.plan.extend(first);
        let mut unfilled = None;
        if implementation == Impl::Rust {
            slot::plan(&mut guest, unfilled.insert(programs::unfilled(workshop)?))?;
        }
        guest.root.plan.extend(demo::sections());
        let mut names = Vec::new();
        for kind in [SuiteKind::Ours, SuiteKind::Samples, SuiteKind::Kernel] {
            let programs = kind.programs(workshop)?;
            guest.add_suite(kind.folder(), &programs, &programs.tests())?;
            names.push((kind, programs.tests()));
        }
        let last = leaks::final_sections(workshop.flavor());
        guest.root.plan.extend(last);
        Ok(Self {
            implementation,
            guest,
            unfilled,
            names,
        })
    }

    /// Counts what the guest showed.
    fn count(&self, workshop: &Workshop, session: &Session) -> Result<Count> {
        let mut count = in_kernel(workshop, self.implementation, session)?;
        if let Some(unfilled) = &self.unfilled {
            tally(&mut count, slot::check(session, unfilled))?;
        }
        for (kind, names) in &self.names {
            let suites = guest::suites(&session.transcript, kind.folder(), names);
            if *kind == SuiteKind::Ours {
                tally(&mut count, one(check_skips(workshop.flavor(), &suites)))?;
            }
            tally(&mut count, must_pass(kind.folder(), &suites))?;
            suites::write(workshop, *kind, self.implementation, session, &suites)?;
        }
        tally(&mut count, one(leaks::check(session)))?;
        tally(&mut count, one(session.check()))?;
        Ok(count)
    }
}

/// Counts what the kernel tests by itself, and the demonstration.
fn in_kernel(workshop: &Workshop, implementation: Impl, session: &Session) -> Result<Count> {
    let mut count = Count::default();
    tally(&mut count, one(session.check_module()))?;
    let kunit = suites::read_kunit(workshop, implementation, session);
    tally(
        &mut count,
        kunit.and_then(|suites| must_pass("kunit", &suites)),
    )?;
    tally(&mut count, one(demo::show(workshop.place, session)))?;
    Ok(count)
}

/// Fails when a suite that needs this kernel was not run by it.
pub fn check_skips(flavor: Flavor, suites: &Suites) -> Result<()> {
    if flavor != Flavor::Debug {
        return Ok(());
    }
    let suite = suites.get(NEEDS_DEBUG);
    let suite = suite.with_context(|| format!("{NEEDS_DEBUG}: was not run"))?;
    let Count { pass, skip, .. } = suite.count();
    ensure!(
        pass > 0 && skip == 0,
        "{NEEDS_DEBUG}: {skip} cases were skipped, which this kernel can run: see out/*.tap"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tap::Suite;

    #[test]
    fn the_debug_kernel_may_not_skip_what_needs_it() {
        let run = |text: &str| {
            Suites::from([(NEEDS_DEBUG.to_owned(), Suite::parse(text.lines(), Some(0)))])
        };
        let passed = run("1..1\nok 1 alloc.fork\n");
        let skipped = run("1..2\nok 1 alloc.fork\nok 2 alloc.open # SKIP not here\n");

        assert!(check_skips(Flavor::Debug, &passed).is_ok());
        assert!(check_skips(Flavor::Debug, &skipped).is_err());
        assert!(check_skips(Flavor::Debug, &run("1..0\n")).is_err());
        assert!(check_skips(Flavor::Debug, &Suites::new()).is_err());
        assert!(check_skips(Flavor::Plain, &skipped).is_ok());
        assert!(check_skips(Flavor::Wide, &skipped).is_ok());
    }
}
