// SPDX-License-Identifier: GPL-2.0-only

//! `make fuzz`: runs the same random programs on both implementations and compares what they do, one
//! operation at a time, and what they can do when several act at once (`pairs`).

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};

use crate::bound::Bound;
use crate::kernel::{Flavor, Workshop};
use crate::tap::{Count, Outcome};
use crate::ui::{self, span};

mod coverage;
mod guests;
mod pairs;
mod report;
mod shrink;

use coverage::Coverage;
use guests::Pair;
use report::Difference;

/// Folder of the crate that makes and runs the programs.
pub const CRATE: &str = "tools/testing/fuzz";

/// How many programs one guest runs before the next one is booted: what is freed late has an end.
const PER_BOOT: u64 = 400;

/// Programs of `make test`, besides those that have names.
const QUICK: Range<u64> = 0..100;

/// Programs of `make test-all`: a million operations, and a hundred thousand of several actors.
const WHOLE: Range<u64> = 0..2400;

/// How many differences are shrunk and shown; more have the same reason most of the time.
const SHOWN: usize = 5;

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

/// What was found so far.
#[derive(Default)]
struct Findings {
    programs: usize,
    operations: usize,
    differing: Vec<u64>,
    coverage: Coverage,
    time: Duration,
}

/// `make fuzz`: fails when the implementations differ.
pub fn command(workshop: &Workshop, arguments: &Arguments) -> Result<()> {
    ensure!(arguments.n > 0, "N must be at least 1");
    let end = arguments.seed.checked_add(arguments.n);
    let end = end.context("there are no seeds that large: choose a smaller SEED")?;
    let seeds = arguments.seed..end;
    let is_meant = |kind| arguments.only.is_none_or(|only| only == kind);
    let mut pairs = pairs::Findings::default();
    if is_meant(Kind::Pairs) {
        pairs = pairs::run(workshop, &Pair::new(workshop)?, seeds.clone(), Bound::Whole)?;
    }
    if !is_meant(Kind::Turns) {
        report::write(workshop.place, &Findings::default(), &[], &pairs)?;
        return pairs.conclude();
    }
    let findings = run(workshop, seeds)?;
    let differences = explain(workshop, &findings)?;
    report::write(workshop.place, &findings, &differences, &pairs)?;
    conclude(workshop, &findings, &differences)?;
    pairs.conclude()
}

/// Runs the programs of `make test`, or, without a bound, those of `make test-all`: one pass for
/// each that does the same on both, and one if they reach what they are meant to.
pub fn count(workshop: &Workshop, bound: Bound) -> Result<Count> {
    let (seeds, pair_seeds) = match bound {
        Bound::Quick => (QUICK, 0..0),
        Bound::Whole => (WHOLE, WHOLE),
    };
    let findings = run(workshop, seeds)?;
    let differences = explain(workshop, &findings)?;
    for difference in &differences {
        print!("{}", difference.text());
    }
    let pairs = pairs::run(workshop, &Pair::new(workshop)?, pair_seeds, bound)?;
    pairs.print();
    report::write(workshop.place, &findings, &differences, &pairs)?;
    let fail = findings.differing.len();
    let mut count = pairs.count();
    count.pass += findings.programs.saturating_sub(fail);
    count.fail += fail;
    let missing = findings.coverage.missing();
    for name in &missing {
        println!("  not reached: {name}");
    }
    count.add(&if missing.is_empty() {
        Outcome::Pass
    } else {
        Outcome::Fail
    });
    Ok(count)
}

/// Runs the programs of `seeds` on both implementations, some at a time.
fn run(workshop: &Workshop, seeds: Range<u64>) -> Result<Findings> {
    let pair = Pair::new(workshop)?;
    let mut findings = Findings::default();
    let mut next = seeds.start;
    while next < seeds.end {
        let end = seeds.end.min(next.saturating_add(PER_BOOT));
        let started = Instant::now();
        let [c, rust] = pair.batch(workshop, &[format!("{next}..{end}")])?;
        findings.time += started.elapsed();
        for job in differing(&c.digests, &rust.digests) {
            findings
                .differing
                .push(job.parse().context("a bad seed came back")?);
        }
        findings.programs += c.digests.len();
        if !findings.differing.is_empty() {
            ui::say(
                "fuzz",
                format!("different so far: {:?}", findings.differing),
            );
        }
        findings.operations += c.operations;
        findings.coverage.add(&rust.coverage);
        ui::say("fuzz", progress(&findings, &seeds));
        next = end;
    }
    Ok(findings)
}

/// Describes how far a run is.
fn progress(findings: &Findings, seeds: &Range<u64>) -> String {
    format!(
        "{} of {} programs, {} operations, {} differ, {} ({} operations/s)",
        findings.programs,
        seeds.end - seeds.start,
        findings.operations,
        findings.differing.len(),
        span(findings.time),
        findings.rate()
    )
}

/// Returns the jobs whose digests are not the same, or that only one side has.
fn differing(c: &BTreeMap<String, String>, rust: &BTreeMap<String, String>) -> Vec<String> {
    let jobs = c
        .keys()
        .chain(rust.keys().filter(|job| !c.contains_key(*job)));
    let differs = |job: &&String| c.get(*job) != rust.get(*job);
    jobs.filter(differs).cloned().collect()
}

/// Shrinks the first programs that differ and gets all that they do.
fn explain(workshop: &Workshop, findings: &Findings) -> Result<Vec<Difference>> {
    if findings.differing.is_empty() {
        return Ok(Vec::new());
    }
    let pair = Pair::new(workshop)?;
    let seeds = findings.differing.iter().take(SHOWN);
    seeds
        .map(|seed| report::explain(workshop, &pair, *seed))
        .collect()
}

/// Prints and writes what was found; fails if the implementations differ.
fn conclude(workshop: &Workshop, findings: &Findings, differences: &[Difference]) -> Result<()> {
    print!("\n{}", findings.coverage.table());
    if workshop.flavor() == Flavor::Wide {
        for name in findings.coverage.missing_ways() {
            println!("  not reached: {name}");
        }
    }
    for difference in differences {
        print!("{}", difference.text());
    }
    ui::say("results", "out/fuzz.json");
    ensure!(findings.operations > 0, "no operation was carried out");
    ensure!(
        findings.differing.is_empty(),
        "{} of {} programs differ; see out/fuzz.json",
        findings.differing.len(),
        findings.programs
    );
    Ok(())
}

impl Findings {
    /// Returns how many operations were compared in a second.
    fn rate(&self) -> u64 {
        (self.operations as f64 / self.time.as_secs_f64().max(0.001)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_digests_and_lost_programs_are_differences() {
        let digests = |list: &[(&str, &str)]| {
            let owned = |(job, digest): &(&str, &str)| (job.to_string(), digest.to_string());
            list.iter().map(owned).collect::<BTreeMap<_, _>>()
        };
        let c = digests(&[("1", "aa"), ("2", "bb"), ("3", "cc")]);
        let rust = digests(&[("1", "aa"), ("2", "bc"), ("4", "dd")]);
        assert_eq!(differing(&c, &rust), ["2", "3", "4"]);
        assert!(differing(&c, &c).is_empty());
    }
}
