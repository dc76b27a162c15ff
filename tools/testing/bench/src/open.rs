// SPDX-License-Identifier: GPL-2.0-only

//! Opening a file that exists, the most frequent request of all.

use std::path::Path;

use anyhow::Result;
use rustix::fs::{Mode, OFlags, open};

use crate::row;
use crate::sample::{self, Operation};
use crate::sandbox::{self, Recipe};
use crate::tree;

/// Where the files are.
const TOP: &str = "/tmp/open";

/// How many directories lie between the file and [`TOP`].
const DEPTHS: [u64; 5] = [1, 4, 8, 16, 32];

/// Opening the file of the working directory for reading, and closing it.
struct OpenClose;

impl Operation for OpenClose {
    fn call(&mut self, _index: usize) -> Result<()> {
        open(c"file", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(())
    }
}

/// Measures all depths with `layers` layers of `rules` rules each.
pub fn measure(layers: u64, rules: u64) -> Result<()> {
    for depth in DEPTHS {
        tree::deep(Path::new(TOP), depth)?;
    }
    sandbox::enforce(&Recipe::new(rules)?.ruleset()?, layers)?;
    for depth in DEPTHS {
        // Nothing but the working directory tells the depths apart.
        let path = format!("{TOP}{}", "/d".repeat(depth as usize));
        std::env::set_current_dir(path)?;
        let parameters = [("depth", depth), ("layers", layers), ("rules", rules)];
        row::print("open", &parameters, sample::blocks(&mut OpenClose)?)?;
    }
    Ok(())
}
