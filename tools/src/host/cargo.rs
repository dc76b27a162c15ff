// SPDX-License-Identifier: GPL-2.0-only

//! Cargo, and the crates of the repository that it tests here.

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::host::place::Place;
use crate::host::process::run;
use crate::host::ui;

/// Folder of the host's tests of the policy.
pub const POLICY: &str = "tools/testing/policy";

/// Makes a command of the cargo that runs this tool.
pub fn cargo(subcommand: &str) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    command.arg(subcommand).env_remove("CARGO_MANIFEST_DIR");
    command
}

/// Runs the tests of the crate in the folder `dir`, and returns how many passed.
pub fn test(place: &Place, name: &'static str, dir: &str) -> Result<usize> {
    let mut step = ui::Step::new(name, format!("cargo test in {dir}"));
    let mut cargo = cargo("test");
    cargo
        .arg("--locked")
        .current_dir(place.repo.join(dir))
        .env("CARGO_TARGET_DIR", place.cache.join("target").join(name));
    let mut passed = 0;
    run(&mut cargo, &place.log(&format!("test-{name}")), |line| {
        passed += count_passed(line);
        step.tick();
    })
    .with_context(|| format!("tests of {dir} failed"))?;
    ensure!(passed > 0, "{dir} has no test");
    step.finish(format!("{passed} tests passed"));
    Ok(passed)
}

/// Reads how many tests passed from a closing line of cargo: `test result: ok. 8 passed; ...`.
fn count_passed(line: &str) -> usize {
    let count = || {
        let rest = line.strip_prefix("test result: ok. ")?;
        rest.split(' ').next()?.parse().ok()
    };
    count().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passed_tests_of_cargo() {
        let line = "test result: ok. 8 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(count_passed(line), 8);
        assert_eq!(count_passed("running 8 tests"), 0);
    }
}
