// SPDX-License-Identifier: GPL-2.0-only

//! The sources of the module, in the repository and in the copies that are built.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::host::{files, place};

/// Folder of the module's sources in the repository.
pub const SOURCES: &str = "security-landlock-rs";

/// Returns what the module in `dir` is built from, without what a build left there.
pub fn list(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut sources = files::find(dir, &["rs", "c", "h"])?;
    let others = ["Kbuild", "Kconfig"].map(|name| dir.join(name));
    sources.extend(others.into_iter().filter(|path| path.exists()));
    Ok(sources)
}

/// Brings the copy in `to` of the sources in `from` up to date.
///
/// The kernel refuses to build elsewhere what was once built in its own folder.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    for file in list(from)? {
        let copy = to.join(file.strip_prefix(from)?);
        let text = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        if fs::read(&copy).ok().as_ref() != Some(&text) {
            place::write(&copy, text)?;
        }
    }
    Ok(())
}
