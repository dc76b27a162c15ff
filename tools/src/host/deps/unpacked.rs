// SPDX-License-Identifier: GPL-2.0-only

//! Packages of another release of Debian, unpacked into the cache: nothing is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::host::deps::apt::Sources;
use crate::host::deps::debian::Suite;
use crate::host::key::Key;
use crate::host::place::{self, Place};
use crate::host::process::run;
use crate::host::ui::Step;

/// Returns the folder with what `packages` of `suite` contain; fetches them if the cache has none.
pub fn unpacked_of(place: &Place, suite: Suite, packages: &[&str]) -> Result<PathBuf> {
    let sources = Sources::new(place, suite.name, &[suite])?;
    let title = match packages {
        [one] => format!("{one} of {}", suite.name),
        _ => format!("{} packages of {}", packages.len(), suite.name),
    };
    unpacked(place, &sources, &title, packages)
}

/// As [`unpacked_of`], with all that `packages` depend on, but for what is `left_out`.
pub fn with_dependencies(
    place: &Place,
    suite: Suite,
    packages: &[&str],
    left_out: &[&str],
) -> Result<PathBuf> {
    let sources = Sources::new(place, suite.name, &[suite])?;
    let key = key(&sources, packages).add("left out", left_out.join(" "));
    let dir = folder(place, key);
    if !is_complete(&dir) {
        sources.update(place)?;
        let mut all = sources.with_dependencies(packages)?;
        all.retain(|package| !left_out.contains(&package.as_str()));
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let title = format!("{} packages of {}", all.len(), suite.name);
        fetch(place, &sources, &title, &all, &dir)?;
    }
    Ok(dir)
}

/// Returns the folder with what `packages` of `sources` contain, for people `title`; fetches them if
/// the cache has none.
pub fn unpacked(
    place: &Place,
    sources: &Sources,
    title: &str,
    packages: &[&str],
) -> Result<PathBuf> {
    let dir = folder(place, key(sources, packages));
    if !is_complete(&dir) {
        sources.update(place)?;
        fetch(place, sources, title, packages, &dir)?;
    }
    Ok(dir)
}

/// Makes the key of `packages` of `sources`.
fn key(sources: &Sources, packages: &[&str]) -> Key {
    Key::new()
        .add("suite", sources.name())
        .add("packages", packages.join(" "))
}

/// Returns the folder of what has this `key`.
fn folder(place: &Place, key: Key) -> PathBuf {
    place.cache.join("unpacked").join(key.finish())
}

/// Returns whether `dir` has all that it should.
fn is_complete(dir: &Path) -> bool {
    dir.join(".complete").exists()
}

/// Fetches `packages` of `sources`, for people `title`, and unpacks them to `dir`.
fn fetch(
    place: &Place,
    sources: &Sources,
    title: &str,
    packages: &[&str],
    dir: &Path,
) -> Result<()> {
    let mut step = Step::new("apt", format!("fetching {title}"));
    let archives = tempfile::tempdir_in(sources.archives()).context("cannot create a folder")?;
    let mut apt = sources.command("apt-get");
    apt.arg("download")
        .args(packages)
        .current_dir(archives.path());
    run(&mut apt, &place.log("apt-unpacked"), |_| step.tick())?;
    let partial = dir.with_extension("partial");
    let _ = fs::remove_dir_all(&partial);
    for archive in place::list(archives.path(), ".deb")? {
        unpack(place, &archive, &partial)?;
        step.tick();
    }
    place::write(&partial.join(".complete"), "")?;
    fs::rename(&partial, dir).context("cannot keep what was unpacked")?;
    step.finish(format!("unpacked {title}"));
    Ok(())
}

/// Unpacks the package `archive` to `dir`.
fn unpack(place: &Place, archive: &Path, dir: &Path) -> Result<()> {
    place::make_dir(dir)?;
    let mut dpkg = Command::new("dpkg-deb");
    dpkg.arg("-x").arg(archive).arg(dir);
    run(&mut dpkg, &place.log("unpack"), |_| ())
        .with_context(|| format!("cannot unpack {}: disk full?", place::name(archive)))
}
