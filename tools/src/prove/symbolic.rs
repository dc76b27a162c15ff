// SPDX-License-Identifier: GPL-2.0-only

//! Symbolic proofs: the compiled policy does what its specification says, for all inputs. The policy
//! is compiled once as it is, and once with each planted mistake.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::{FOLDER, Outcome, Proof, python};
use crate::bound::Bound;
use crate::host::cargo::cargo;
use crate::host::files;
use crate::host::key::Key;
use crate::host::parallel::in_parallel;
use crate::host::place::{self, Place};
use crate::host::process::{capture, run};
use crate::host::ui::Step;
use crate::kernel::Workshop;
use crate::kernel::module_sources::SOURCES;

/// How many jobs each Python carries out, which takes some seconds to start.
const JOBS_AT_ONCE: usize = 5;

/// Code as the kernel has it: without vectors.
const FLAGS: &str = "-C no-vectorize-loops -C no-vectorize-slp";

/// As a kernel is compiled.
const PROFILE: &str = "symbolic";

/// The list of planted mistakes.
#[derive(Deserialize)]
struct Mistakes {
    mistake: Vec<Mistake>,
}

/// A mistake that is planted in the policy.
#[derive(Deserialize)]
struct Mistake {
    proof: String,
    file: String,
    from: String,
    to: String,
    why: String,
}

/// What `prove.py` finds out.
#[derive(Deserialize)]
struct Found {
    name: String,
    says: String,
    bound: String,
    counterexample: Option<Vec<String>>,
    paths: u64,
    seconds: f64,
}

/// A proof to carry out: its name, the library, and what is wrong in that one.
struct Job {
    proof: String,
    library: PathBuf,
    mistake: Option<String>,
}

/// Carries out all symbolic proofs.
pub fn prove(workshop: &Workshop, bound: Bound, report: &mut dyn FnMut(Proof)) -> Result<()> {
    let place = workshop.place;
    let dir = place.repo.join(FOLDER).join("symbolic");
    let python = python::ensure(place, &dir.join("requirements.txt"))?;
    let jobs = jobs(place, &dir, &python)?;
    let chunks: Vec<&[Job]> = match bound {
        Bound::Quick => jobs.chunks(JOBS_AT_ONCE).collect(),
        Bound::Whole => jobs.chunks(1).collect(),
    };
    let mut step = Step::new("symbolic", format!("{} proofs and mistakes", jobs.len()));
    let done = std::sync::Mutex::new(Vec::new());
    let work = |chunk: &&[Job]| {
        let proofs = carry_out(&dir, &python, bound, chunk)?;
        if let Ok(mut done) = done.lock() {
            done.extend(proofs);
        }
        Ok(())
    };
    in_parallel(&chunks, work)?;
    step.tick();
    step.finish("symbolic proofs:");
    let mut proofs = done.into_inner().unwrap_or_default();
    proofs.sort_by(|a: &Proof, b: &Proof| a.name.cmp(&b.name));
    proofs.into_iter().for_each(report);
    Ok(())
}

/// Builds the policy in all forms, and lists what is to be proved of each.
fn jobs(place: &Place, dir: &Path, python: &Path) -> Result<Vec<Job>> {
    let text = fs::read_to_string(dir.join("mistakes.toml")).context("no list of mistakes")?;
    let Mistakes { mistake: mistakes } = toml::from_str(&text).context("bad mistakes.toml")?;
    let names = capture(Command::new(python).arg(dir.join("prove.py")).arg("list"))?;
    let good = build(place, dir, None)?;
    let mut jobs = Vec::new();
    for proof in names.split_whitespace() {
        ensure!(
            mistakes.iter().any(|mistake| mistake.proof == proof),
            "mistakes.toml has no mistake that {proof} must refuse"
        );
        jobs.push(Job {
            proof: proof.to_owned(),
            library: good.clone(),
            mistake: None,
        });
    }
    for mistake in mistakes {
        jobs.push(Job {
            library: build(place, dir, Some(&mistake))?,
            proof: mistake.proof,
            mistake: Some(mistake.why),
        });
    }
    Ok(jobs)
}

