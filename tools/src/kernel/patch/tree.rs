// SPDX-License-Identifier: GPL-2.0-only

//! A kernel tree, and the originals of the files that a series changes.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::host::place;

/// A kernel tree in the cache.
///
/// Beside it lies a folder with the original of each file that the series changes.
pub struct Tree {
    /// Its root.
    pub dir: PathBuf,
}

impl Tree {
    /// Describes the tree at `dir`.
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Returns the folder of originals.
    pub fn pristine(&self) -> PathBuf {
        self.dir
            .with_file_name(format!(".pristine-{}", place::name(&self.dir)))
    }

    /// Returns the file that lists what the applied series changes.
    fn list(&self) -> PathBuf {
        self.dir
            .with_file_name(format!(".patched-{}", place::name(&self.dir)))
    }

    /// Returns the files that the applied series changes.
    pub fn patched_files(&self) -> Result<BTreeSet<String>> {
        match fs::read_to_string(self.list()) {
            Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeSet::new()),
            Err(error) => Err(error).context("cannot read the list of patched files"),
        }
    }

    /// Takes the originals of the patched files again, from the tree at `given`.
    pub fn refresh_pristine(&self, given: &Path) -> Result<()> {
        for file in self.patched_files()? {
            let content = read(&given.join(&file))?;
            put(&self.pristine().join(&file), content.as_deref())?;
        }
        Ok(())
    }

    /// Saves the originals of `files`, which the series is about to change.
    pub fn save_pristine(&self, files: &BTreeSet<String>) -> Result<()> {
        let saved = self.patched_files()?;
        for file in files.difference(&saved) {
            let content = read(&self.dir.join(file))?;
            put(&self.pristine().join(file), content.as_deref())?;
        }
        let all: BTreeSet<_> = files.union(&saved).cloned().collect();
        let text: String = all.iter().map(|file| format!("{file}\n")).collect();
        place::write(&self.list(), text)
    }
}

/// Reads a file, or nothing if there is none.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Writes a file, or removes it when there is no content. Scripts of the tree stay executable.
pub fn put(path: &Path, content: Option<&[u8]>) -> Result<()> {
    let result = match content {
        Some(content) => {
            place::make_dir(path.parent().context("path without a parent")?)?;
            fs::write(path, content)
        }
        None => fs::remove_file(path).or_else(|error| match error.kind() {
            ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        }),
    };
    result.with_context(|| format!("cannot change {}", path.display()))
}
