// SPDX-License-Identifier: GPL-2.0-only

//! `make prove`: what holds for all inputs, all interleavings and all orders of memory, within
//! bounds; and mistakes that must be refused. `Documentation/proving.rst` says more.

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use crate::bound::Bound;
use crate::cli;
use crate::host::place;
use crate::host::ui;
use crate::kernel::Workshop;
use crate::results::tap::Count;

mod litmus;
mod models;
mod mutants;
mod python;
mod symbolic;

/// Folder of all proofs in the repository.
const FOLDER: &str = "tools/testing/prove";

/// How a proof ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// What it says holds, within its bound.
    Holds,
    /// What it says is wrong, as it must be: the mistake was planted.
    Refused,
    /// It did not end as it must. The lines say why, and are a counterexample if there is one.
    Failed(Vec<String>),
}

/// A proof that was carried out.
#[derive(Clone, Debug, Serialize)]
struct Proof {
    kind: &'static str,
    name: String,
    says: String,
    bound: String,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    paths: Option<u64>,
    outcome: Outcome,
    /// What refuses a planted mistake.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    counterexample: Vec<String>,
}

impl Proof {
    /// Prints how it ended.
    fn report(&self) {
        let ended = match &self.outcome {
            Outcome::Holds => "holds",
            Outcome::Refused => "refused, as it must be",
            Outcome::Failed(_) => "FAILED",
        };
        let Self {
            name, says, bound, ..
        } = self;
        let seconds = self.seconds;
        ui::say(
            self.kind,
            format!("{name}: {ended} ({bound}; {seconds:.1} s): {says}"),
        );
        if let Outcome::Failed(lines) = &self.outcome {
            ui::failed(format!("{}: {name}", self.kind));
            for line in lines {
                println!("           {line}");
            }
        }
    }
}

/// Carries out all proofs of a kind, and reports each of them.
type Prover = fn(&Workshop, Bound, &mut dyn FnMut(Proof)) -> Result<()>;

/// All kinds of proofs, the fastest first.
const KINDS: [(&str, Prover); 4] = [
    ("litmus", litmus::prove),
    ("symbolic", symbolic::prove),
    ("models", models::prove),
    ("mutants", mutants::prove),
];

/// `make prove`: fails unless each proof ends as it must.
pub fn command(workshop: &Workshop, arguments: &cli::Prove) -> Result<()> {
    let bound = arguments.bound.bound();
    let only = arguments.only.as_deref();
    let count = run(workshop, bound, only)?;
    println!("{} proofs as they must be, {} not", count.pass, count.fail);
    ensure!(count.fail == 0, "{} proofs failed", count.fail);
    Ok(())
}

/// Carries out the proofs of all kinds, or of one, and counts them.
pub fn run(workshop: &Workshop, bound: Bound, only: Option<&str>) -> Result<Count> {
    let mut proofs = Vec::new();
    let kinds = KINDS
        .iter()
        .filter(|(kind, _)| only.is_none_or(|only| only == *kind));
    for (kind, prove) in kinds {
        prove(workshop, bound, &mut |proof| {
            proof.report();
            proofs.push(proof);
        })
        .with_context(|| format!("{kind} cannot be carried out"))?;
    }
    ensure!(
        !proofs.is_empty(),
        "nothing was proved: ONLY= is one of {}",
        KINDS.map(|(kind, _)| kind).join(", ")
    );
    let text = serde_json::to_string_pretty(&proofs)? + "\n";
    place::write(&workshop.place.out.join("prove.json"), text)?;
    ui::say("results", "out/prove.json");
    Ok(count(&proofs))
}

/// Counts what ended as it must.
fn count(proofs: &[Proof]) -> Count {
    let is_failed = |proof: &&Proof| matches!(proof.outcome, Outcome::Failed(_));
    let fail = proofs.iter().filter(is_failed).count();
    Count {
        pass: proofs.len() - fail,
        fail,
        ..Count::default()
    }
}
