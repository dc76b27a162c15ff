// SPDX-License-Identifier: GPL-2.0-only

//! Native times of both implementations, from kernels that run as programs (User-Mode Linux).
//!
//! The virtual machines of the other commands may be emulated, and then say nothing about caches
//! and atomics. Here kernel code runs on the processor itself. But a system call takes far longer
//! than on a real kernel, so this is about calls with much to do in the kernel, and about ratios.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::host::place::{self, Place};
use crate::host::ui::{self, Step};
use crate::kernel::{Impl, Workshop};
use crate::measure::figure::{Figure, Order, Pair};

mod kernel;
mod machine;
mod readings;

use machine::Machine;
use readings::{Point, Readings};

/// How often each kernel is booted. Odd, to have a median; with fewer than six, no difference is
/// clear enough to count.
const ROUNDS: usize = 7;

/// Two kernels that are ready to be measured.
pub struct Contest {
    c: Machine,
    rust: Machine,
}

impl Contest {
    /// Builds what is not in the cache.
    pub fn prepare(workshop: &Workshop) -> Result<Self> {
        Ok(Self {
            c: Machine::new(workshop, Impl::C)?,
            rust: Machine::new(workshop, Impl::Builtin)?,
        })
    }

    /// Boots the kernels in turn, so that other load on the machine affects both alike, and writes
    /// `out/native.json`.
    pub fn measure(&self, place: &Place) -> Result<Vec<Pair>> {
        let mut step = Step::counted("native", "booting both kernels in turn", 2 * ROUNDS);
        let (mut c, mut rust) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            c.push(self.c.run(|| step.tick())?);
            step.advance();
            rust.push(self.rust.run(|| step.tick())?);
            step.advance();
        }
        step.finish(format!("{ROUNDS} boots of each kernel"));

        let pairs = pairs(&c, &rust)?;
        let json = serde_json::to_string_pretty(&pairs)? + "\n";
        place::write(&place.out.join("native.json"), json)?;
        Ok(pairs)
    }
}

/// Measures both implementations, and prints a table.
pub fn command(workshop: &Workshop) -> Result<()> {
    let contest = Contest::prepare(workshop)?;
    workshop.unlock();
    let pairs = contest.measure(workshop.place)?;
    let rows: Vec<_> = pairs.iter().map(table_row).collect();
    let head = ["time of one call", "C, us", "+-", "Rust, us", "+-", "ratio"];
    print!("{}", ui::table(&head, &rows));
    ui::say("results", "out/native.json");
    Ok(())
}

/// Writes `pair` for people.
fn table_row(pair: &Pair) -> Vec<String> {
    let microseconds = |nanoseconds: f64| format!("{:.1}", nanoseconds / 1000.0);
    let ratio = pair
        .ratio()
        .map_or(String::new(), |ratio| format!("{ratio:.2}"));
    vec![
        pair.to_string(),
        microseconds(pair.c.median),
        microseconds(pair.c.spread),
        microseconds(pair.rust.median),
        microseconds(pair.rust.spread),
        ratio,
    ]
}

/// Puts what was read from both implementations side by side. Each round must have each point.
fn pairs(c: &[Readings], rust: &[Readings]) -> Result<Vec<Pair>> {
    let points: BTreeMap<_, _> = c.iter().chain(rust).flatten().collect();
    let pair = |point: &Point| {
        let (c, rust) = (values(c, point)?, values(rust, point)?);
        Ok(Pair {
            name: point.name.clone(),
            parameters: point.parameters.clone(),
            unit: "ns".to_owned(),
            c: Figure::of(&c)?,
            rust: Figure::of(&rust)?,
            order: Order::of_rounds(&c, &rust),
        })
    };
    points.into_keys().map(pair).collect()
}

/// Returns what was read for `point` in each of `rounds`.
fn values(rounds: &[Readings], point: &Point) -> Result<Vec<f64>> {
    let values = rounds.iter().map(|round| round.get(point).copied());
    let values: Option<_> = values.collect();
    values.with_context(|| format!("{point} was not measured in each round"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes what was read in one round, by depth.
    fn readings<const N: usize>(times: [(u64, f64); N]) -> Readings {
        let point = |depth| Point::new("open", [("depth".to_owned(), depth)].into());
        times.map(|(depth, time)| (point(depth), time)).into()
    }

    #[test]
    fn pairs_have_the_medians_of_all_rounds() {
        let c = [10.0, 30.0, 20.0].map(|time| readings([(1, time), (2, 8.0)]));
        let rust = [9.0, 5.0, 70.0].map(|time| readings([(1, time), (2, 8.0)]));
        let pairs = pairs(&c, &rust).unwrap();
        assert_eq!(pairs.len(), 2);
        assert_eq!(pairs[0].to_string(), "open depth=1");
        assert_eq!((pairs[0].c.median, pairs[0].rust.median), (20.0, 9.0));
        assert_eq!(pairs[0].ratio(), Some(0.45));
        assert_eq!(pairs[1].ratio(), Some(1.0));
    }

    #[test]
    fn a_round_without_a_point_is_an_error() {
        let whole = [readings([(1, 1.0)])];
        for (c, rust) in [(&whole, &[Readings::new()]), (&[Readings::new()], &whole)] {
            let error = pairs(c, rust).unwrap_err().to_string();
            assert_eq!(error, "open depth=1 was not measured in each round");
        }
    }
}
