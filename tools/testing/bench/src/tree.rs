// SPDX-License-Identifier: GPL-2.0-only

//! Directories that rules are put on and that files are opened in.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::fs::{Mode, OFlags, open};

/// Where the directories for rules are.
const RULES: &str = "/tmp/rules";

/// Makes `path` with its parents, and opens it for rules and for relative paths.
pub fn directory(path: &Path) -> Result<OwnedFd> {
    fs::create_dir_all(path).with_context(|| format!("cannot create {}", path.display()))?;
    anchor(path)
}

/// Opens `path` without the right to do anything with it.
pub fn anchor(path: &Path) -> Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    open(path, flags, Mode::empty()).with_context(|| format!("cannot open {}", path.display()))
}

/// Returns `count` directories beside each other, which exist only to have rules.
pub fn beside(count: u64) -> Result<Vec<OwnedFd>> {
    let path = |number| PathBuf::from(format!("{RULES}/{number}"));
    (0..count).map(|number| directory(&path(number))).collect()
}

/// Makes a file in a directory `depth` below `top`, and returns the directory.
pub fn deep(top: &Path, depth: u64) -> Result<PathBuf> {
    let dir = (0..depth).fold(top.to_owned(), |path, _| path.join("d"));
    fs::create_dir_all(&dir).context("cannot create a deep directory")?;
    fs::write(dir.join("file"), "content").context("cannot create a file")?;
    Ok(dir)
}
