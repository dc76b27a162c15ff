// SPDX-License-Identifier: GPL-2.0-only

//! `make bench`: what a sandbox costs, in instructions and in bytes, with both implementations.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::cli;
use crate::guest::machine::Session;
use crate::guest::programs;
use crate::guest::{Guest, Progress};
use crate::host::place;
use crate::host::ui;
use crate::kernel::{Impl, Workshop};
use crate::results::tally::{one, tally};
use crate::results::tap::Count;

mod goals;
mod guard;
mod lines;
mod plan;
mod report;
mod row;
mod rule;
mod runs;

use lines::Lines;

pub use row::{Row, Unit, pair};

/// Name of the results below `out/`.
const RESULTS: &str = "bench.json";

/// Suffixes of the names of two rows about the same operation, and by what factor the second may cost
/// more.
const PLAIN: &str = " plain keys";
const CHOSEN: &str = " chosen keys";
const CHOSEN_LIMIT: f64 = 2.0;

/// Measures one implementation or both, and compares with a baseline if there is one.
pub fn command(workshop: &Workshop, arguments: &cli::Bench) -> Result<()> {
    let baseline = arguments.baseline.as_deref().map(read).transpose()?;
    let rows = match arguments.only {
        Some(only) => Bench::prepare(workshop, only)?.run(workshop)?,
        None => Benches::prepare(workshop)?.run(workshop)?.concat(),
    };
    let json = serde_json::to_string_pretty(&rows)? + "\n";
    place::write(&workshop.place.out.join(RESULTS), json)?;
    report::print(&rows);
    ui::say("results", format!("out/{RESULTS}"));
    guard::propose(workshop, &rows)?;
    goals::write(workshop.place, &rows)?;
    check_chosen(&rows)?;
    match baseline {
        Some(baseline) => check_baseline(&baseline, &rows),
        None => Ok(()),
    }
}

/// Reads the results of an earlier run.
fn read(path: &Path) -> Result<Vec<Row>> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("BASELINE={} cannot be read", path.display()))?;
    serde_json::from_str(&text).with_context(|| {
        let path = path.display();
        format!("BASELINE={path} is no result of make bench: give it a copy of out/{RESULTS}")
    })
}

/// Prints what changed since `baseline`; fails when something costs more.
fn check_baseline(baseline: &[Row], rows: &[Row]) -> Result<()> {
    let pairs = pair(baseline, rows, |old, new| {
        old.implementation == new.implementation && old.is_of(new)
    });
    ensure!(
        !pairs.is_empty(),
        "no row of the baseline was measured again: give BASELINE= a file of this version"
    );
    let worse = report::print_changes(&pairs);
    ensure!(
        worse == 0,
        "{worse} rows cost more than in the baseline: fix them, or take out/{RESULTS} as the next one"
    );
    Ok(())
}

/// Fails if an operation costs more than twice as much for chosen keys.
fn check_chosen(rows: &[Row]) -> Result<()> {
    for row in rows {
        let Some(name) = row.measured.name.strip_suffix(CHOSEN) else {
            continue;
        };
        let is_plain = |other: &&Row| {
            other.implementation == row.implementation
                && other.measured.name.strip_suffix(PLAIN) == Some(name)
                && other.measured.parameters == row.measured.parameters
        };
        let plain = rows
            .iter()
            .find(is_plain)
            .context("there is no plain row")?;
        let ratio = row.measured.figure.median / plain.measured.figure.median;
        ensure!(
            ratio <= CHOSEN_LIMIT,
            "{} costs {ratio:.1} times as much as for plain keys: fix the hash of policy/rule.rs",
            row.title()
        );
    }
    Ok(())
}

/// Counts what must not become more expensive: rows below their ceilings, and shared cache lines.
pub fn guard(workshop: &Workshop) -> Result<Count> {
    let mut count = guard::count(workshop)?;
    tally(&mut count, one(lines::check(workshop)))?;
    Ok(count)
}

/// Guests that count what one implementation costs.
struct Bench {
    implementation: Impl,
    guest: Guest,
    lines: Lines,
}

impl Bench {
    /// Builds what is not in the cache.
    fn prepare(workshop: &Workshop, implementation: Impl) -> Result<Self> {
        let name = format!("bench-{implementation}");
        let mut guest = plan::guest(workshop, implementation, &name, plan::whole())?;
        let fs_bench = programs::fs_bench(workshop)?;
        guest.root.add_all("bin", &fs_bench.files)?;
        runs::install(&mut guest.root, workshop)?;
        Ok(Self {
            implementation,
            guest,
            lines: Lines::prepare(workshop, implementation)?,
        })
    }

    /// Measures all rows.
    fn run(&self, workshop: &Workshop) -> Result<Vec<Row>> {
        let session = self.guest.run(workshop, "bench")?;
        let lines = self.lines.guest.run(workshop, "lines")?;
        self.rows(&session, &lines)
    }

    /// Reads what the guests measured.
    fn rows(&self, session: &Session, lines: &Session) -> Result<Vec<Row>> {
        let mut rows = plan::rows(session, self.implementation, &plan::whole())?;
        rows.extend(rule::rows(&rows));
        rows.extend(self.lines.rows(lines)?);
        Ok(rows)
    }
}

/// Guests for C and for Rust.
pub struct Benches([Bench; 2]);

impl Benches {
    /// Builds what is not in the cache.
    pub fn prepare(workshop: &Workshop) -> Result<Self> {
        let prepare = |implementation| Bench::prepare(workshop, implementation);
        Ok(Self([prepare(Impl::C)?, prepare(Impl::Rust)?]))
    }

    /// Measures all rows of both at the same time: what is counted does not depend on other users
    /// of the processor.
    pub fn run(&self, workshop: &Workshop) -> Result<[Vec<Row>; 2]> {
        let [c, rust] = &self.0;
        let run = |title, guests| {
            let mut progress = Progress::new(title);
            let sessions = Guest::run_both(workshop, guests, &[], |line| progress.read(line))?;
            progress.step.finish("both virtual machines are done");
            Ok::<_, anyhow::Error>(sessions)
        };
        let [of_c, of_rust] = run("bench", [&c.guest, &rust.guest])?;
        let [lines_of_c, lines_of_rust] = run("lines", [&c.lines.guest, &rust.lines.guest])?;
        Ok([
            c.rows(&of_c, &lines_of_c)?,
            rust.rows(&of_rust, &lines_of_rust)?,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_keys_may_cost_twice_as_much() {
        let rows = |chosen| {
            [("x plain keys", 100.0), ("x chosen keys", chosen)]
                .map(|(name, median)| Row::sample(name, Impl::Rust, median))
        };
        assert!(check_chosen(&rows(200.0)).is_ok());
        assert!(check_chosen(&rows(201.0)).is_err());
        assert!(check_chosen(&rows(100.0)[1..]).is_err());
    }

    #[test]
    fn a_regression_fails() {
        let rows = |median| vec![Row::sample("open", Impl::Rust, median)];
        assert!(check_baseline(&rows(100.0), &rows(100.5)).is_ok());
        assert!(check_baseline(&rows(100.0), &rows(90.0)).is_ok());
        assert!(check_baseline(&rows(100.0), &rows(103.0)).is_err());
        assert!(check_baseline(&[], &rows(100.0)).is_err());
    }
}