/// Builds the policy with a mistake, or without one, unless the cache has it.
fn build(place: &Place, dir: &Path, mistake: Option<&Mistake>) -> Result<PathBuf> {
    let planted = mistake.map(|m| [m.file.as_str(), &m.from, &m.to].join("\n"));
    let mut key = Key::new().add("mistake", planted.clone().unwrap_or_default());
    for folder in [dir, &place.repo.join(SOURCES).join("policy")] {
        for file in files::find(folder, &["rs"])? {
            key = key.add_file(&file)?;
        }
    }
    let out = place.cache.join("prove/symbolic");
    let library = out.join(format!("{}.so", key.finish()));
    if library.exists() {
        return Ok(library);
    }
    let target = place.cache.join("target/symbolic");
    let mut step = Step::new("symbolic", "compiling the policy");
    let mut cargo = cargo("build");
    cargo
        .args(["--profile", PROFILE, "--locked"])
        .current_dir(dir)
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTFLAGS", FLAGS)
        .env_remove("LANDLOCK_MISTAKE");
    if let Some(planted) = &planted {
        cargo.env("LANDLOCK_MISTAKE", planted);
    }
    run(&mut cargo, &place.log("symbolic"), |_| step.tick())
        .with_context(|| format!("the policy cannot be compiled: {planted:?}"))?;
    let built = target.join(PROFILE).join("liblandlock_symbolic.so");
    let built = fs::read(built).context("no library was built")?;
    place::write(&library, built)?;
    Ok(library)
}

/// Carries out some jobs, one after another.
fn carry_out(dir: &Path, python: &Path, bound: Bound, jobs: &[Job]) -> Result<Vec<Proof>> {
    let mut command = Command::new(python);
    command.arg(dir.join("prove.py")).arg(match (bound, jobs) {
        (Bound::Whole, [Job { mistake: None, .. }]) => "whole",
        _ => "quick",
    });
    for job in jobs {
        command.arg(format!("{}={}", job.proof, job.library.display()));
    }
    command
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null());
    let text = capture(&mut command)?;
    let found = text.lines().map(serde_json::from_str::<Found>);
    let found = found
        .collect::<Result<Vec<_>, _>>()
        .context("prove.py said something odd")?;
    ensure!(found.len() == jobs.len(), "prove.py did not end all proofs");
    Ok(jobs.iter().zip(found).map(judge).collect())
}

/// Says how a proof ended.
fn judge((job, found): (&Job, Found)) -> Proof {
    let (outcome, counterexample) = match (&job.mistake, found.counterexample) {
        (None, None) => (Outcome::Holds, Vec::new()),
        (Some(_), Some(lines)) => (Outcome::Refused, lines),
        (None, Some(lines)) => (Outcome::Failed(lines), Vec::new()),
        (Some(_), None) => {
            let reason = "the planted mistake was not refused".to_owned();
            (Outcome::Failed(vec![reason]), Vec::new())
        }
    };
    Proof {
        kind: "symbolic",
        name: found.name,
        says: job.mistake.clone().unwrap_or(found.says),
        bound: found.bound,
        seconds: found.seconds,
        paths: Some(found.paths),
        outcome,
        counterexample,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns how a proof ends with a mistake or without, and with a counterexample or without.
    fn outcome(has_mistake: bool, is_refused: bool) -> Outcome {
        let job = Job {
            proof: "deciding".to_owned(),
            library: PathBuf::new(),
            mistake: has_mistake.then(|| "wrong".to_owned()),
        };
        let found = Found {
            name: "deciding".to_owned(),
            says: "right".to_owned(),
            bound: "small".to_owned(),
            counterexample: is_refused.then(|| vec!["x = 1".to_owned()]),
            paths: 1,
            seconds: 0.5,
        };
        judge((&job, found)).outcome
    }

    #[test]
    fn mistakes_are_refused_and_nothing_else_is() {
        assert_eq!(outcome(false, false), Outcome::Holds);
        assert_eq!(outcome(true, true), Outcome::Refused);
        assert!(matches!(outcome(false, true), Outcome::Failed(_)));
        assert!(matches!(outcome(true, false), Outcome::Failed(_)));
    }
}
