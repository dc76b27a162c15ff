// SPDX-License-Identifier: GPL-2.0-only

//! Rows: what one operation costs with one implementation.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::kernel::Impl;
use crate::measure::figure::{self, Figure, Order, Pair};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Instructions of the guest, in the kernel and in the program that calls it.
    Instructions,
    /// Bytes of kernel memory.
    Bytes,
    /// Cache lines that two processors write in most calls.
    Lines,
}

impl fmt::Display for Unit {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::Instructions => "instructions",
            Self::Bytes => "bytes",
            Self::Lines => "lines",
        })
    }
}

/// What a row is about, as the guest prints it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// What is done.
    pub name: String,
    /// In which circumstances.
    pub parameters: BTreeMap<String, u64>,
    /// What is counted.
    pub unit: Unit,
    /// All samples.
    #[serde(flatten)]
    pub figure: Figure,
    /// The smallest sample.
    pub minimum: f64,
}

/// What one operation costs with one implementation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Which Landlock the guest had.
    pub implementation: Impl,
    /// What was measured.
    #[serde(flatten)]
    pub measured: Measured,
}

impl Row {
    /// Reads a line that the guest printed.
    pub fn parse(line: &str, implementation: Impl) -> Result<Self> {
        let measured = serde_json::from_str(line)?;
        Ok(Self {
            implementation,
            measured,
        })
    }

    /// Returns whether `other` is about the same operation in the same circumstances.
    pub fn is_of(&self, other: &Row) -> bool {
        let (one, other) = (&self.measured, &other.measured);
        one.name == other.name && one.parameters == other.parameters && one.unit == other.unit
    }

    /// Returns whether this operation costs less or more than with `old`.
    pub fn order(&self, old: &Row) -> Order {
        self.measured.figure.order(&old.measured.figure)
    }

    /// Puts this row of C beside the one of Rust.
    pub fn beside(&self, rust: &Row) -> Pair {
        let Measured {
            name, parameters, ..
        } = &self.measured;
        Pair {
            name: name.clone(),
            parameters: parameters.clone(),
            unit: self.measured.unit.to_string(),
            c: self.measured.figure,
            rust: rust.measured.figure,
            order: rust.order(self),
        }
    }

    /// Returns the title of the row: `open depth=8 layers=1 rules=9`.
    pub fn title(&self) -> String {
        figure::title(&self.measured.name, &self.measured.parameters)
    }

    /// Makes a row for tests.
    #[cfg(test)]
    pub fn sample(name: &str, implementation: Impl, median: f64) -> Self {
        Self {
            implementation,
            measured: Measured {
                name: name.to_owned(),
                parameters: BTreeMap::from([("layers".to_owned(), 2)]),
                unit: Unit::Instructions,
                figure: Figure {
                    median,
                    spread: 1.0,
                },
                minimum: median,
            },
        }
    }
}

/// Returns each of `new` with the one of `old` that `belong` accepts, where there is one.
pub fn pair<'a>(
    old: &'a [Row],
    new: &'a [Row],
    belong: impl Fn(&Row, &Row) -> bool,
) -> Vec<(&'a Row, &'a Row)> {
    let partner = |row| old.iter().find(|other| belong(other, row));
    new.iter()
        .filter_map(|row| Some((partner(row)?, row)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_guest_are_read() {
        let line = r#"{"name":"open","parameters":{"layers":1,"depth":8},"unit":"instructions",
                       "median":4311.5,"spread":2,"minimum":4310}"#;
        let row = Row::parse(line, Impl::Rust).unwrap();
        assert_eq!(row.title(), "open depth=8 layers=1");
        assert_eq!(
            (row.measured.figure.median, row.measured.figure.spread),
            (4311.5, 2.0)
        );
        assert!(Row::parse("bench: no such file", Impl::C).is_err());
    }

    #[test]
    fn rows_come_back_from_json() {
        let row = Row::sample("kill", Impl::C, 700.5);
        let text = serde_json::to_string(&row).unwrap();
        assert!(text.contains(r#""implementation":"c""#));
        assert!(text.contains(r#""name":"kill""#));
        assert_eq!(serde_json::from_str::<Row>(&text).unwrap(), row);
    }

    #[test]
    fn rows_are_of_the_same_operation_whatever_the_implementation() {
        let row = Row::sample("kill", Impl::C, 1.0);
        assert!(row.is_of(&Row::sample("kill", Impl::Rust, 2.0)));
        assert!(!row.is_of(&Row::sample("open", Impl::C, 1.0)));
    }

    #[test]
    fn rows_are_paired() {
        let old = [
            Row::sample("open", Impl::C, 1.0),
            Row::sample("gone", Impl::C, 1.0),
        ];
        let new = [
            Row::sample("added", Impl::Rust, 2.0),
            Row::sample("open", Impl::Rust, 2.0),
        ];
        let pairs = pair(&old, &new, Row::is_of);
        assert_eq!(pairs, [(&old[0], &new[1])]);
    }
}
