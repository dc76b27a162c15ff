// SPDX-License-Identifier: GPL-2.0-only

//! Mutants of the policy: small changes, each of which its tests on the host must notice. One that
//! none can notice is listed with the reason. The planted mistakes are weakened tests.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, ensure};

use self::list::{List, Mutants, Weakened};
use self::trial::{Copy, Ended};
use super::{Outcome, Proof};
use crate::bound::Bound;
use crate::host::cargo::cargo;
use crate::host::parallel::in_parallel;
use crate::host::place::Place;
use crate::host::process::run;
use crate::host::ui::Step;
use crate::kernel::Workshop;

mod list;
mod trial;

/// What makes mutants, in the newest version that Rust 1.85 compiles.
const TOOL: &str = "cargo-mutants";
const VERSION: &str = "26.0.0";

/// The list of survivors and of weakened tests.
const LIST: &str = "tools/testing/mutants.toml";

/// The quick bound takes one of so many mutants.
const QUICK: usize = 50;

/// Tries mutants with the tests as they are, then with weakened ones.
pub fn prove(workshop: &Workshop, bound: Bound, report: &mut dyn FnMut(Proof)) -> Result<()> {
    let place = workshop.place;
    let list = List::read(&place.repo.join(LIST))?;
    let tool = ensure_tool(place)?;
    let names = Copy::new(place, &tool, 0)?.list()?;
    ensure!(!names.is_empty(), "the policy has no mutant");
    let trials = Trials {
        place,
        tool: &tool,
        list: &list,
        mutants: Mutants::new(&names),
    };
    let step = match bound {
        Bound::Quick => QUICK,
        Bound::Whole => 1,
    };
    report(trials.of_policy(names.iter().step_by(step))?);
    for weakened in &list.weakened {
        report(trials.of_weakened(weakened)?);
    }
    Ok(())
}

/// What all trials need.
struct Trials<'a> {
    place: &'a Place,
    tool: &'a Path,
    list: &'a List,
    mutants: Mutants,
}

impl Trials<'_> {
    /// Tries mutants, on all processors.
    fn of_policy<'n>(&self, names: impl Iterator<Item = &'n String> + Clone) -> Result<Proof> {
        let started = Instant::now();
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let progress = Mutex::new(Step::new("mutants", "trying mutants of the policy"));
        let tick = || progress.lock().into_iter().for_each(|mut step| step.tick());
        let ended = Mutex::new(Ended::default());
        let shares: Vec<(usize, BTreeSet<String>)> = (0..workers)
            .map(|worker| {
                (
                    worker,
                    names
                        .clone()
                        .skip(worker)
                        .step_by(workers)
                        .cloned()
                        .collect(),
                )
            })
            .collect();
        in_parallel(&shares, |(worker, names)| {
            let some = Copy::new(self.place, self.tool, *worker)?.try_mutants(names, tick)?;
            let mut ended = ended.lock().map_err(|_| anyhow!("a worker died"))?;
            ended.extend(some);
            Ok(())
        })?;
        let ended = ended.into_inner().map_err(|_| anyhow!("a worker died"))?;
        let problems = self.list.compare(&self.mutants, &ended);
        let outcome = match problems.is_empty() {
            true => Outcome::Holds,
            false => Outcome::Failed(problems),
        };
        let says = "tests notice each change of the policy that is not listed with a reason";
        Ok(proof("policy", says, &ended, started, outcome))
    }

    /// Tries the mutant that a weakened test overlooks.
    fn of_weakened(&self, weakened: &Weakened) -> Result<Proof> {
        let started = Instant::now();
        let copy = Copy::new(self.place, self.tool, 0)?;
        copy.weaken(&weakened.file, &weakened.from, &weakened.to)?;
        let name = self.mutants.name(&weakened.mutant)?;
        let mut step = Step::new("mutants", "trying a weakened test");
        let ended = copy.try_mutants(&BTreeSet::from([name.to_owned()]), || step.tick())?;
        let problems = self.list.compare(&self.mutants, &ended);
        let outcome = match ended.missed.contains(name) && !problems.is_empty() {
            true => Outcome::Refused,
            false => Outcome::Failed(vec!["the weakened test was not refused".to_owned()]),
        };
        let mut proof = proof(&weakened.file, &weakened.why, &ended, started, outcome);
        proof.counterexample = problems;
        Ok(proof)
    }
}

/// Describes how mutants ended.
fn bound(ended: &Ended) -> String {
    let [noticed, missed, unviable] =
        [&ended.noticed, &ended.missed, &ended.unviable].map(|names| names.len());
    let all = noticed + missed + unviable;
    format!("{all} mutants: {noticed} noticed, {missed} not, {unviable} do not compile")
}

/// Makes the result of a trial.
fn proof(name: &str, says: &str, ended: &Ended, started: Instant, outcome: Outcome) -> Proof {
    Proof {
        kind: "mutants",
        name: name.to_owned(),
        says: says.to_owned(),
        bound: bound(ended),
        seconds: started.elapsed().as_secs_f64(),
        paths: None,
        outcome,
        counterexample: Vec::new(),
    }
}

/// Returns the tool, compiled into the cache.
fn ensure_tool(place: &Place) -> Result<PathBuf> {
    let root = place.cache.join("prove").join(format!("{TOOL}-{VERSION}"));
    let program = root.join("bin").join(TOOL);
    if program.exists() {
        return Ok(program);
    }
    let mut step = Step::new("mutants", format!("building {TOOL}"));
    let mut cargo = cargo("install");
    cargo
        .args([TOOL, "--version", &format!("={VERSION}")])
        .args(["--locked", "--debug", "--root"])
        .arg(&root)
        .env("CARGO_TARGET_DIR", place.cache.join("target").join(TOOL));
    run(&mut cargo, &place.log(TOOL), |_| step.tick())
        .with_context(|| format!("cannot build {TOOL}: check the network, then start again"))?;
    step.finish(format!("{TOOL} is built"));
    Ok(program)
}
