// SPDX-License-Identifier: GPL-2.0-only

//! Looks on one side for what only the other one showed: for a short time, then, when it was seen
//! repeatedly, for a long time.

use anyhow::Result;

use crate::bound::Bound;
use crate::fuzz::guests::Pair;
use crate::fuzz::pairs::sets::{Program, SIDES, Side};
use crate::fuzz::pairs::sides::Batch;
use crate::host::ui;
use crate::kernel::Workshop;

/// Rounds in which something is looked for at first.
const FIRST: usize = 100;

/// Rounds on the side that showed it, to find out how often it does.
const AGAIN: usize = 100;

/// Rounds in which it is looked for at last.
const LAST: usize = 3000;

/// Looks for everything that one side of a program did not show, for a long time unless `bound`
/// is quick.
pub fn all(workshop: &Workshop, pair: &Pair, batch: &mut Batch, bound: Bound) -> Result<()> {
    let missing = |program: &Program, side| job(program, side, FIRST, |_, _, _| true);
    step(workshop, pair, batch, "missing on one side", missing)?;
    let again = |program: &Program, side: Side| {
        let is_missing = !program.missing(side.other()).is_empty();
        is_missing.then(|| format!("{}~{AGAIN}", program.id))
    };
    step(workshop, pair, batch, "seen on one side only", again)?;
    if bound == Bound::Quick {
        return Ok(());
    }
    // What was seen now may have been missing before.
    step(workshop, pair, batch, "still missing", missing)?;
    let last = |program: &Program, side| job(program, side, LAST, Program::is_repeated);
    step(workshop, pair, batch, "missing, and seen repeatedly", last)
}

/// Runs the jobs that `job` makes for programs and sides.
fn step(
    workshop: &Workshop,
    pair: &Pair,
    batch: &mut Batch,
    what: &str,
    job: impl Fn(&Program, Side) -> Option<String>,
) -> Result<()> {
    let programs = || batch.programs.values();
    let jobs = SIDES.map(|side| {
        programs()
            .filter_map(|program| job(program, side))
            .collect()
    });
    let count: usize = jobs.iter().map(Vec::len).sum();
    if count > 0 {
        ui::say("pairs", format!("{count} programs: {what}"));
    }
    batch.run(workshop, pair, jobs)
}

/// Returns the job that looks on `side` for what it did not show, of what `is_meant`.
fn job(
    program: &Program,
    side: Side,
    rounds: usize,
    is_meant: impl Fn(&Program, Side, &crate::fuzz::pairs::sets::Element) -> bool,
) -> Option<String> {
    let missing = program.missing(side);
    let meant = missing
        .iter()
        .filter(|element| is_meant(program, side, element));
    let keys: Vec<&str> = meant.map(|element| element.key.as_str()).collect();
    (!keys.is_empty()).then(|| format!("{}~{rounds}:{}", program.id, keys.join(",")))
}
