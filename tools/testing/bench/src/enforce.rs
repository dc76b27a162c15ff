// SPDX-License-Identifier: GPL-2.0-only

//! Enforcing a ruleset.
//!
//! Each sample is a thread of its own: what is enforced on it ends with it.

use std::thread;

use anyhow::{Result, anyhow};

use crate::landlock::Ruleset;
use crate::row;
use crate::sample::{self, Summary};
use crate::sandbox::{self, Recipe};

/// Which layers are looked at: the first, the second, the last that fits.
pub const LAYERS: [u64; 3] = [1, 2, 16];

/// How many samples are taken, and how many before do not count.
const SAMPLES: usize = 15;
const WARM_UP: usize = 2;

/// Measures the enforcing of a ruleset of `rules` rules, on top of others of the same kind.
pub fn measure(rules: u64) -> Result<()> {
    let ruleset = Recipe::new(rules)?.ruleset()?;
    for layer in LAYERS {
        let summary = in_thread(|| {
            sandbox::enforce(&ruleset, layer - 1)?;
            let samples = (0..WARM_UP + SAMPLES).map(|_| sample(&ruleset));
            let mut samples = samples.collect::<Result<Vec<_>>>()?;
            Ok(Summary::of(samples.split_off(WARM_UP)))
        })?;
        let parameters = [("layer", layer), ("rules", rules)];
        row::print("restrict_self", &parameters, summary)?;
    }
    Ok(())
}

/// Takes one sample, in a thread with the domain of the calling one.
fn sample(ruleset: &Ruleset) -> Result<f64> {
    sample::settle()?;
    in_thread(|| sample::once(|| Ok(ruleset.restrict_self()?)))
}

/// Runs `work` in a thread.
pub fn in_thread<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    thread::scope(|scope| {
        let thread = scope.spawn(work);
        thread.join().map_err(|_| anyhow!("a thread died"))?
    })
}
