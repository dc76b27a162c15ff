// SPDX-License-Identifier: GPL-2.0-only

//! The sources that the checks read.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::host::place;

/// A source file.
pub struct Source {
    /// Path below the folder that was searched.
    pub path: PathBuf,
    /// Content.
    pub text: String,
}

impl Source {
    /// Returns the lines that have code, without their comments, with their numbers from 1.
    ///
    /// A string with two slashes is cut short, which no check minds.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate();
        lines.filter_map(|(index, line)| {
            let code = line.split("//").next().unwrap_or_default();
            (!code.trim().is_empty()).then_some((index + 1, code))
        })
    }

    /// Describes a place in the file.
    pub fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }
}

/// Reads the files below `dir` that end with one of `extensions`, sorted by path.
pub fn read(dir: &Path, extensions: &[&str]) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in find(dir, extensions)? {
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let path = path.strip_prefix(dir).unwrap_or(&path).to_owned();
        sources.push(Source { path, text });
    }
    Ok(sources)
}

/// Finds the files below `dir` that end with one of `extensions`; what builds leave is left out.
pub fn find(dir: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in place::list(dir, "")? {
        let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        if path.is_dir() && place::name(&path) != "target" {
            found.extend(find(&path, extensions)?);
        } else if path.is_file() && extensions.contains(&extension) {
            found.push(path);
        }
    }
    found.retain(|path| !is_generated(&place::name(path)));
    Ok(found)
}

/// Returns whether a build in the folder of the module's sources leaves a file called `name` there.
fn is_generated(name: &str) -> bool {
    name == "bindings_generated.rs" || name.ends_with(".mod.c")
}

/// Makes a source for a test.
#[cfg(test)]
pub fn source(path: &str, text: &str) -> Source {
    Source {
        path: PathBuf::from(path),
        text: text.to_owned(),
    }
}
