// SPDX-License-Identifier: GPL-2.0-only

//! Many readings of one thing, in two numbers.

use anyhow::{Result, ensure};

use crate::compare::report::Figure;

/// Sums up `readings`, of which there must be one.
pub fn figure(readings: &[f64]) -> Result<Figure> {
    ensure!(!readings.is_empty(), "no reading to sum up");
    let mut sorted = readings.to_vec();
    sorted.sort_by(f64::total_cmp);
    Ok(Figure {
        median: quantile(&sorted, 0.5),
        spread: quantile(&sorted, 0.75) - quantile(&sorted, 0.25),
    })
}

/// Returns the value below which `share` of `sorted` lies, between two readings if need be.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let place = share * last as f64;
    let below = place.floor();
    let at = |index: f64| sorted.get(index as usize).copied().unwrap_or(f64::NAN);
    at(below) + (place - below) * (at(place.ceil()) - at(below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_and_spread() {
        let of = |readings: &[f64]| figure(readings).map(|it| (it.median, it.spread));
        assert_eq!(of(&[5.0, 1.0, 4.0, 2.0, 100.0]).unwrap(), (4.0, 3.0));
        assert_eq!(of(&[1.0, 2.0]).unwrap(), (1.5, 0.5));
        assert!(of(&[]).is_err());
    }
}
