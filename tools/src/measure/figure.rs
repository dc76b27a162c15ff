// SPDX-License-Identifier: GPL-2.0-only

//! What was measured: many readings in two numbers, and the same thing with both implementations.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

/// Differences up to this part of the reference do not count.
const TOLERANCE: f64 = 0.01;

/// A difference counts if chance alone gives one that is as clear less often than this.
const CHANCE: f64 = 0.05;

/// Many readings of one thing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Half of the readings are below, half above.
    pub median: f64,
    /// Width of the middle half.
    pub spread: f64,
}

/// How a figure compares to a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// It is less.
    Less,
    /// No difference that counts: up to one percent, or one that may be chance.
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
    /// Whether Rust needs less or more than C.
    pub order: Order,
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

    /// Returns how this figure compares to `reference`: a difference within the spread does not
    /// count.
    pub fn order(&self, reference: &Self) -> Order {
        let difference = self.median - reference.median;
        let noise = self.spread.max(reference.spread);
        if difference.abs() <= noise.max(reference.median.abs() * TOLERANCE) {
            Order::Same
        } else {
            Order::of(difference)
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

/// Returns how likely a sum of signed ranks from 1 to `count` is at least as far from zero as
/// `sum`, if each sign is chance.
fn chance(count: usize, sum: f64) -> f64 {
    let signed = |signs: u32, rank: usize| match signs >> rank & 1 {
        0 => (rank + 1) as f64,
        _ => -((rank + 1) as f64),
    };
    let total = |signs: u32| (0..count).map(|rank| signed(signs, rank)).sum::<f64>();
    let all = 1 << count;
    let as_far = (0..all).filter(|signs| total(*signs).abs() >= sum.abs());
    as_far.count() as f64 / f64::from(all)
}

impl Order {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Less, Self::Same, Self::More];

    /// Compares what was read in the same rounds: one outlier decides nothing.
    ///
    /// Other load on the machine affects both readings of a round, so it is their ratio that
    /// counts. This is Wilcoxon's signed-rank test, with the exact distribution.
    pub fn of_rounds(reference: &[f64], readings: &[f64]) -> Self {
        let pairs = readings.iter().zip(reference);
        let mut changes: Vec<f64> = pairs.map(|(one, other)| (one / other).ln()).collect();
        changes.sort_by(|one, other| one.abs().total_cmp(&other.abs()));
        let rank = |index: usize| (index + 1) as f64;
        let signed = |(index, change): (usize, &f64)| rank(index) * change.signum();
        let sum: f64 = changes.iter().enumerate().map(signed).sum();
        changes.sort_by(f64::total_cmp);
        let median = quantile(&changes, 0.5);
        let is_chance = chance(changes.len(), sum) >= CHANCE;
        match is_chance || median.abs() <= TOLERANCE {
            true => Self::Same,
            false => Self::of(median),
        }
    }

    fn of(difference: f64) -> Self {
        match difference < 0.0 {
            true => Self::Less,
            false => Self::More,
        }
    }
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

/// Returns the title of what was measured: `open depth=8 layers=1`.
pub fn title(name: &str, parameters: &BTreeMap<String, u64>) -> String {
    let parameters = parameters.iter();
    let words = parameters.map(|(name, value)| format!(" {name}={value}"));
    name.to_owned() + &words.collect::<String>()
}

/// How many pairs have each order: less, same, more.
pub fn count_orders(pairs: &[Pair]) -> [usize; 3] {
    Order::ALL.map(|order| pairs.iter().filter(|pair| pair.order == order).count())
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
            order: figure(rust).order(&figure(c)),
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
    fn rounds_count_by_pairs() {
        let c = [1533.0, 1500.0, 1540.0, 1520.0, 9000.0, 1510.0, 1530.0];
        let rust = [181.0, 180.0, 8000.0, 182.0, 183.0, 179.0, 181.0];
        let slower = rust.map(|time| time * 40.0);
        assert_eq!(Order::of_rounds(&c, &rust), Order::Less);
        assert_eq!(Order::of_rounds(&c, &slower), Order::More);
        // Load that comes and goes changes both; one is a little slower in each round.
        let load = [1.0, 3.0, 2.0, 5.0, 1.5, 1.0, 4.0];
        let more = [1.02, 1.03, 1.04, 1.02, 1.05, 1.03, 1.04];
        let scaled: [f64; 7] = std::array::from_fn(|round| load[round] * more[round]);
        assert_eq!(Order::of_rounds(&load, &scaled), Order::More);
        let mixed = [1.2, 2.8, 2.1, 4.7, 1.4, 1.1, 4.0];
        assert_eq!(Order::of_rounds(&load, &mixed), Order::Same);
        let less_than_counts = load.map(|time| time * 1.005);
        assert_eq!(Order::of_rounds(&load, &less_than_counts), Order::Same);
        assert_eq!(Order::of_rounds(&c[..4], &rust[..4]), Order::Same);
    }

    #[test]
    fn chance_of_signed_ranks() {
        assert_eq!(chance(7, 28.0), 2.0 / 128.0);
        assert_eq!(chance(7, 0.0), 1.0);
        assert_eq!(chance(0, 0.0), 1.0);
    }

    #[test]
    fn a_pair_has_a_name_and_a_ratio() {
        let pair = Pair::sample(8, 1000.0, 500.0);
        assert_eq!(pair.to_string(), "open depth=8 layers=1");
        assert_eq!((pair.ratio(), pair.order), (Some(0.5), Order::Less));
        assert_eq!(pair.parameter("layers"), Some(1));
        let same = Pair::sample(8, 10.0, 10.0);
        assert_eq!(count_orders(&[pair, same]), [1, 1, 0]);
    }
}
