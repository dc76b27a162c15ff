// SPDX-License-Identifier: GPL-2.0-only

//! What a comparison found, as data: `out/compare.json`. Text and page are made from it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::compare::behaviour::Comparison;
use crate::compare::code::Code;
use crate::kernel::Record;

/// Everything that was compared.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Version of the kernel.
    pub kernel: String,
    /// Verdicts, suite by suite.
    pub behaviour: Vec<Comparison>,
    /// Instructions of one operation.
    pub instructions: Vec<Pair>,
    /// Ratios of time on the processor of this machine.
    pub native: Vec<Pair>,
    /// Bytes of kernel memory.
    pub memory: Vec<Pair>,
    /// The C implementation's code.
    pub code_of_c: Code,
    /// Our code.
    pub code_of_rust: Code,
    /// What it took to build the kernels, by implementation.
    pub builds: BTreeMap<String, Record>,
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

/// Many readings of one thing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Half of the readings are below, half above.
    pub median: f64,
    /// Width of the middle half.
    pub spread: f64,
}

/// How two figures compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Rust needs less.
    Less,
    /// No difference that counts: below one percent, or within the spread.
    Same,
    /// Rust needs more.
    More,
}

impl Pair {
    /// Returns what Rust needs, where C needs 1. Nothing when C needs nothing.
    pub fn ratio(&self) -> Option<f64> {
        (self.c.median > 0.0).then(|| self.rust.median / self.c.median)
    }

    /// Tells which implementation needs less.
    pub fn order(&self) -> Order {
        let difference = self.rust.median - self.c.median;
        let noise = self.c.spread.max(self.rust.spread);
        if difference.abs() <= noise.max(self.c.median / 100.0) {
            Order::Same
        } else if difference < 0.0 {
            Order::Less
        } else {
            Order::More
        }
    }

    /// Returns a parameter.
    pub fn parameter(&self, name: &str) -> Option<u64> {
        self.parameters.get(name).copied()
    }
}

impl fmt::Display for Pair {
    /// Writes the name with its parameters: `open depth=8 layers=1`.
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.name)?;
        for (name, value) in &self.parameters {
            write!(formatter, " {name}={value}")?;
        }
        Ok(())
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

/// How many pairs have each order: less, same, more.
pub fn count_orders(pairs: &[Pair]) -> [usize; 3] {
    [Order::Less, Order::Same, Order::More]
        .map(|order| pairs.iter().filter(|pair| pair.order() == order).count())
}

impl Report {
    /// Counts the cases with a verdict that differs and that nobody listed.
    pub fn differences(&self) -> usize {
        let counts = self.behaviour.iter();
        counts.map(|comparison| comparison.different.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a pair with medians and one spread.
    pub fn pair(c: f64, rust: f64, spread: f64) -> Pair {
        Pair {
            name: "open".to_owned(),
            parameters: [("depth".to_owned(), 8), ("layers".to_owned(), 1)].into(),
            unit: "instructions".to_owned(),
            c: Figure { median: c, spread },
            rust: Figure {
                median: rust,
                spread,
            },
        }
    }

    #[test]
    fn small_and_noisy_differences_are_none() {
        assert_eq!(pair(1000.0, 995.0, 0.0).order(), Order::Same);
        assert_eq!(pair(1000.0, 980.0, 50.0).order(), Order::Same);
        assert_eq!(pair(1000.0, 980.0, 0.0).order(), Order::Less);
        assert_eq!(pair(1000.0, 1020.0, 0.0).order(), Order::More);
        let pairs = [pair(10.0, 5.0, 0.0), pair(10.0, 10.0, 0.0)];
        assert_eq!(count_orders(&pairs), [1, 1, 0]);
    }

    #[test]
    fn a_pair_has_a_name_and_a_ratio() {
        let pair = pair(1000.0, 500.0, 0.0);
        assert_eq!(pair.to_string(), "open depth=8 layers=1");
        assert_eq!(pair.ratio(), Some(0.5));
        assert_eq!(pair.parameter("layers"), Some(1));
    }
}
