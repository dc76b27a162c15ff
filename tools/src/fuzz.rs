// SPDX-License-Identifier: GPL-2.0-only

//! `make fuzz`: runs the same random programs on both implementations and compares what they do, one
//! operation at a time (`turns`), and what they can do when several act at once (`pairs`).

use std::ops::Range;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::bound::Bound;
use crate::kernel::{Flavor, Workshop};
use crate::place::{self, Place};
use crate::tap::Count;
use crate::ui;

mod coverage;
mod guests;
mod pairs;
mod report;
mod shrink;
mod turns;

use guests::Pair;

/// Folder of the crate that makes and runs the programs.
pub const CRATE: &str = "tools/testing/fuzz";

/// Programs of `make test`, besides those that have names.
const QUICK: Range<u64> = 0..100;

/// Programs of `make test-all`: a million operations, and a hundred thousand of several actors.
const WHOLE: Range<u64> = 0..2400;

/// What a person gives to `make fuzz`.
#[derive(Args)]
pub struct Arguments {
    /// The first seed.
    #[arg(long, env = "SEED", default_value_t = 0)]
    seed: u64,
    /// Number of programs, of about 400 operations each.
    #[arg(long, env = "N", default_value_t = 400)]
    n: u64,
    /// Only one kind of programs.
    #[arg(long, env = "ONLY")]
    only: Option<Kind>,
}

/// Kinds of programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Actors take turns.
    Turns,
    /// Two or three act at the same time.
    Pairs,
}

impl Arguments {
    /// Returns the seeds of the programs of each kind; none for a kind that is not asked for.
    fn seeds(&self) -> Result<[Option<Range<u64>>; 2]> {
        ensure!(self.n > 0, "N must be at least 1");
        let end = self.seed.checked_add(self.n);
        let end = end.context("there are no seeds that large: choose a smaller SEED")?;
        Ok([Kind::Turns, Kind::Pairs].map(|kind| {
            let is_meant = self.only.is_none_or(|only| only == kind);
            is_meant.then_some(self.seed..end)
        }))
    }
}

/// What was found with the programs of each kind.
struct Found {
    turns: turns::Findings,
    pairs: pairs::Findings,
}

/// `make fuzz`: fails when the implementations differ.
pub fn command(workshop: &Workshop, arguments: &Arguments) -> Result<()> {
    let Found { turns, pairs } = run(workshop, arguments.seeds()?, Bound::Whole)?;
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
