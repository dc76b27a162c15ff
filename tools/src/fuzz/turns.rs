// SPDX-License-Identifier: GPL-2.0-only

//! Programs whose actors take turns: what they do is the same each time, and compared as a whole.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::fuzz::coverage::Coverage;
use crate::fuzz::guests::{Pair, differing};
use crate::fuzz::report::{self, Difference};
use crate::host::ui::{self, span};
use crate::kernel::Workshop;
use crate::results::tap::{Count, Outcome};

/// How many programs one guest runs before the next one is booted: what is freed late has an end.
const PER_BOOT: u64 = 400;

/// How many differences are shrunk and shown; more have the same reason most of the time.
const SHOWN: usize = 5;

/// What was found so far.
#[derive(Default)]
pub struct Findings {
    programs: usize,
    operations: usize,
    differing: Vec<u64>,
    /// The first of those that differ, shrunk.
    differences: Vec<Difference>,
    coverage: Coverage,
    time: Duration,
}

/// Runs the programs of `seeds` on both implementations, some at a time, and shrinks the first that
/// differ.
pub fn run(workshop: &Workshop, pair: &Pair, seeds: Range<u64>) -> Result<Findings> {
    let mut findings = Findings::default();
    let mut next = seeds.start;
    while next < seeds.end {
        let end = seeds.end.min(next.saturating_add(PER_BOOT));
        findings.add(workshop, pair, next..end)?;
        ui::say("fuzz", findings.progress(&seeds));
        next = end;
    }
    ensure!(findings.operations > 0, "no operation was carried out");
    let shown = findings.differing.iter().take(SHOWN);
    let shown = shown.map(|seed| report::explain(workshop, pair, *seed));
    findings.differences = shown.collect::<Result<_>>()?;
    Ok(findings)
}

impl Findings {
    /// Runs the programs of `seeds`, of one boot, and adds what they did.
    fn add(&mut self, workshop: &Workshop, pair: &Pair, seeds: Range<u64>) -> Result<()> {
        let started = Instant::now();
        let jobs = format!("{}..{}", seeds.start, seeds.end);
        let [c, rust] = pair.batch(workshop, &[jobs])?;
        self.time += started.elapsed();
        for job in differing(&c, &rust) {
            self.differing
                .push(job.parse().context("a bad seed came back")?);
        }
        if !self.differing.is_empty() {
            ui::say("fuzz", format!("different so far: {:?}", self.differing));
        }
        self.programs += c.digests.len();
        self.operations += c.operations;
        self.coverage.add(&rust.coverage);
        Ok(())
    }

    /// Describes how far a run is.
    fn progress(&self, seeds: &Range<u64>) -> String {
        format!(
            "{} of {} programs, {} operations, {} differ, {} ({} operations/s)",
            self.programs,
            seeds.end - seeds.start,
            self.operations,
            self.differing.len(),
            span(self.time),
            self.rate()
        )
    }

    /// Returns how many operations were compared in a second.
    fn rate(&self) -> u64 {
        (self.operations as f64 / self.time.as_secs_f64().max(0.001)) as u64
    }

    /// Prints what the programs reached; on a kernel with more ways into it, also which of them were
    /// not taken.
    pub fn print_reached(&self, has_ways: bool) {
        if self.programs == 0 {
            return;
        }
        print!("\n{}", self.coverage.table());
        let missing = has_ways.then(|| self.coverage.missing_ways());
        for name in missing.into_iter().flatten() {
            println!("  not reached: {name}");
        }
    }

    /// Prints what the programs did not reach although they are meant to.
    pub fn print_missing(&self) {
        for name in self.coverage.missing() {
            ui::failed(format!("fuzz: {name} was not reached"));
        }
    }

    /// Prints what differs.
    pub fn print_differences(&self) {
        for difference in &self.differences {
            ui::failed(format!("fuzz: program {} differs", difference.seed()));
            print!("{}", difference.text());
        }
    }

    /// Fails if the implementations differ.
    pub fn check(&self) -> Result<()> {
        let (differing, programs) = (self.differing.len(), self.programs);
        ensure!(
            differing == 0,
            "{differing} of {programs} programs differ; see out/fuzz.json"
        );
        Ok(())
    }

    /// Counts the programs, and as one more that they reach what they are meant to.
    pub fn count(&self) -> Count {
        let fail = self.differing.len();
        let mut count = Count {
            pass: self.programs.saturating_sub(fail),
            fail,
            ..Count::default()
        };
        count.add(if self.coverage.missing().is_empty() {
            &Outcome::Pass
        } else {
            &Outcome::Fail
        });
        count
    }

    /// Returns what was found, for `out/fuzz.json`.
    pub fn json(&self) -> Value {
        json!({
            "programs": self.programs,
            "operations": self.operations,
            "seconds": self.time.as_secs_f64(),
            "operations_per_second": self.rate(),
            "differing_seeds": self.differing,
            "differences": self.differences,
            "coverage": self.coverage,
        })
    }
}
