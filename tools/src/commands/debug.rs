// SPDX-License-Identifier: GPL-2.0-only

//! `make test-debug`: the tests of the guests, in a kernel that checks memory, locks and contexts.

use anyhow::{Context, Result, ensure};

use crate::bound::Bound;
use crate::commands::in_guest::in_guest;
use crate::guest::initramfs::Section;
use crate::guest::machine::Session;
use crate::guest::{Guest, leaks};
use crate::host::ui;
use crate::kernel::{Impl, Workshop, module};
use crate::race;
use crate::results::tally::{close, one, tally};
use crate::results::tap::Count;

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

/// Makes one mistake after another, each of which this kernel and this tool must notice.
fn faults(workshop: &Workshop) -> Result<Count> {
    let mut guest = Guest::new(workshop, Impl::Rust, "faults")?;
    let faults = module::faults(workshop)?;
    guest.root.add("lib/landlock_rs_faults.ko", &faults)?;
    for (fault, _) in FAULTS {
        let command = format!("insmod /lib/landlock_rs_faults.ko fault={fault}");
        guest.root.plan.push(Section::new(fault, &command));
        if fault == "leak" {
            let sections = leaks::final_sections(workshop.flavor());
            guest.root.plan.extend(sections);
        }
    }
    let session = guest.run(workshop, "faults")?;
    let mut count = Count::default();
    for (fault, sign) in FAULTS {
        tally(&mut count, one(noticed(&session, fault, sign)))?;
    }
    let leak = leaks::check(&session)
        .err()
        .context("the leak was not listed");
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
