// SPDX-License-Identifier: GPL-2.0-only

//! Results of suites: files for machines, a table for people.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::json;

use crate::host::place::{self, Place};
use crate::host::ui;
use crate::results::tap::{Count, Outcome, Suite};
use crate::results::transcript::Transcript;

/// How many names of failed cases are printed.
const SHOWN_FAILURES: usize = 20;

/// Suites by their name.
pub type Suites = BTreeMap<String, Suite>;

/// Writes `suites` to `out/<name>.json`, with the implementation `implementation`.
pub fn write_json(place: &Place, name: &str, implementation: &str, suites: &Suites) -> Result<()> {
    let summaries: BTreeMap<_, _> = suites
        .iter()
        .map(|(name, suite)| (name, suite.summary()))
        .collect();
    let content = json!({ "impl": implementation, "suites": summaries });
    let text = serde_json::to_string_pretty(&content)? + "\n";
    place::write(&place.out.join(format!("{name}.json")), text)
}

/// Writes what the tests of `folder` printed to `out/<name>.tap`.
pub fn write_tap(
    place: &Place,
    name: &str,
    folder: &str,
    transcript: &Transcript,
    suites: &Suites,
) -> Result<()> {
    let output = |name: &String| match transcript.section(&format!("{folder}/{name}")) {
        Some(output) => format!("# {name}\n{}", output.text()),
        None => format!("# {name}\n# was not run\n"),
    };
    let text: String = suites.keys().map(output).collect();
    place::write(&place.out.join(format!("{name}.tap")), text)
}

/// Counts all cases of `suites`.
pub fn total(suites: &Suites) -> Count {
    let mut total = Count::default();
    for case in suites.values().flat_map(|suite| &suite.cases) {
        total.add(&case.outcome);
    }
    total
}

/// Prints `suites` as a table, and the names of failed cases below it.
pub fn print(suites: &Suites) {
    print_table(suites);
    print_failures(&failures(suites));
}

/// Prints `suites` as a table.
fn print_table(suites: &Suites) {
    let row = |name: &str, plan: usize, count: Count| {
        let numbers = [plan, count.pass, count.fail, count.skip];
        let mut row = vec![name.to_owned()];
        row.extend(numbers.map(|number| number.to_string()));
        row
    };
    let mut rows: Vec<_> = suites
        .iter()
        .map(|(name, suite)| row(name, suite.plan, suite.count()))
        .collect();
    let plan = suites.values().map(|suite| suite.plan).sum();
    rows.push(row("all", plan, total(suites)));
    print!(
        "{}",
        ui::table(&["suite", "plan", "pass", "fail", "skip"], &rows)
    );
}

/// Returns the failed cases, each as `suite case`.
fn failures(suites: &Suites) -> Vec<String> {
    let names = |(name, suite): (&String, &Suite)| {
        let failed = suite
            .cases
            .iter()
            .filter(|case| case.outcome == Outcome::Fail);
        failed
            .map(|case| format!("{name} {}", case.name))
            .collect::<Vec<_>>()
    };
    suites.iter().flat_map(names).collect()
}

/// Prints the first of the failed cases.
fn print_failures(failures: &[String]) {
    for failure in failures.iter().take(SHOWN_FAILURES) {
        ui::failed(failure);
    }
    if let Some(more) = failures.len().checked_sub(SHOWN_FAILURES + 1) {
        println!("  and {} more", more + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_and_total() {
        let suite = Suite::parse("1..2\nok 1 a\nnot ok 2 b".lines(), Some(1));
        let suites = Suites::from([("x_test".to_owned(), suite)]);
        assert_eq!(failures(&suites), ["x_test b"]);
        assert_eq!((total(&suites).pass, total(&suites).fail), (1, 1));
    }
}
