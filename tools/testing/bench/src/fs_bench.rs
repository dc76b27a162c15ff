// SPDX-License-Identifier: GPL-2.0-only

//! The kernel's own benchmark: a file is denied in the deepest of many directories, each with a
//! rule.
//!
//! It counts in hundredths of a second, so it is measured from outside, once with few iterations
//! and once with more: the difference is what it is about.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::row;
use crate::sample::{self, Summary};

/// How many directories are nested.
const DEPTH: u64 = 1000;

/// How many more iterations the second run has.
const ITERATIONS: u64 = 200;

/// How many differences are taken.
const SAMPLES: usize = 3;

/// Where it makes its directories.
const TOP: &str = "/tmp/fs_bench";

/// Measures one iteration of `program`.
pub fn measure(program: &Path) -> Result<()> {
    fs::create_dir_all(TOP)?;
    let samples = (0..SAMPLES).map(|_| {
        let (few, more) = (run(program, 1)?, run(program, 1 + ITERATIONS)?);
        Ok((more - few) / ITERATIONS as f64)
    });
    let summary = Summary::of(samples.collect::<Result<_>>()?);
    row::print("fs_bench", &[("depth", DEPTH)], summary)
}

/// Returns how many instructions a run takes.
fn run(program: &Path, iterations: u64) -> Result<f64> {
    let mut command = Command::new(program);
    command
        .args(["-d", &DEPTH.to_string(), "-n", &iterations.to_string()])
        .current_dir(TOP);
    sample::once(|| {
        let output = command.output().context("cannot start fs_bench")?;
        let text = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "fs_bench: {}", text.trim());
        Ok(())
    })
}
