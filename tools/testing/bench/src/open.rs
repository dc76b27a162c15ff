// SPDX-License-Identifier: GPL-2.0-only

//! Opening a file that exists, the most frequent request of all: allowed, and denied.

use std::path::Path;

use anyhow::{Result, ensure};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;

use crate::row;
use crate::sample::{self, Operation};
use crate::sandbox::{self, Recipe};
use crate::tree;

/// Where the files are.
const TOP: &str = "/tmp/open";

/// How many directories lie between the file and [`TOP`].
const DEPTHS: [u64; 7] = [1, 4, 8, 16, 32, 100, 200];

/// Opening the file of the working directory for reading, and closing it.
struct OpenClose;

impl Operation for OpenClose {
    fn call(&mut self, _index: usize) -> Result<()> {
        open(c"file", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(())
    }
}

/// Failing to open the file of the working directory for reading.
struct Denied;

impl Operation for Denied {
    fn call(&mut self, _index: usize) -> Result<()> {
        let opened = open(c"file", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
        ensure!(opened.err() == Some(Errno::ACCESS), "a file was not denied");
        Ok(())
    }
}

/// Measures all depths with `layers` layers of `rules` rules each.
pub fn measure(layers: u64, rules: u64) -> Result<()> {
    let recipe = Recipe::new(rules)?;
    at_all_depths(
        || sandbox::enforce(&recipe.ruleset()?, layers),
        |depth| {
            let parameters = [("depth", depth), ("layers", layers), ("rules", rules)];
            row::print("open", &parameters, sample::blocks(&mut OpenClose)?)
        },
    )
}

/// Measures all depths with `layers` layers that allow the same elsewhere.
pub fn measure_denied(layers: u64) -> Result<()> {
    at_all_depths(
        || sandbox::enforce(&sandbox::elsewhere()?, layers),
        |depth| {
            let parameters = [("depth", depth), ("layers", layers)];
            row::print("open denied", &parameters, sample::blocks(&mut Denied)?)
        },
    )
}

/// Makes the files, enters a sandbox, and measures at each depth.
fn at_all_depths(
    sandbox: impl FnOnce() -> Result<()>,
    measure: impl Fn(u64) -> Result<()>,
) -> Result<()> {
    for depth in DEPTHS {
        tree::deep(Path::new(TOP), depth)?;
    }
    sandbox()?;
    for depth in DEPTHS {
        // Nothing but the working directory tells the depths apart.
        let path = format!("{TOP}{}", "/d".repeat(depth as usize));
        std::env::set_current_dir(path)?;
        measure(depth)?;
    }
    Ok(())
}
