// SPDX-License-Identifier: GPL-2.0-only

//! A Python with the packages of the symbolic proofs, in the cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::host::deps::{self, needs::VENV};
use crate::host::key::Key;
use crate::host::place::{self, Place};
use crate::host::process::run;
use crate::host::ui::Step;

/// Returns the program, once it has the packages that the file `requirements` pins.
pub fn ensure(place: &Place, requirements: &Path) -> Result<PathBuf> {
    let key = Key::new().add_file(requirements)?.finish();
    let dir = place.cache.join("prove").join(format!("python-{key}"));
    let program = dir.join("bin/python");
    if dir.join("complete").exists() {
        return Ok(program);
    }
    deps::ensure_only(place, &VENV)?;
    let _ = fs::remove_dir_all(&dir);
    let mut step = Step::new("python", "installing what executes symbolically");
    let log = place.log("python");
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(&dir);
    run(&mut venv, &log, |_| step.tick()).context("cannot create a Python environment")?;
    let mut pip = Command::new(&program);
    pip.args(["-m", "pip", "install", "--no-deps", "--requirement"])
        .arg(requirements);
    run(&mut pip, &log, |_| step.tick())
        .context("cannot install Python packages: check the network, then start again")?;
    place::write(&dir.join("complete"), "")?;
    step.finish("angr and z3 are installed");
    Ok(program)
}
