// SPDX-License-Identifier: GPL-2.0-only

//! Litmus tests: what each side of a publication may see, in the memory model of the kernel's tree.
//! A test `a.litmus` stands for the code, `a-mistake-b.litmus` for the code with a mistake.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::{FOLDER, Outcome, Proof};
use crate::bound::Bound;
use crate::host::deps::apt::Sources;
use crate::host::deps::debian::{Archive, Suite};
use crate::host::place::{self, Place};
use crate::host::process::{capture, run};
use crate::host::ui::Step;
use crate::kernel::Workshop;

/// Divides the name of a test from that of a mistake.
const MISTAKE: &str = "-mistake-";

/// Where Debian has herd7, with the libraries that it runs with on any release.
const PACKAGES: [&str; 3] = ["herdtools7", "libc6", "libgmp10"];
const SUITES: [&str; 2] = ["forky", "sid"];

/// Folder of libraries in a package.
const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";

/// Runs all litmus tests. They are small: there is no other bound.
pub fn prove(workshop: &Workshop, _bound: Bound, report: &mut dyn FnMut(Proof)) -> Result<()> {
    let dir = workshop.place.repo.join(FOLDER).join("litmus");
    let tests = place::list(&dir, ".litmus")?;
    let names: Vec<String> = tests.iter().map(|test| name(test)).collect();
    check_twins(&names)?;
    let herd = ensure_herd(workshop.place)?;
    let model = workshop.tree().join("tools/memory-model");
    for test in &tests {
        report(prove_one(&herd, &model, test)?);
    }
    Ok(())
}

/// Returns the name of a test.
fn name(test: &Path) -> String {
    place::name(test).trim_end_matches(".litmus").to_owned()
}

/// Fails unless each test has a mistake that it must refuse, and each mistake a test.
fn check_twins(names: &[String]) -> Result<()> {
    let base = |name: &str| name.split(MISTAKE).next().unwrap_or_default().to_owned();
    for name in names {
        let is_twin = |other: &&String| *other != name && base(other) == base(name);
        let has_twin = names.iter().filter(is_twin);
        let mut wanted = has_twin.filter(|other| other.contains(MISTAKE) != name.contains(MISTAKE));
        ensure!(wanted.next().is_some(), "{name}.litmus has no twin");
    }
    Ok(())
}

/// Runs one test.
fn prove_one(herd: &Path, model: &Path, test: &Path) -> Result<Proof> {
    let started = Instant::now();
    let text = fs::read_to_string(test).with_context(|| format!("cannot read {test:?}"))?;
    let libraries = herd.join(LIBRARIES);
    let mut command = Command::new(libraries.join("ld-linux-x86-64.so.2"));
    command
        .arg("--library-path")
        .arg(&libraries)
        .arg(herd.join("usr/bin/herd7"))
        .arg("-set-libdir")
        .arg(herd.join("usr/share/herdtools7/herd"))
        .args(["-conf", "linux-kernel.cfg"])
        .arg(test)
        .current_dir(model);
    let said = capture(&mut command)?;
    let name = name(test);
    let is_mistake = name.contains(MISTAKE);
    let paths = said.lines().find_map(|line| line.strip_prefix("States "));
    Ok(Proof {
        kind: "litmus",
        says: says(&text),
        bound: "all executions".to_owned(),
        seconds: started.elapsed().as_secs_f64(),
        paths: paths.and_then(|count| count.trim().parse().ok()),
        outcome: judge(&said, is_mistake),
        counterexample: Vec::new(),
        name,
    })
}

/// Reads from what herd7 said how a test ended: what must not happen, does it?
fn judge(said: &str, is_mistake: bool) -> Outcome {
    let line = said.lines().find(|line| line.starts_with("Observation "));
    let happens = line.and_then(|line| line.split(' ').nth(2));
    match (happens, is_mistake) {
        (Some("Never"), false) => Outcome::Holds,
        (Some("Sometimes" | "Always"), true) => Outcome::Refused,
        (Some("Never"), true) => {
            Outcome::Failed(vec!["the planted mistake was not refused".to_owned()])
        }
        _ => Outcome::Failed(said.lines().map(str::to_owned).collect()),
    }
}

/// Returns the first paragraph of a test's comment, after the line about the result.
fn says(text: &str) -> String {
    let comment = text.split("Result: ").nth(1).unwrap_or_default();
    let lines = comment.lines().skip(2);
    let lines = lines.map(|line| line.trim_start_matches(" *").trim());
    let lines = lines.take_while(|line| !line.is_empty() && *line != ")");
    lines.collect::<Vec<_>>().join(" ")
}

/// Returns the folder that herd7 is unpacked in.
fn ensure_herd(place: &Place) -> Result<PathBuf> {
    let dir = place.cache.join("prove/herd");
    if dir.join("complete").exists() {
        return Ok(dir);
    }
    let suites = SUITES.map(|name| Suite {
        name,
        archive: Archive::Main,
    });
    let sources = Sources::new(place, "herd", &suites)?;
    sources.update(place)?;
    let mut step = Step::new("herd7", "fetching herd7 and its libraries");
    let archives = sources.archives();
    for file in place::list(&archives, ".deb")? {
        fs::remove_file(file).context("cannot remove an old package")?;
    }
    let log = place.log("herd");
    let mut apt = sources.command("apt-get");
    apt.arg("download").args(PACKAGES).current_dir(&archives);
    run(&mut apt, &log, |_| step.tick())
        .context("cannot fetch herd7: check network and disk, then start again")?;
    let _ = fs::remove_dir_all(&dir);
    place::make_dir(&dir)?;
    for package in place::list(&archives, ".deb")? {
        let mut extract = Command::new("dpkg-deb");
        extract.arg("-x").arg(&package).arg(&dir);
        run(&mut extract, &log, |_| step.tick()).context("cannot unpack herd7: disk full?")?;
        fs::remove_file(&package).context("cannot remove an unpacked package")?;
    }
    place::write(&dir.join("complete"), "")?;
    step.finish("herd7 is unpacked");
    Ok(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_happens_and_nothing_else_does() {
        let said = |word: &str| format!("Test x\nStates 3\nObservation x {word} 1 3\n");
        assert_eq!(judge(&said("Never"), false), Outcome::Holds);
        assert_eq!(judge(&said("Sometimes"), true), Outcome::Refused);
        assert!(matches!(
            judge(&said("Sometimes"), false),
            Outcome::Failed(_)
        ));
        assert!(matches!(judge(&said("Never"), true), Outcome::Failed(_)));
        assert!(matches!(judge("no such macro", true), Outcome::Failed(_)));
    }

    #[test]
    fn each_test_has_a_twin() {
        let names = |names: &[&str]| {
            names
                .iter()
                .map(|name| name.to_string())
                .collect::<Vec<_>>()
        };
        assert!(check_twins(&names(&["tie", "tie-mistake-order"])).is_ok());
        assert!(check_twins(&names(&["tie", "tie-once"])).is_err());
        assert!(check_twins(&names(&["tie-mistake-order", "tie-mistake-lock"])).is_err());
    }

    #[test]
    fn comments_say_what_is_proved() {
        let text =
            "C x\n\n(*\n * SPDX\n *\n * Result: Never\n *\n * One\n * two.\n *\n * Three.\n *)\n";
        assert_eq!(says(text), "One two.");
    }
}
