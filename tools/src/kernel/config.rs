// SPDX-License-Identifier: GPL-2.0-only

//! Kernel configuration: was everything granted that the fragments ask for?

use std::collections::BTreeMap;

use anyhow::{Result, bail};

/// Fails when `actual` lacks an option that `requested` sets.
pub fn check(requested: &str, actual: &str) -> Result<()> {
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
        "the kernel's Kconfig refuses {}: see what they depend on, then mend configs/",
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
