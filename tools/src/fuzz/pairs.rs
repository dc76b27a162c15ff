// SPDX-License-Identifier: GPL-2.0-only

//! Pairs: programs whose actors act at the same time. Each is run many times on both implementations,
//! and what is possible is compared.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde::Serialize;

use crate::bound::Bound;
use crate::fuzz::guests::Pair;
use crate::host::ui::{self, span};
use crate::kernel::Workshop;
use crate::results::tap::Count;

mod hunt;
mod report;
mod sets;
mod sides;

use report::Difference;
use sides::Batch;

/// How many programs one guest runs before the next one is booted.
const PER_BOOT: u64 = 500;

/// What was found so far.
#[derive(Default, Serialize)]
pub struct Findings {
    /// Programs.
    pub programs: usize,
    /// How often one of them was run, on C or on Rust.
    pub rounds: usize,
    /// How many acts that were.
    pub operations: usize,
    /// What was seen with both implementations.
    pub elements: usize,
    /// What only one of them showed at first.
    pub hunted: usize,
    /// What was seen with one implementation, but too rarely to tell.
    pub rare: Vec<String>,
    /// Programs in which C did not come to an end, which is known.
    pub c_hung: Vec<String>,
    /// What differs.
    pub differences: Vec<Difference>,
    /// Seconds that it took.
    pub seconds: f64,
}

/// The programs with names.
const FIXED: &str = "fixed";

/// Runs the fixed programs, then those of `seeds`, some at a time.
pub fn run(workshop: &Workshop, pair: &Pair, seeds: Range<u64>, bound: Bound) -> Result<Findings> {
    let mut findings = Findings::default();
    findings.add(workshop, pair, vec![FIXED.to_owned()], bound)?;
    ui::say("pairs", findings.progress());
    let mut next = seeds.start;
    while next < seeds.end {
        let end = seeds.end.min(next.saturating_add(PER_BOOT));
        let jobs = (next..end).map(|seed| seed.to_string()).collect();
        findings.add(workshop, pair, jobs, bound)?;
        ui::say("pairs", findings.progress());
        next = end;
    }
    Ok(findings)
}

impl Findings {
    /// Runs the programs of `jobs` on both sides and compares them.
    fn add(
        &mut self,
        workshop: &Workshop,
        pair: &Pair,
        jobs: Vec<String>,
        bound: Bound,
    ) -> Result<()> {
        let started = Instant::now();
        let mut batch = Batch::default();
        batch.run(workshop, pair, [jobs.clone(), jobs])?;
        self.hunted += batch.missing();
        hunt::all(workshop, pair, &mut batch, bound)?;
        self.programs += batch.programs.len();
        self.rounds += batch.sum(|shown| shown.rounds);
        self.operations += batch.sum(|shown| shown.acts);
        for program in batch.programs.values() {
            report::sort(program, self);
        }
        self.differences
            .extend(batch.ended.into_iter().map(Difference::ended));
        self.seconds += started.elapsed().as_secs_f64();
        Ok(())
    }

    /// Counts the programs: those pass that show the same on both sides.
    pub fn count(&self) -> Count {
        let differing: BTreeSet<&str> = self.differences.iter().map(Difference::id).collect();
        Count {
            pass: self.programs.saturating_sub(differing.len()),
            fail: differing.len(),
            ..Count::default()
        }
    }

    /// Prints what differs.
    pub fn print_differences(&self) {
        for difference in &self.differences {
            ui::failed(format!("pairs: {} differs", difference.id()));
            print!("{}", difference.text());
        }
    }

    /// Prints what was seen too rarely to tell.
    pub fn print_unclear(&self) {
        for line in &self.rare {
            println!("  unclear: {line}");
        }
    }

    /// Fails if the implementations differ.
    pub fn check(&self) -> Result<()> {
        let (differing, programs) = (self.differences.len(), self.programs);
        ensure!(
            differing == 0,
            "{differing} of {programs} programs with several actors at once differ; see out/fuzz.json"
        );
        Ok(())
    }

    /// Describes how far a run is.
    fn progress(&self) -> String {
        format!(
            "{} programs, {} rounds, {} operations, {} results, {} unclear, {} differ, {} \
             ({:.0} rounds/min)",
            self.programs,
            self.rounds,
            self.operations,
            self.elements,
            self.rare.len(),
            self.differences.len(),
            span(Duration::from_secs_f64(self.seconds)),
            self.rounds as f64 * 60.0 / self.seconds.max(0.001)
        )
    }
}
