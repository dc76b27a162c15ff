// SPDX-License-Identifier: GPL-2.0-only

//! The table as text, and its rows as data.

use std::path::Path;

use serde::Serialize;

use crate::outcome::Outcome;
use crate::rows::{Place, Row, BIND, CONNECT};

/// A row of the table: the actions are sandboxed where nothing else is said.
#[derive(Debug, Serialize)]
pub struct RowResult {
    action: &'static str,
    command: &'static str,
    sandboxed: bool,
    expected: Outcome,
    observed: Outcome,
    pub ok: bool,
}

impl RowResult {
    pub fn new(row: &Row, abi: u32, observed: Outcome) -> Self {
        let expected = (row.expected)(abi);
        Self {
            action: row.action,
            command: row.command,
            sandboxed: row.place != Place::Outside,
            expected,
            observed,
            ok: observed == expected,
        }
    }

    pub fn line(&self) -> String {
        let mark = if self.ok { "ok" } else { "WRONG" };
        line(
            self.action,
            &self.expected.to_string(),
            &self.observed.to_string(),
            mark,
        )
    }
}

fn line(action: &str, expected: &str, observed: &str, mark: &str) -> String {
    format!("{action:<43} {expected:<14} {observed:<14} {mark}")
}

pub fn header(abi: u32, dir: &Path) -> String {
    let dir = dir.display();
    format!(
        "Landlock ABI {abi}. The sandbox, in {dir}: run bin, read ro, change rw,\n\
         bind to port {BIND}, connect or send to port {CONNECT}.\n\n{}\n",
        line("Action", "Expected", "Observed", "").trim_end()
    )
}

pub fn footer(results: &[RowResult]) -> String {
    let wrong = results.iter().filter(|result| !result.ok).count();
    let total = results.len();
    match wrong {
        0 => format!("\nAll {total} actions ended as expected.\n"),
        _ => format!("\n{wrong} of {total} actions did not end as expected.\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Errno;
    use crate::rows::ROWS;

    #[test]
    fn table_fits_80_columns() {
        for row in ROWS {
            for abi in 1..=11 {
                let result = RowResult::new(row, abi, Outcome::Denied(Errno::Eacces));
                assert!(result.line().len() <= 80, "{}", result.line());
            }
            assert!(row.action.len() <= 43, "{}", row.action);
        }
        for text in header(11, Path::new("/tmp/demo")).lines() {
            assert!(text.len() <= 80);
        }
    }

    #[test]
    fn row_is_ok_if_observed_as_expected() {
        let row = &ROWS[0];
        assert!(RowResult::new(row, 1, Outcome::Allowed).ok);
        assert!(!RowResult::new(row, 1, Outcome::Failed).ok);
        assert!(!RowResult::new(row, 1, Outcome::Denied(Errno::Eperm)).ok);
    }

    #[test]
    fn footer_counts_what_is_wrong() {
        let good = RowResult::new(&ROWS[0], 1, Outcome::Allowed);
        let bad = RowResult::new(&ROWS[0], 1, Outcome::Failed);
        assert!(footer(&[good]).contains("All 1 actions"));
        assert!(footer(&[bad]).contains("1 of 1"));
    }

    #[test]
    fn json_has_the_same_words() {
        let result = RowResult::new(&ROWS[1], 1, Outcome::Denied(Errno::Eacces));
        let json = serde_json::to_value(&result).unwrap();
        assert_eq!(json["expected"], "denied EACCES");
        assert_eq!(json["observed"], "denied EACCES");
        assert_eq!(json["ok"], true);
    }
}
