// SPDX-License-Identifier: GPL-2.0-only

//! `make fuzz`: runs the same random programs on both implementations and compares what they do, one
//! operation at a time (`turns`), and what they can do when several act at once (`pairs`).

use std::ops::Range;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::bound::Bound;
use crate::cli::{self, Programs};
use crate::host::place::{self, Place};
use crate::host::ui;
use crate::kernel::{Flavor, Workshop};
use crate::results::tap::Count;

mod coverage;
mod guests;
mod pairs;
mod report;
mod shrink;
mod turns;

use guests::Pair;

/// Programs of `make test`, besides those that have names.
const QUICK: Range<u64> = 0..100;

/// Programs of `make test-all`: a million operations, and a hundred thousand of several actors.
const WHOLE: Range<u64> = 0..2400;

/// Returns the seeds of the programs of each kind; none for a kind that is not asked for.
fn seeds(arguments: &cli::Fuzz) -> Result<[Option<Range<u64>>; 2]> {
    let cli::Fuzz { seed, n, only } = *arguments;
    ensure!(n > 0, "N must be at least 1");
    let end = seed.checked_add(n);
    let end = end.context("there are no seeds that large: choose a smaller SEED")?;
    Ok([Programs::Turns, Programs::Pairs].map(|kind| {
        let is_meant = only.is_none_or(|only| only == kind);
        is_meant.then_some(seed..end)
    }))
}

/// What was found with the programs of each kind.
struct Found {
    turns: turns::Findings,
    pairs: pairs::Findings,
}

/// `make fuzz`: fails when the implementations differ.
pub fn command(workshop: &Workshop, arguments: &cli::Fuzz) -> Result<()> {
    let Found { turns, pairs } = run(workshop, seeds(arguments)?, Bound::Whole)?;
    turns.print_reached(workshop.flavor() == Flavor::Wide);
    turns.print_differences();
    pairs.print_differences();
    pairs.print_unclear();
    ui::say("results", "out/fuzz.json");
    turns.check()?;
    pairs.check()
}

/// Runs the programs of `make test`, or, without a bound, those of `make test-all`: one pass for
/// each that does the same on both, and one if they reach what they are meant to.
pub fn count(workshop: &Workshop, bound: Bound) -> Result<Count> {
    let seeds = match bound {
        Bound::Quick => [QUICK, 0..0],
        Bound::Whole => [WHOLE, WHOLE],
    };
    let Found { turns, pairs } = run(workshop, seeds.map(Some), bound)?;
    turns.print_differences();
    pairs.print_differences();
    turns.print_missing();
    let mut count = turns.count();
    count += pairs.count();
    Ok(count)
}

/// Runs the programs with the seeds of each kind, in the same guests, and writes `out/fuzz.json`.
fn run(workshop: &Workshop, seeds: [Option<Range<u64>>; 2], bound: Bound) -> Result<Found> {
    let pair = Pair::new(workshop)?;
    let [turns, pairs] = seeds;
    let turns = turns.map(|seeds| turns::run(workshop, &pair, seeds));
    let pairs = pairs.map(|seeds| pairs::run(workshop, &pair, seeds, bound));
    let found = Found {
        turns: turns.transpose()?.unwrap_or_default(),
        pairs: pairs.transpose()?.unwrap_or_default(),
    };
    found.write(workshop.place)?;
    Ok(found)
}

impl Found {
    /// Writes `out/fuzz.json`.
    fn write(&self, place: &Place) -> Result<()> {
        let mut content = self.turns.json();
        content["pairs"] = json!(self.pairs);
        let text = serde_json::to_string_pretty(&content).context("cannot write JSON")? + "\n";
        place::write(&place.out.join("fuzz.json"), text)
    }
}
