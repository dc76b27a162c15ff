// SPDX-License-Identifier: GPL-2.0-only

//! Programs as people run them, from start to end.

use std::iter;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::row;
use crate::sample::{self, Summary};
use crate::sandbox;

/// How often the program runs. The first time does not count: it fills caches.
const RUNS: usize = 6;

/// Measures `command`, a program with its arguments, within `layers` layers.
pub fn measure(name: &str, layers: u64, command: &[String]) -> Result<()> {
    let (program, arguments) = command.split_first().context("there is no program")?;
    sandbox::enforce(&sandbox::permissive(iter::empty())?, layers)?;
    let run = || {
        let mut command = Command::new(program);
        command.args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let instructions = sample::once(|| {
            let status = command.status();
            let status = status.with_context(|| format!("cannot start {program}"))?;
            ensure!(status.success(), "{program} ended with {status}");
            Ok(())
        })?;
        sample::settle()?;
        Ok(instructions)
    };
    run()?;
    let samples = (1..RUNS).map(|_| run()).collect::<Result<_>>()?;
    row::print(
        &format!("run {name}"),
        &[("layers", layers)],
        Summary::of(samples),
    )
}
