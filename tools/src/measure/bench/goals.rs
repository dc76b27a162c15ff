// SPDX-License-Identifier: GPL-2.0-only

//! What a sandbox is meant to cost, beside what it costs: a page of the documents.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::row::{Row, Unit};
use crate::host::place::{self, Place};
use crate::host::ui;
use crate::kernel::Impl;

/// The goals, and the page that `make bench` makes of them.
const GOALS: &str = "tools/testing/bench/goals.toml";
const PAGE: &str = "costs.rst";

/// What comes before the table.
const HEAD: &str = "\
.. SPDX-License-Identifier: GPL-2.0-only

.. Made by make bench: take over out/costs.rst.

=====================
What a sandbox costs
=====================

In instructions, unless said otherwise, as :doc:`measuring` describes it.
\"Before\" is what the module cost when it did what C Landlock does, step by step.

.. list-table::
   :header-rows: 1

";

/// The page's goals.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Goals {
    row: Vec<Goal>,
}

/// A row of the page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Goal {
    what: String,
    /// What is counted.
    #[serde(default = "instructions")]
    unit: Unit,
    /// Title of the row of the benchmark.
    of: String,
    /// Title of one that is subtracted.
    less: Option<String>,
    /// What the rest is divided by.
    #[serde(default = "one")]
    per: f64,
    before: f64,
    /// At most that; without, at most what C costs.
    goal: Option<f64>,
    /// Why it costs more.
    why: Option<String>,
}

fn instructions() -> Unit {
    Unit::Instructions
}

fn one() -> f64 {
    1.0
}

/// Writes the page, if both implementations were measured.
pub fn write(place: &Place, rows: &[Row]) -> Result<()> {
    let path = place.repo.join(GOALS);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {GOALS}"))?;
    let goals: Goals = toml::from_str(&text).with_context(|| format!("in {GOALS}"))?;
    if [Impl::C, Impl::Rust]
        .iter()
        .all(|implementation| rows.iter().any(|row| row.implementation == *implementation))
    {
        place::write(&place.out.join(PAGE), page(&goals, rows)?)?;
        ui::say("goals", format!("out/{PAGE}"));
    }
    Ok(())
}

/// Lays out the page: the table, and why some rows miss their goal.
fn page(goals: &Goals, rows: &[Row]) -> Result<String> {
    let mut page = HEAD.to_owned();
    let mut notes = String::new();
    add_line(
        &mut page,
        ["operation", "C", "before", "now", "goal", "state"].map(str::to_owned),
    );
    for goal in &goals.row {
        let [c, rust] = [goal.value(rows, Impl::C)?, goal.value(rows, Impl::Rust)?];
        let is_met = rust <= goal.goal.unwrap_or(c);
        let verdict = if is_met { "met" } else { "missed" };
        let aim = goal.goal.map_or_else(|| "C".to_owned(), number);
        let numbers = [number(c), number(goal.before), number(rust), aim];
        let [c, before, now, aim] = numbers;
        add_line(
            &mut page,
            [goal.what.clone(), c, before, now, aim, verdict.to_owned()],
        );
        if !is_met {
            let why = goal.why.as_deref().map(str::trim);
            let why = why
                .with_context(|| format!("{:?} misses its goal: say why in {GOALS}", goal.what))?;
            let _ = write!(notes, "\n{}\n{}\n", goal.what, indented(why));
        }
    }
    if !notes.is_empty() {
        page += "\nWhat misses its goal, and why:\n";
        page += &notes;
    }
    Ok(page)
}

impl Goal {
    /// Returns what it costs with `implementation`.
    fn value(&self, rows: &[Row], implementation: Impl) -> Result<f64> {
        let median = |title: &str| {
            let mut rows = rows.iter().filter(|row| {
                row.implementation == implementation && row.measured.unit == self.unit
            });
            let row = rows.find(|row| row.title() == title);
            let row = row.with_context(|| format!("{GOALS}: there is no row \"{title}\""))?;
            anyhow::Ok(row.measured.figure.median)
        };
        ensure!(
            self.per > 0.0,
            "{GOALS}: {:?} is divided by {}",
            self.what,
            self.per
        );
        let less = self.less.as_deref().map(median).transpose()?;
        Ok((median(&self.of)? - less.unwrap_or(0.0)) / self.per)
    }
}

/// Adds a row to a list table.
fn add_line(page: &mut String, cells: [String; 6]) {
    for (index, cell) in cells.iter().enumerate() {
        let bullet = if index == 0 { "*" } else { " " };
        let _ = writeln!(page, "   {bullet} - {cell}");
    }
}

/// Indents each line.
fn indented(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(|line| format!("   {line}")).collect();
    lines.join("\n")
}

/// Writes a number as a person does, with commas.
fn number(value: f64) -> String {
    // CAST: costs are far below the limit.
    let digits = (value.round() as i64).max(0).to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        let text = [0.4, -3.0, 999.0, 1000.0, 1_234_567.0].map(number);
        assert_eq!(text, ["0", "0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn rows_that_miss_their_goal_say_why() {
        let rows = [("open", 30.0), ("base", 10.0)].map(|(name, median)| {
            [Impl::C, Impl::Rust].map(|implementation| Row::sample(name, implementation, median))
        });
        let rows = rows.as_flattened();
        let goal = |goal, why: &str| {
            let text = format!(
                "[[row]]\nwhat = \"w\"\nof = \"open layers=2\"\nless = \"base layers=2\"\n\
                 per = 2\nbefore = 40\ngoal = {goal}\n{why}"
            );
            page(&toml::from_str(&text).unwrap(), rows)
        };
        assert!(goal(10, "").unwrap().contains("- met"));
        assert!(goal(9, "").is_err());
        assert!(goal(9, "why = \"so\"").unwrap().ends_with("w\n   so\n"));
    }
}
