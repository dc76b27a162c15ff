// SPDX-License-Identifier: GPL-2.0-only

//! Kernel configuration: fragments, and whether everything was granted that they ask for.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::host::place::{self, Place};
use crate::host::process::run;

/// Returns the text of all `fragments`.
pub fn read<'a>(place: &Place, fragments: impl Iterator<Item = &'a &'a str>) -> Result<String> {
    let dir = place.repo.join("configs");
    let read = |name| {
        let path = dir.join(name);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    fragments.map(read).collect()
}

/// Configures the build folder `dir` with `make`, which knows the source.
pub fn apply(mut make: Command, dir: &Path, requested: &str, log: &Path) -> Result<()> {
    let fragment = dir.join(".landlock-rs-config");
    place::write(&fragment, requested)?;
    make.arg(format!("O={}", dir.display()))
        .arg(format!("KCONFIG_ALLCONFIG={}", fragment.display()))
        .arg("allnoconfig");
    run(&mut make, log, |_| ()).context("cannot configure the kernel")?;
    let actual = fs::read_to_string(dir.join(".config")).context("no .config was written")?;
    check(requested, &actual)
}

/// Fails when `actual` lacks an option that `requested` sets.
fn check(requested: &str, actual: &str) -> Result<()> {
    let actual = parse(actual);
    let is_lost = |(name, value): &(&str, &str)| actual.get(name).unwrap_or(&"n") != value;
    let lost = parse(requested).into_iter().filter(is_lost);
    let lost: Vec<String> = lost
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    if lost.is_empty() {
        return Ok(());
    }
    bail!(
        "the kernel's Kconfig refuses {}: see what they depend on, then fix configs/",
        lost.join(", ")
    )
}

/// Reads the options of a configuration; the last word on an option counts.
fn parse(text: &str) -> BTreeMap<&str, &str> {
    text.lines().filter_map(parse_line).collect()
}

/// Reads one line: `CONFIG_X=y`, or `# CONFIG_X is not set`.
fn parse_line(line: &str) -> Option<(&str, &str)> {
    if let Some(rest) = line.strip_prefix("# ") {
        let name = rest.strip_suffix(" is not set")?;
        return Some((name, "n"));
    }
    line.starts_with("CONFIG_").then(|| line.split_once('='))?
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUESTED: &str = "# Machine\nCONFIG_SMP=y\nCONFIG_LSM=\"landlock\"\n\
                             # CONFIG_KUNIT_ALL_TESTS is not set\n";

    #[test]
    fn what_was_granted_passes() {
        let actual = "CONFIG_SMP=y\nCONFIG_LSM=\"landlock\"\nCONFIG_MORE=m\n";
        assert!(check(REQUESTED, actual).is_ok());
    }

    #[test]
    fn what_was_refused_is_named() {
        let actual = "# CONFIG_SMP is not set\nCONFIG_LSM=\"\"\nCONFIG_KUNIT_ALL_TESTS=y\n";
        let error = check(REQUESTED, actual).unwrap_err().to_string();
        for name in ["CONFIG_SMP=y", "CONFIG_LSM=", "CONFIG_KUNIT_ALL_TESTS=n"] {
            assert!(error.contains(name), "{error}");
        }
    }
}
