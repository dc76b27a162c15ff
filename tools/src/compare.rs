// SPDX-License-Identifier: GPL-2.0-only

//! `make compare`: C Landlock and landlock-rs side by side: verdicts, cost, memory, code.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use crate::guest::suite::SuiteKind;
use crate::guest::{Guest, suites};
use crate::host::place;
use crate::host::ui;
use crate::kernel::module::Modules;
use crate::kernel::{Impl, Workshop};
use crate::measure::bench::{self, Benches, Row, Unit};
use crate::measure::figure::Pair;
use crate::measure::native::Contest;
use crate::results::suites::Suites;

mod behaviour;
mod code;
mod html;
mod markdown;
mod plot;
mod ratios;
mod report;

use behaviour::{Comparison, Deviations};
use report::Report;

/// Cases that may come out differently.
const DEVIATIONS: &str = "tools/testing/deviations.toml";

/// The implementations, the reference first.
const ALL: [Impl; 3] = [Impl::C, Impl::Rust, Impl::Builtin];

/// Compares, writes `out/compare.*` and prints the text. Fails if a verdict differs.
pub fn command(workshop: &Workshop) -> Result<()> {
    let report = gather(workshop)?;
    let out = &workshop.place.out;
    let text = markdown::write(&report);
    let json = serde_json::to_string_pretty(&report)? + "\n";
    place::write(&out.join("compare.json"), json)?;
    place::write(&out.join("compare.md"), &text)?;
    place::write(&out.join("compare.html"), html::write(&report)?)?;
    if let Some(svg) = ratios::draw(&report.instructions)? {
        place::write(&out.join("compare.svg"), svg)?;
    }
    print!("\n{text}\n");
    ui::say(
        "results",
        "out/compare.html, out/compare.md, out/compare.json, out/compare.svg",
    );
    let different = report.differences();
    ensure!(different == 0, "{different} cases come out differently");
    Ok(())
}

/// Builds, then runs and measures everything.
fn gather(workshop: &Workshop) -> Result<Report> {
    let modules = Modules::build(workshop)?;
    let mut builds = BTreeMap::new();
    for implementation in ALL {
        let record = workshop.stored(implementation)?.record()?;
        builds.insert(implementation.to_string(), record);
    }
    let deviations = Deviations::read(&workshop.place.repo.join(DEVIATIONS))?;
    let runs = ALL.map(|implementation| Run::prepare(workshop, implementation, &deviations));
    let runs = runs.into_iter().collect::<Result<Vec<_>>>()?;
    let benches = Benches::prepare(workshop)?;
    let contest = Contest::prepare(workshop)?;
    let code_of_c = code::of_c(workshop)?;
    let code_of_rust = code::of_rust(workshop, &[modules.landlock])?;

    let behaviour = verdicts(workshop, &runs, &deviations)?;
    let rows = benches.run(workshop)?;
    Ok(Report {
        kernel: workshop.version().to_owned(),
        behaviour,
        instructions: pairs(&rows, Unit::Instructions)?,
        native: contest.measure(workshop.place)?,
        memory: pairs(&rows, Unit::Bytes)?,
        lines: pairs(&rows, Unit::Lines)?,
        code_of_c,
        code_of_rust,
        builds,
    })
}

/// Pairs what was counted in `unit`. Both implementations must have the same rows.
fn pairs([c, rust]: &[Vec<Row>; 2], unit: Unit) -> Result<Vec<Pair>> {
    let pairs = bench::pair(c, rust, Row::is_of);
    ensure!(
        pairs.len() == c.len() && pairs.len() == rust.len(),
        "C and Rust were not measured in the same cases: see out/log/console-bench-*.log"
    );
    let pairs = pairs.into_iter();
    let pairs = pairs.filter(|(c, _)| c.measured.unit == unit);
    Ok(pairs.map(|(c, rust)| c.beside(rust)).collect())
}

/// Runs both suites with each implementation, and compares with C, which is the first.
fn verdicts(workshop: &Workshop, runs: &[Run], deviations: &Deviations) -> Result<Vec<Comparison>> {
    let results = runs.iter().map(|run| run.carry_out(workshop));
    let results = results.collect::<Result<Vec<_>>>()?;
    let mut comparisons = Vec::new();
    for kind in [SuiteKind::Kernel, SuiteKind::Ours] {
        for (run, result) in runs.iter().zip(&results).skip(1) {
            let of = |result: &[Suites; 2]| result[kind as usize].clone();
            let found = behaviour::compare(&of(&results[0]), &of(result), deviations);
            comparisons.push(Comparison {
                suites: kind.title().to_owned(),
                other: run.implementation.to_string(),
                ..found
            });
        }
    }
    Ok(comparisons)
}

/// A guest with both suites, and the names of their tests.
struct Run {
    implementation: Impl,
    guest: Guest,
    tests: [Vec<String>; 2],
}

impl Run {
    /// Builds what the guest needs; what would hang C is left out of its plan.
    fn prepare(workshop: &Workshop, implementation: Impl, deviations: &Deviations) -> Result<Self> {
        let name = format!("compare-{implementation}");
        let mut guest = Guest::new(workshop, implementation, &name)?;
        let mut add = |kind: SuiteKind| -> Result<Vec<String>> {
            let programs = kind.programs(workshop)?;
            let tests = programs.tests();
            guest.add_suite(kind.folder(), &programs, &tests)?;
            Ok(tests)
        };
        let tests = [add(SuiteKind::Kernel)?, add(SuiteKind::Ours)?];
        if implementation == Impl::C {
            let prefix = format!("{}/", SuiteKind::Ours.folder());
            for section in &mut guest.root.plan {
                let test = section.name.strip_prefix(&prefix);
                let arguments = test.map(|test| deviations.arguments(test));
                section.command += &arguments.unwrap_or_default();
            }
        }
        Ok(Self {
            implementation,
            guest,
            tests,
        })
    }

    /// Boots the guest and returns the results of both suites.
    fn carry_out(&self, workshop: &Workshop) -> Result<[Suites; 2]> {
        ui::say("compare", format!("suites with {}", self.implementation));
        let session = self.guest.run(workshop, "tests")?;
        session.check()?;
        let read = |kind: SuiteKind| {
            let tests = &self.tests[kind as usize];
            suites(&session.transcript, kind.folder(), tests)
        };
        Ok([read(SuiteKind::Kernel), read(SuiteKind::Ours)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_both_are_paired() {
        let rows = |implementation, median| vec![Row::sample("kill", implementation, median)];
        let both = [rows(Impl::C, 8.0), rows(Impl::Rust, 4.0)];
        let found = pairs(&both, Unit::Instructions).unwrap();
        assert_eq!(found[0].to_string(), "kill layers=2");
        assert_eq!(found[0].ratio(), Some(0.5));
        assert!(pairs(&both, Unit::Bytes).unwrap().is_empty());
        assert!(pairs(&[rows(Impl::C, 8.0), Vec::new()], Unit::Bytes).is_err());
    }
}
