// SPDX-License-Identifier: GPL-2.0-only

//! Many short blocks, and what they have in common.

use std::thread;
use std::time::Duration;

use anyhow::Result;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

/// How many blocks are measured.
const BLOCKS: usize = 40;

/// How many blocks are thrown away before: they fill caches.
const WARM_UP: usize = 4;

/// How long the kernel may take to free what a block left.
const REST: Duration = Duration::from_millis(12);

/// Something that is measured.
pub trait Operation {
    /// Returns how often it is done within one block.
    fn calls(&self) -> usize {
        10
    }

    /// Prepares a block; is not measured.
    fn before(&mut self) -> Result<()> {
        Ok(())
    }

    /// Does it for the time number `index` of the block.
    fn call(&mut self, index: usize) -> Result<()>;

    /// Cleans up after a block; is not measured.
    fn after(&mut self) -> Result<()> {
        Ok(())
    }
}

/// What many samples have in common.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Half of the samples are smaller.
    pub median: f64,
    /// Width of the middle half: the third quartile less the first.
    pub spread: f64,
    /// The smallest sample. No interrupt fell into it.
    pub minimum: f64,
}

impl Summary {
    /// Sums up `samples`, of which there is at least one.
    pub fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        let last = samples.len().saturating_sub(1);
        let quartile = |number: usize| round(samples[last * number / 4]);
        Self {
            median: quartile(2),
            spread: round(quartile(3) - quartile(1)),
            minimum: quartile(0),
        }
    }
}

/// Rounds to tenths, which is more than can be told apart.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Measures `operation` in blocks: instructions of one call.
pub fn blocks(operation: &mut dyn Operation) -> Result<Summary> {
    let calls = operation.calls();
    let mut samples = Vec::with_capacity(WARM_UP + BLOCKS);
    for _ in 0..WARM_UP + BLOCKS {
        operation.before()?;
        let start = now();
        for index in 0..calls {
            operation.call(index)?;
        }
        samples.push((now() - start) / calls as f64);
        operation.after()?;
    }
    Ok(Summary::of(samples.split_off(WARM_UP)))
}

/// Waits until the kernel has freed what it frees later, which would fall into the next sample.
pub fn settle() -> Result<()> {
    thread::sleep(REST);
    Ok(())
}

/// Returns how many instructions `work` takes.
pub fn once(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = now();
    work()?;
    Ok(now() - start)
}

/// Returns the time in nanoseconds, each of which is one instruction.
fn now() -> f64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outliers_do_not_count() {
        let summary = Summary::of(vec![10.0, 12.0, 900.0, 11.0, 10.04]);
        assert_eq!(
            summary,
            Summary {
                median: 11.0,
                spread: 2.0,
                minimum: 10.0
            }
        );
    }

    #[test]
    fn only_calls_are_measured_and_the_first_blocks_are_not() {
        struct Count([usize; 3]);
        impl Operation for Count {
            fn before(&mut self) -> Result<()> {
                self.0[0] += 1;
                Ok(())
            }
            fn call(&mut self, index: usize) -> Result<()> {
                assert!(index < 10);
                self.0[1] += 1;
                Ok(())
            }
            fn after(&mut self) -> Result<()> {
                self.0[2] += 1;
                Ok(())
            }
        }
        let mut count = Count([0; 3]);
        let summary = blocks(&mut count).unwrap();
        assert_eq!(count.0, [44, 440, 44]);
        assert!(summary.minimum <= summary.median);
    }
}
