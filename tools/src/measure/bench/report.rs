// SPDX-License-Identifier: GPL-2.0-only

//! The rows as text.

use super::{Row, Unit, pair};
use crate::host::ui;
use crate::kernel::Impl;
use crate::measure::figure::Order;

/// Prints all rows: both implementations beside each other where both were measured.
pub fn print(rows: &[Row]) {
    let of = |implementation| {
        let rows = rows
            .iter()
            .filter(move |row| row.implementation == implementation);
        rows.cloned().collect::<Vec<_>>()
    };
    let (c, rust) = (of(Impl::C), of(Impl::Rust));
    if c.is_empty() || rust.is_empty() {
        print_alone(rows);
    } else {
        print_both(&pair(&c, &rust, Row::is_of));
    }
}

/// Prints the rows of the only implementation that was measured.
fn print_alone(rows: &[Row]) {
    for (unit, title) in UNITS {
        let rows = rows.iter().filter(|row| row.measured.unit == unit);
        let line = |row: &Row| {
            vec![
                row.title(),
                number(row.measured.figure.median),
                number(row.measured.figure.spread),
            ]
        };
        let lines: Vec<_> = rows.map(line).collect();
        print!("\n{}", ui::table(&[title, "median", "spread"], &lines));
    }
}

/// Prints pairs of C and Rust, and how many cost less.
fn print_both(pairs: &[(&Row, &Row)]) {
    for (unit, title) in UNITS {
        let pairs: Vec<_> = of_unit(pairs, unit).collect();
        let lines: Vec<_> = pairs.iter().map(line).collect();
        print!("\n{}", ui::table(&[title, "C", "Rust", "Rust/C"], &lines));
        let [cheaper, same, more] = count(&pairs);
        let count = pairs.len();
        println!(
            "  of {count} rows Rust costs less in {cheaper}, the same in {same}, more in {more}\n"
        );
    }
}

/// Prints what changed between two runs, and returns how many rows cost more.
pub fn print_changes(pairs: &[(&Row, &Row)]) -> usize {
    for (order, title) in [(Order::Less, "cheaper"), (Order::More, "more expensive")] {
        let changed = pairs.iter().filter(|(old, new)| new.order(old) == order);
        let lines: Vec<_> = changed.map(change_line).collect();
        if !lines.is_empty() {
            print!(
                "\n{}",
                ui::table(&[title, "before", "now", "now/before"], &lines)
            );
        }
    }
    let [cheaper, same, more] = count(pairs);
    println!(
        "  since the baseline {cheaper} rows are cheaper, {same} the same, {more} more expensive"
    );
    more
}

/// What is counted, and the title of the table.
const UNITS: [(Unit, &str); 3] = [
    (Unit::Instructions, "instructions"),
    (Unit::Bytes, "bytes of kernel memory"),
    (Unit::Lines, "cache lines that two processors write"),
];

/// Returns the pairs that are counted in `unit`.
fn of_unit<'a>(
    pairs: &'a [(&'a Row, &'a Row)],
    unit: Unit,
) -> impl Iterator<Item = (&'a Row, &'a Row)> {
    let pairs = pairs.iter().copied();
    pairs.filter(move |(row, _)| row.measured.unit == unit)
}

/// Counts the pairs of which the second one costs less, the same, more.
fn count(pairs: &[(&Row, &Row)]) -> [usize; 3] {
    Order::ALL.map(|order| {
        let of_kind = |(old, new): &&(&Row, &Row)| new.order(old) == order;
        pairs.iter().filter(of_kind).count()
    })
}

/// Lays out a pair: title, both values, their ratio.
fn line((old, new): &(&Row, &Row)) -> Vec<String> {
    let (before, now) = (old.measured.figure.median, new.measured.figure.median);
    let ratio = if before > 0.0 {
        format!("{:.2}", now / before)
    } else {
        "-".to_owned()
    };
    vec![new.title(), number(before), number(now), ratio]
}

/// Lays out a pair of two runs, with the implementation before the title.
fn change_line(pair: &(&Row, &Row)) -> Vec<String> {
    let mut line = line(pair);
    line[0] = format!("{} {}", pair.1.implementation, line[0]);
    line
}

/// Writes a number without digits below the noise.
fn number(value: f64) -> String {
    format!("{value:.0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit() {
        let name = "open depth=32 layers=16 rules=513";
        let old = Row::sample(name, Impl::C, 1_234_567.4);
        let new = Row::sample(name, Impl::Rust, 617_283.7);
        let line = line(&(&old, &new));
        assert_eq!(line[1..], ["1234567", "617284", "0.50"]);
        let table = ui::table(&["instructions", "C", "Rust", "Rust/C"], &[line]);
        assert!(table.lines().all(|line| line.len() <= 80));
    }

    #[test]
    fn pairs_are_counted() {
        let row = |median| Row::sample("open", Impl::C, median);
        let (one, two, three) = (row(100.0), row(200.0), row(300.0));
        let pairs = [(&two, &one), (&two, &two), (&two, &three), (&one, &three)];
        assert_eq!(count(&pairs), [1, 1, 2]);
    }
}
