// SPDX-License-Identifier: GPL-2.0-only

//! The tests of the `landlock` crate, the library for Rust programs, in the version that the samples
//! use.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::host::cargo::cargo;
use crate::host::place::{self, Place};
use crate::host::process::{capture, run};
use crate::host::ui::Step;

/// Name of the client, and of the program in its commands.
pub const CLIENT: &str = "landlock-crate";

/// Target of the program: named, so that build scripts stay dynamic.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Builds the tests, unless the cache has them, and returns the program.
pub fn build(place: &Place) -> Result<PathBuf> {
    let sources = sources(place)?;
    let dir = place.cache.join("clients").join(place::name(&sources));
    let program = dir.join(CLIENT);
    if program.exists() {
        return Ok(program);
    }
    copy(&sources, &dir)?;
    let mut step = Step::new("clients", "building the tests of the landlock crate");
    let log = place.log("clients-crate");
    let mut cargo = cargo("test");
    cargo
        .args(["--lib", "--no-run", "--locked", "--target", TARGET])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(dir.join("source"))
        .env("CARGO_TARGET_DIR", place.cache.join("target/clients"))
        .env("RUSTFLAGS", "-C target-feature=+crt-static");
    run(&mut cargo, &log, |_| step.tick())
        .context("the tests of the landlock crate cannot be built")?;
    let text = fs::read_to_string(&log).context("cannot read a log")?;
    let built = executable(&text).context("cargo built no tests")?;
    fs::copy(built, &program).context("cannot keep the tests")?;
    step.finish("tests of the landlock crate built");
    Ok(program)
}

/// Returns the folder to which cargo has unpacked the crate.
fn sources(place: &Place) -> Result<PathBuf> {
    let mut metadata = cargo("metadata");
    metadata
        .args(["--locked", "--format-version", "1"])
        .current_dir(&place.repo);
    let text = capture(&mut metadata).context("cargo does not tell where its crates are")?;
    find(&text).context("no crate depends on landlock")
}

/// Finds the folder of the crate in what `cargo metadata` says.
fn find(text: &str) -> Option<PathBuf> {
    let metadata: Value = serde_json::from_str(text).ok()?;
    let packages = metadata.get("packages")?.as_array()?;
    let is_ours = |package: &&Value| package.get("name").is_some_and(|name| name == "landlock");
    let manifest = packages.iter().find(is_ours)?.get("manifest_path")?;
    Some(Path::new(manifest.as_str()?).parent()?.to_owned())
}

/// Copies the crate at `from` to `source` in `dir`: cargo works in its folder.
fn copy(from: &Path, dir: &Path) -> Result<()> {
    place::make_dir(dir)?;
    let to = dir.join("source");
    let _ = fs::remove_dir_all(&to);
    capture(Command::new("cp").arg("-r").args([from, &to])).map(|_| ())
}

/// Finds the program in what cargo says in lines of JSON.
fn executable(text: &str) -> Option<PathBuf> {
    let messages = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let mut programs = messages.filter_map(|message: Value| {
        let path = message.get("executable")?.as_str()?;
        Some(PathBuf::from(path))
    });
    programs.next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_built() {
        let text = "   Compiling x\n{\"reason\":\"compiler-artifact\",\"executable\":null}\n\
                    {\"reason\":\"compiler-artifact\",\"executable\":\"/x/landlock-1\"}\n\
                    {\"reason\":\"build-finished\",\"success\":true}\n";
        assert_eq!(executable(text), Some(PathBuf::from("/x/landlock-1")));
        assert_eq!(executable("nothing"), None);
    }

    #[test]
    fn where_the_crate_is() {
        let text = "{\"packages\":[{\"name\":\"libc\",\"manifest_path\":\"/a/Cargo.toml\"},\
                    {\"name\":\"landlock\",\"manifest_path\":\"/b/landlock-0/Cargo.toml\"}]}";
        assert_eq!(find(text), Some(PathBuf::from("/b/landlock-0")));
        assert_eq!(find("{}"), None);
    }
}
