// SPDX-License-Identifier: GPL-2.0-only

//! Where things lie: the repository, the cache and the folder of results.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rustix::fs::statvfs;

/// The folders that the tool reads and writes.
pub struct Place {
    /// The clone that is built and tested.
    pub repo: PathBuf,
    /// What is derived and kept between runs, for all clones of this user.
    pub cache: PathBuf,
    /// What is left to look at after a run: results and logs.
    pub out: PathBuf,
}

impl Place {
    /// Finds the folders and makes those that are missing.
    pub fn find() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR").context("start this tool with make")?;
        let repo = Path::new(&manifest)
            .parent()
            .context("tools/ has no parent")?;
        let place = Self {
            out: repo.join("out"),
            repo: repo.to_owned(),
            cache: cache_dir()?,
        };
        make_dir(&place.cache)?;
        make_dir(&place.out.join("log"))?;
        Ok(place)
    }

    /// Returns the path of the log called `name`.
    pub fn log(&self, name: &str) -> PathBuf {
        self.out.join("log").join(format!("{name}.log"))
    }

    /// Fails when the cache's disk has less than `gibibytes` left.
    pub fn check_space(&self, gibibytes: u64) -> Result<()> {
        let disk = statvfs(&self.cache).context("cannot look at the cache's disk")?;
        let free = (disk.f_bavail * disk.f_frsize) >> 30;
        ensure!(
            free >= gibibytes,
            "{} has {free} GiB left, {gibibytes} are needed: make room, or set LANDLOCK_RS_CACHE",
            self.cache.display()
        );
        Ok(())
    }
}

/// Returns the cache folder: `LANDLOCK_RS_CACHE`, or `~/.cache/landlock-rs`.
fn cache_dir() -> Result<PathBuf> {
    if let Some(dir) = env::var_os("LANDLOCK_RS_CACHE").filter(|dir| !dir.is_empty()) {
        return std::path::absolute(&dir).with_context(|| format!("bad path {dir:?}"));
    }
    let home = env::var_os("HOME").context("no HOME: set LANDLOCK_RS_CACHE")?;
    Ok(Path::new(&home).join(".cache/landlock-rs"))
}

/// Creates `dir` and its parents.
pub fn make_dir(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))
}

/// Replaces the content of `path`, in one step for readers.
pub fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    let parent = path.parent().context("path without a parent")?;
    make_dir(parent)?;
    let write = || -> Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(parent)?;
        std::io::Write::write_all(&mut file, content.as_ref())?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Returns the files of `dir` whose name ends with `suffix`, sorted.
pub fn list(dir: &Path, suffix: &str) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    paths.retain(|path| path.to_string_lossy().ends_with(suffix));
    paths.sort();
    Ok(paths)
}

/// Returns the last part of `path` as text.
pub fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
