// SPDX-License-Identifier: GPL-2.0-only

//! What must be installed: found out, and on Debian 12 and 13 installed.

use std::process::Command;

use anyhow::{Result, bail};

use crate::host::place::Place;
use crate::host::process::run;
use crate::host::toolchain::{bindgen_root, find_bindgen};
use crate::host::ui;

pub mod apt;
pub mod debian;
pub mod needs;
pub mod unpacked;

use apt::Sources;
use debian::Debian;
use needs::{NEEDS, Need};

/// Installs what is missing.
pub fn ensure(place: &Place) -> Result<()> {
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !(need.is_met)()).collect();
    let debian = Debian::detect();
    match debian {
        Some(debian) => install_packages(place, debian, &missing)?,
        None => refuse(place, &missing)?,
    }
    ensure_bindgen(place)
}

/// Installs the packages that meet `missing`.
fn install_packages(place: &Place, debian: Debian, missing: &[&Need]) -> Result<()> {
    let mut packages: Vec<&str> = missing
        .iter()
        .flat_map(|need| need.packages(debian))
        .copied()
        .collect();
    if debian == Debian::Trixie && find_bindgen(place).is_none() {
        packages.push("bindgen");
    }
    if packages.is_empty() {
        return Ok(());
    }
    for need in missing {
        ui::say("deps", format!("missing: {} ({})", need.what, need.why));
    }
    let sources = Sources::new(place, "tools", &debian.install_suites())?;
    sources.update(place)?;
    sources.install(place, &packages)?;
    match missing.iter().find(|need| !(need.is_met)()) {
        Some(need) => bail!(
            "{} is still missing after apt installed its packages: see {}",
            need.what,
            place.log("apt-install").display()
        ),
        None => Ok(()),
    }
}

/// Installs what meets `need`, which only some commands have.
pub fn ensure_only(place: &Place, need: &Need) -> Result<()> {
    if (need.is_met)() {
        return Ok(());
    }
    match Debian::detect() {
        Some(debian) => install_packages(place, debian, &[need]),
        None => refuse(place, &[need]),
    }
}

/// Says what to install on a system that this tool does not know.
fn refuse(place: &Place, missing: &[&Need]) -> Result<()> {
    let mut missing: Vec<&str> = missing.iter().map(|need| need.what).collect();
    if find_bindgen(place).is_none() && missing.iter().any(|what| what.contains("libclang")) {
        missing.push("bindgen 0.71.1 or newer");
    }
    if missing.is_empty() {
        return Ok(());
    }
    bail!(
        "only Debian 12 and 13 are set up by this tool; install these and start again:\n  {}",
        missing.join("\n  ")
    )
}

/// Builds `bindgen` in the cache where no package has a recent one.
fn ensure_bindgen(place: &Place) -> Result<()> {
    if find_bindgen(place).is_some() {
        return Ok(());
    }
    let what = "building bindgen (Debian's is too old for the kernel)";
    let mut step = ui::Step::new("deps", what);
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo
        .args(["install", "bindgen-cli", "--locked", "--force", "--root"])
        .arg(bindgen_root(place))
        .env("CARGO_TARGET_DIR", place.cache.join("target/bindgen"));
    run(&mut cargo, &place.log("bindgen"), |_| step.tick())?;
    step.finish("bindgen built");
    Ok(())
}
