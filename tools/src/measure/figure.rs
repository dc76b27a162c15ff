// SPDX-License-Identifier: GPL-2.0-only

//! What was measured: many readings in two numbers, and the same thing with both implementations.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

/// Differences up to this part of the reference do not count.
const TOLERANCE: f64 = 0.01;

/// Many readings of one thing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Half of the readings are below, half above.
    pub median: f64,
    /// Width of the middle half.
    pub spread: f64,
}

/// How a figure compares to a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// It is less.
    Less,
    /// No difference that counts: up to one percent, or within the spread.
    Same,
    /// It is more.
    More,
}

/// One figure of both implementations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// What was measured.
    pub name: String,
    /// In which case.
    pub parameters: BTreeMap<String, u64>,
    /// Unit of the figures.
    pub unit: String,
    /// C Landlock.
    pub c: Figure,
    /// landlock-rs.
    pub rust: Figure,
}

impl Figure {
    /// Sums up `readings`, of which there must be one.
    pub fn of(readings: &[f64]) -> Result<Self> {
        ensure!(!readings.is_empty(), "no reading to sum up");
        let mut sorted = readings.to_vec();
        sorted.sort_by(f64::total_cmp);
        Ok(Self {
            median: quantile(&sorted, 0.5),
            spread: quantile(&sorted, 0.75) - quantile(&sorted, 0.25),
        })
    }

    /// Returns how this figure compares to `reference`.
    pub fn order(&self, reference: &Self) -> Order {
        let difference = self.median - reference.median;
        let noise = self.spread.max(reference.spread);
        if difference.abs() <= noise.max(reference.median.abs() * TOLERANCE) {
            Order::Same
        } else if difference < 0.0 {
            Order::Less
        } else {
            Order::More
        }
    }
}

/// Returns the value below which `share` of `sorted` lies, between two readings if need be.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let place = share * last as f64;
    let below = place.floor();
    let at = |index: f64| sorted.get(index as usize).copied().unwrap_or(f64::NAN);
    at(below) + (place - below) * (at(place.ceil()) - at(below))
}

impl Order {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Less, Self::Same, Self::More];
}

impl fmt::Display for Order {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::Less => "less",
            Self::Same => "same",
            Self::More => "more",
        })
    }
}

impl Pair {
    /// Returns what Rust needs, where C needs 1. Nothing when C needs nothing.
    pub fn ratio(&self) -> Option<f64> {
        (self.c.median > 0.0).then(|| self.rust.median / self.c.median)
    }

    /// Returns whether Rust needs less or more than C.
    pub fn order(&self) -> Order {
        self.rust.order(&self.c)
    }

    /// Returns a parameter.
    pub fn parameter(&self, name: &str) -> Option<u64> {
        self.parameters.get(name).copied()
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&title(&self.name, &self.parameters))
    }
}

/// Returns how a person knows what was measured: `open depth=8 layers=1`.
pub fn title(name: &str, parameters: &BTreeMap<String, u64>) -> String {
    let parameters = parameters.iter();
    let words = parameters.map(|(name, value)| format!(" {name}={value}"));
    name.to_owned() + &words.collect::<String>()
}

/// How many pairs have each order: less, same, more.
pub fn count_orders(pairs: &[Pair]) -> [usize; 3] {
    Order::ALL.map(|order| pairs.iter().filter(|pair| pair.order() == order).count())
}

#[cfg(test)]
impl Pair {
    /// Makes the pair `open layers=1` for tests, without spread.
    pub fn sample(depth: u64, c: f64, rust: f64) -> Self {
        let figure = |median| Figure {
            median,
            spread: 0.0,
        };
        Self {
            name: "open".to_owned(),
            parameters: [("depth".to_owned(), depth), ("layers".to_owned(), 1)].into(),
            unit: "instructions".to_owned(),
            c: figure(c),
            rust: figure(rust),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_and_spread() {
        let of = |readings: &[f64]| Figure::of(readings).map(|it| (it.median, it.spread));
        assert_eq!(of(&[5.0, 1.0, 4.0, 2.0, 100.0]).unwrap(), (4.0, 3.0));
        assert_eq!(of(&[1.0, 2.0]).unwrap(), (1.5, 0.5));
        assert!(of(&[]).is_err());
    }

    #[test]
    fn small_and_noisy_differences_are_none() {
        let order = |reference, median, spread| {
            let figure = |median| Figure { median, spread };
            figure(median).order(&figure(reference))
        };
        assert_eq!(order(1000.0, 1010.0, 0.0), Order::Same);
        assert_eq!(order(1000.0, 1011.0, 0.0), Order::More);
        assert_eq!(order(1000.0, 989.0, 0.0), Order::Less);
        assert_eq!(order(1000.0, 980.0, 50.0), Order::Same);
        assert_eq!(order(10.0, 11.0, 1.0), Order::Same);
        assert_eq!(order(10.0, 11.5, 1.0), Order::More);
    }

    #[test]
    fn a_pair_has_a_name_and_a_ratio() {
        let pair = Pair::sample(8, 1000.0, 500.0);
        assert_eq!(pair.to_string(), "open depth=8 layers=1");
        assert_eq!((pair.ratio(), pair.order()), (Some(0.5), Order::Less));
        assert_eq!(pair.parameter("layers"), Some(1));
        let same = Pair::sample(8, 10.0, 10.0);
        assert_eq!(count_orders(&[pair, same]), [1, 1, 0]);
    }
}
