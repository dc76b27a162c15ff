// SPDX-License-Identifier: GPL-2.0-only

//! `make test-debug`: the tests of the guests, in a kernel that checks memory, locks and contexts.

use anyhow::{Context, Result, ensure};

use crate::bound::Bound;
use crate::commands::test::{close, in_guest, one, tally};
use crate::guest::Guest;
use crate::guest::initramfs::Section;
use crate::guest::machine::Session;
use crate::host::ui;
use crate::kernel::module;
use crate::kernel::{Flavor, Impl, Workshop};
use crate::race;
use crate::results::suites::Suites;
use crate::results::tap::Count;

/// Section of the guest's plan that lists what was leaked.
const LEAKS: &str = "kmemleak";

/// Lists memory that nothing refers to. An object must have a certain age to count, and two scans
/// must agree on it.
const FIND_LEAKS: &str = "cd /sys/kernel/debug; sleep 6; echo scan >kmemleak; \
                          echo scan >kmemleak; cat kmemleak";

/// Suite that other kernels skip: it lets allocations fail.
const NEEDS_DEBUG: &str = "alloc_test";

/// Mistakes that a module makes on demand, and what the kernel must say of each.
///
/// The last ones switch off other checks.
const FAULTS: [(&str, &str); 5] = [
    ("rcu", "WARNING: suspicious RCU usage"),
    (
        "sleep",
        "BUG: sleeping function called from invalid context",
    ),
    ("leak", "new suspected memory leaks"),
    (
        "lock",
        "WARNING: possible circular locking dependency detected",
    ),
    ("overflow", "BUG: KASAN: slab-out-of-bounds"),
];

/// Runs the tests; the last line that it prints is the count.
pub fn command(workshop: &Workshop) -> Result<()> {
    close(count(workshop, Bound::Quick)?)
}

/// Runs the tests, and counts them.
pub fn count(workshop: &Workshop, bound: Bound) -> Result<Count> {
    let mut count = Count::default();
    tally(&mut count, faults(workshop))?;
    tally(&mut count, in_guest(workshop, Impl::Rust))?;
    tally(&mut count, race::count(workshop, bound))?;
    Ok(count)
}

/// Returns what a guest does first. That the kernel looks for leaks by itself, at some time, makes
/// tests slow.
pub fn first_sections(flavor: Flavor) -> Vec<Section> {
    match flavor {
        Flavor::Plain | Flavor::Wide => Vec::new(),
        Flavor::Debug => {
            let command = "echo scan=off >/sys/kernel/debug/kmemleak";
            vec![Section::new("kmemleak-off", command)]
        }
    }
}

/// Returns what a guest does in the end.
pub fn final_sections(flavor: Flavor) -> Vec<Section> {
    match flavor {
        Flavor::Plain | Flavor::Wide => Vec::new(),
        Flavor::Debug => vec![Section::new(LEAKS, FIND_LEAKS)],
    }
}

/// Fails when something was leaked. A guest that did not look says nothing.
pub fn check(session: &Session) -> Result<()> {
    let Some(leaks) = session.transcript.section(LEAKS) else {
        return Ok(());
    };
    ensure!(leaks.status == Some(0), "kmemleak could not be asked");
    let is_object = |line: &&String| line.starts_with("unreferenced object");
    let count = leaks.lines.iter().filter(is_object).count();
    ensure!(
        leaks.lines.is_empty(),
        "{count} pieces of memory were leaked: see section {LEAKS} of out/log/console-*.out"
    );
    Ok(())
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

/// Makes one mistake after another: does this kernel, does this tool notice?
fn faults(workshop: &Workshop) -> Result<Count> {
    let mut guest = Guest::new(workshop, Impl::Rust, "faults")?;
    let faults = module::faults(workshop)?;
    guest.root.add("lib/landlock_rs_faults.ko", &faults)?;
    for (fault, _) in FAULTS {
        let command = format!("insmod /lib/landlock_rs_faults.ko fault={fault}");
        guest.root.plan.push(Section::new(fault, &command));
        if fault == "leak" {
            let sections = final_sections(workshop.flavor());
            guest.root.plan.extend(sections);
        }
    }
    let session = guest.run(workshop, "faults")?;
    let mut count = Count::default();
    for (fault, sign) in FAULTS {
        tally(&mut count, one(noticed(&session, fault, sign)))?;
    }
    let leak = check(&session).err().context("the leak was not listed");
    tally(&mut count, one(leak.map(|_| ())))?;
    let problem = session.problem.as_deref().context("no problem was seen");
    tally(&mut count, one(problem.map(|_| ())))?;
    Ok(count)
}

/// Fails unless the kernel said `sign` of `fault`.
fn noticed(session: &Session, fault: &str, sign: &str) -> Result<()> {
    ensure!(
        session.console.contains(sign),
        "{fault}: the kernel did not say \"{sign}\""
    );
    ui::say("faults", format!("{fault}: noticed, as it must be"));
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
