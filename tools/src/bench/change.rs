// SPDX-License-Identifier: GPL-2.0-only

//! Two rows about the same operation: which one costs less.

use super::Row;

/// Differences up to this part of the old value do not count.
const TOLERANCE: f64 = 0.01;

/// How a row differs from another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It costs less.
    Cheaper,
    /// The difference is within the spread, or below one percent.
    Same,
    /// It costs more.
    Dearer,
}

impl Change {
    /// Compares `new` with `old`.
    pub fn of(old: &Row, new: &Row) -> Self {
        let (old, new) = (&old.measured, &new.measured);
        let noise = old.spread.max(new.spread);
        let tolerance = noise.max(old.median.abs() * TOLERANCE);
        let difference = new.median - old.median;
        if difference.abs() <= tolerance {
            Self::Same
        } else if difference < 0.0 {
            Self::Cheaper
        } else {
            Self::Dearer
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
    use crate::kernel::Impl;

    #[test]
    fn small_differences_do_not_count() {
        let change = |old, new| {
            let row = |median| Row::sample("open", Impl::C, median);
            Change::of(&row(old), &row(new))
        };
        assert_eq!(change(1000.0, 1010.0), Change::Same);
        assert_eq!(change(1000.0, 1011.0), Change::Dearer);
        assert_eq!(change(1000.0, 989.0), Change::Cheaper);
        // The spread of a sample row is 1.
        assert_eq!(change(10.0, 11.0), Change::Same);
        assert_eq!(change(10.0, 11.5), Change::Dearer);
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
