// SPDX-License-Identifier: GPL-2.0-only

//! Bytes of one rule: what the largest ruleset, or domain, takes more than the smallest.

use std::collections::BTreeMap;

use crate::measure::figure::Figure;

use super::row::{Measured, Row, Unit};

/// Parameter with the number of rules.
const RULES: &str = "rules";

/// Returns a row for each kind of thing in `rows` that has rules in memory.
pub fn rows(rows: &[Row]) -> Vec<Row> {
    let mut kinds: BTreeMap<_, BTreeMap<u64, &Row>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.measured.unit == Unit::Bytes) {
        let mut parameters = row.measured.parameters.clone();
        if let Some(rules) = parameters.remove(RULES) {
            let kind = (&row.measured.name, parameters);
            kinds.entry(kind).or_default().insert(rules, row);
        }
    }
    let rule = |((name, parameters), sizes): ((&String, _), BTreeMap<u64, &Row>)| {
        let (fewest, small) = sizes.first_key_value()?;
        let (most, large) = sizes.last_key_value()?;
        let count = most.checked_sub(*fewest).filter(|count| *count > 0)?;
        let figure = share(small, large, count as f64);
        Some(Row {
            implementation: large.implementation,
            measured: Measured {
                name: format!("rule of a {name}"),
                parameters,
                unit: Unit::Bytes,
                figure,
                minimum: figure.median,
            },
        })
    };
    kinds.into_iter().filter_map(rule).collect()
}

/// Returns what each of `count` rules takes that `large` has more than `small`.
fn share(small: &Row, large: &Row, count: f64) -> Figure {
    let (small, large) = (small.measured.figure, large.measured.figure);
    Figure {
        median: (large.median - small.median) / count,
        spread: (large.spread + small.spread) / count,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Impl;

    /// Makes a row with rules.
    fn row(name: &str, rules: u64, median: f64) -> Row {
        let mut row = Row::sample(name, Impl::Rust, median);
        row.measured.unit = Unit::Bytes;
        row.measured.parameters.insert(RULES.to_owned(), rules);
        row
    }

    #[test]
    fn a_rule_takes_what_more_of_them_take() {
        let measured = [
            row("domain", 1, 300.0),
            row("domain", 9, 400.0),
            row("domain", 101, 2300.0),
            row("alone", 1, 8.0),
            Row::sample("kill", Impl::Rust, 5.0),
        ];
        let found = rows(&measured);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].title(), "rule of a domain layers=2");
        assert_eq!(found[0].measured.figure.median, 20.0);
        assert_eq!(found[0].measured.figure.spread, 0.02);
    }
}
