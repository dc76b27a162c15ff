// SPDX-License-Identifier: GPL-2.0-only

//! What is kept of a kernel that was built: the image, the objects of Landlock, and what it took.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::host::place;

/// Folder of a build with the objects of Landlock.
const LANDLOCK: &str = "security/landlock";

/// What a build took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Time that it took.
    pub seconds: u64,
    /// How many files were made.
    pub files: usize,
    /// What the build folder was built for before; nothing if it was empty.
    pub after: String,
}

impl Record {
    /// Describes a build that made `files` files in `time`, in a folder built for `after`.
    pub fn new(time: Duration, files: usize, after: &str) -> Self {
        Self {
            seconds: time.as_secs(),
            files,
            after: after.to_owned(),
        }
    }
}

/// A kernel in the cache.
pub struct Stored {
    dir: PathBuf,
}

impl Stored {
    /// Describes the kernel in the folder `dir`.
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Returns the path of the image.
    pub fn image(&self) -> PathBuf {
        self.dir.join("bzImage")
    }

    /// Returns whether all of it is there.
    pub fn exists(&self) -> bool {
        self.record().is_ok()
    }

    /// Returns what the build took.
    pub fn record(&self) -> Result<Record> {
        let text = fs::read_to_string(self.dir.join("build.json"))?;
        serde_json::from_str(&text).context("a record in the cache is damaged")
    }

    /// Returns the objects of Landlock.
    pub fn objects(&self) -> Result<Vec<PathBuf>> {
        place::list(&self.dir.join("objects"), ".o")
    }

    /// Keeps what was built in `build`. The record comes last: with it, the kernel exists.
    pub fn keep(&self, build: &Path, record: &Record) -> Result<()> {
        let image = fs::read(build.join("arch/x86/boot/bzImage")).context("no kernel was built")?;
        place::write(&self.image(), image)?;
        for object in built_in(&build.join(LANDLOCK))? {
            let name = place::name(&object);
            let content =
                fs::read(&object).with_context(|| format!("cannot read {}", object.display()))?;
            place::write(&self.dir.join("objects").join(name), content)?;
        }
        let text = serde_json::to_string_pretty(record)? + "\n";
        place::write(&self.dir.join("build.json"), text)
    }
}

/// Returns the objects that the build in `dir` made part of the kernel, with those of folders below,
/// not those that another configuration left.
fn built_in(dir: &Path) -> Result<Vec<PathBuf>> {
    let path = dir.join(".built-in.a.cmd");
    let command =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    // The arguments of printf: relative to the folder, unlike the name of the archive itself.
    let members = command.split(" | ").next().unwrap_or_default();
    let members = members.split_once("printf").map_or("", |(_, rest)| rest);
    let mut objects = Vec::new();
    for word in members.split_whitespace() {
        if word.ends_with(".o") {
            objects.push(dir.join(word));
        } else if let Some(below) = word.strip_suffix("/built-in.a") {
            objects.extend(built_in(&dir.join(below))?);
        }
    }
    Ok(objects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_exists_once_its_record_does() {
        let dir = tempfile::tempdir().unwrap();
        let build = dir.path().join("build");
        let landlock = build.join("security/landlock");
        place::write(&build.join("arch/x86/boot/bzImage"), "image").unwrap();
        place::write(&landlock.join("slot.o"), "object").unwrap();
        place::write(&landlock.join("stale.o"), "object").unwrap();
        place::write(&landlock.join("rs/shim/main.o"), "object").unwrap();
        let command = |folder: &str, members: &str| {
            let line = format!("cmd_x := rm x; printf \"%s \" {members} | xargs ar x/built-in.a\n");
            place::write(&landlock.join(folder).join(".built-in.a.cmd"), line).unwrap();
        };
        command("", "slot.o rs/built-in.a");
        command("rs", "shim/main.o");

        let stored = Stored::new(dir.path().join("stored"));
        assert!(!stored.exists());
        let record = Record::new(Duration::from_secs(40), 25, "c");
        stored.keep(&build, &record).unwrap();
        assert!(stored.exists());
        assert_eq!(stored.record().unwrap(), record);
        let objects = stored.objects().unwrap();
        let names: Vec<_> = objects.iter().map(|object| place::name(object)).collect();
        assert_eq!(names, ["main.o", "slot.o"]);
    }
}
