// SPDX-License-Identifier: GPL-2.0-only

//! Model checkers that are tests of crates: every crate below the folder of the proofs that has
//! tests. A test that must panic is a planted mistake; those named `quick_...` are the quick ones.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::{FOLDER, Outcome, Proof};
use crate::bound::Bound;
use crate::host::cargo::cargo;
use crate::host::place;
use crate::host::process::run;
use crate::host::ui::Step;
use crate::kernel::Workshop;

/// The crate whose proofs are not tests.
const SYMBOLIC: &str = "symbolic";

/// How they are compiled.
const PROFILE: &str = "model";

/// Starts the names of quick tests.
const QUICK: &str = "quick_";

/// Carries out the proofs of each crate.
pub fn prove(workshop: &Workshop, bound: Bound, report: &mut dyn FnMut(Proof)) -> Result<()> {
    for dir in place::list(&workshop.place.repo.join(FOLDER), "")? {
        if dir.join("Cargo.toml").exists() && place::name(&dir) != SYMBOLIC {
            test(workshop, bound, &dir)?
                .into_iter()
                .for_each(&mut *report);
        }
    }
    Ok(())
}

/// Runs the tests of the crate in `dir`.
fn test(workshop: &Workshop, bound: Bound, dir: &Path) -> Result<Vec<Proof>> {
    let name = place::name(dir);
    let mut step = Step::new("models", format!("cargo test in {FOLDER}/{name}"));
    let mut cargo = cargo("test");
    cargo
        .args(["--profile", PROFILE, "--locked", "--no-fail-fast"])
        .current_dir(dir)
        .env(
            "CARGO_TARGET_DIR",
            workshop.place.cache.join("target").join(&name),
        );
    if bound == Bound::Quick {
        cargo.arg(QUICK);
    }
    let log = workshop.place.log(&format!("prove-{name}"));
    let mut started = Instant::now();
    let mut proofs = Vec::new();
    let ran = run(&mut cargo, &log, |line| {
        step.tick();
        if line.starts_with("running ") {
            started = Instant::now();
        }
        let seconds = started.elapsed().as_secs_f64();
        proofs.extend(parse(line, &name, bound, seconds));
    });
    step.finish(format!("{name}: {} proofs", proofs.len()));
    let failed = proofs
        .iter()
        .any(|proof| matches!(proof.outcome, Outcome::Failed(_)));
    if !failed {
        ran.with_context(|| format!("{FOLDER}/{name} cannot be tested"))?;
    }
    ensure!(!proofs.is_empty(), "{FOLDER}/{name} has no such test");
    Ok(proofs)
}

/// Reads a line of cargo: `test tie::never_spins ... ok`. Its time is that since the first test began.
fn parse(line: &str, name: &str, bound: Bound, seconds: f64) -> Option<Proof> {
    let (test, result) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let (test, is_mistake) = match test.strip_suffix(" - should panic") {
        Some(test) => (test, true),
        None => (test, false),
    };
    let outcome = match (result.split(',').next()?.trim(), is_mistake) {
        ("ok", false) => Outcome::Holds,
        ("ok", true) => Outcome::Refused,
        _ => Outcome::Failed(vec![format!("see the log prove-{name}")]),
    };
    let short = test.rsplit("::").next()?;
    let bound = match bound {
        Bound::Quick => "quick",
        Bound::Whole => "whole",
    };
    Some(Proof {
        kind: "models",
        name: format!("{name} {test}"),
        says: short.trim_start_matches(QUICK).replace('_', " "),
        bound: bound.to_owned(),
        seconds,
        paths: None,
        outcome,
        counterexample: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_cargo_are_proofs() {
        let outcome = |line| parse(line, "object", Bound::Quick, 1.0).map(|proof| proof.outcome);
        assert_eq!(outcome("test tie::quick_ends ... ok"), Some(Outcome::Holds));
        let mistake = "test early_retire - should panic ... ok";
        assert_eq!(outcome(mistake), Some(Outcome::Refused));
        assert!(matches!(
            outcome("test early_retire - should panic ... FAILED"),
            Some(Outcome::Failed(_))
        ));
        assert_eq!(outcome("running 3 tests"), None);

        let proof = parse(
            "test tie::quick_it_ends ... ok",
            "object",
            Bound::Quick,
            1.0,
        )
        .unwrap();
        assert_eq!(proof.says, "it ends");
    }
}
