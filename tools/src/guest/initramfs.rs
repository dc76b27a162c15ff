// SPDX-License-Identifier: GPL-2.0-only

//! The guest's root: an archive that the kernel unpacks at boot.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use cpio::newc::{self, Builder};

/// The guest's first program.
const INIT: &str = include_str!("../../guest/init");

/// Folders that programs expect, and that mounts need. Tests look for `/usr` by name. Each suite
/// has one of its own, because programs of two suites have the same name.
const DIRS: &[&str] = &[
    "bin",
    "dev",
    "etc",
    "lib",
    "lib/modules",
    "proc",
    "sys",
    "kselftest",
    "samples",
    "selftests",
    "slot",
    "tmp",
    "usr",
    "with",
];

/// Mode of a file that is a program.
const PROGRAM: u32 = 0o100755;

/// A command that the guest carries out, and the name of its section in the transcript.
#[derive(Clone, Debug)]
pub struct Section {
    /// Name of the section, one word.
    pub name: String,
    /// Working directory.
    pub directory: String,
    /// Shell command.
    pub command: String,
}

impl Section {
    /// Makes a section that runs `command` in the root directory.
    pub fn new(name: &str, command: &str) -> Self {
        Self {
            name: name.to_owned(),
            directory: "/".to_owned(),
            command: command.to_owned(),
        }
    }

    /// Makes a section that runs the test `name` of the guest's folder `folder`, at most for
    /// `limit`.
    pub fn test(folder: &str, name: &str, limit: Duration) -> Self {
        Self {
            name: format!("{folder}/{name}"),
            directory: format!("/{folder}"),
            command: format!("timeout -s KILL {} ./{name}", limit.as_secs()),
        }
    }
}

/// A file, folder or symbolic link of the guest.
#[derive(Clone)]
struct Entry {
    /// Its place in the guest.
    to: String,
    /// Type and permissions, as in `stat(2)`.
    mode: u32,
    /// What a file contains, or where a link leads.
    content: Arc<[u8]>,
}

/// What the guest contains and does.
#[derive(Clone, Default)]
pub struct Root {
    entries: Vec<Entry>,
    /// What the guest carries out.
    pub plan: Vec<Section>,
    /// Greeting of an interactive guest, which gives its user a shell.
    pub greeting: Option<String>,
}

impl Root {
    /// Adds the host's file `from` as `to`, executable, as it is now: when the guest boots, another
    /// run may be rebuilding it.
    pub fn add(&mut self, to: impl Into<String>, from: &Path) -> Result<()> {
        let content = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
        self.add_entry(to, PROGRAM, content);
        Ok(())
    }

    /// Adds an entry as it is; `mode` has its type and permissions as in `stat(2)`.
    pub fn add_entry(&mut self, to: impl Into<String>, mode: u32, content: impl Into<Arc<[u8]>>) {
        self.entries.push(Entry {
            to: to.into(),
            mode,
            content: content.into(),
        });
    }

    /// Returns how many bytes the guest's files have.
    pub fn size(&self) -> usize {
        self.entries.iter().map(|entry| entry.content.len()).sum()
    }

    /// Adds all that `other` contains and does.
    pub fn extend(&mut self, other: &Self) {
        self.entries.extend_from_slice(&other.entries);
        self.plan.extend_from_slice(&other.plan);
    }

    /// Adds each file of `files` to the guest's folder `dir`.
    pub fn add_all(&mut self, dir: &str, files: &[PathBuf]) -> Result<()> {
        let mut files = files.iter();
        files.try_for_each(|file| {
            self.add(format!("{dir}/{}", crate::host::place::name(file)), file)
        })
    }

    /// Writes the archive to `path`.
    pub fn write(&self, path: &Path) -> Result<()> {
        let file =
            File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut archive = Archive {
            out: BufWriter::new(file),
            next: 1,
        };
        for dir in self.dirs() {
            archive.entry(dir, 0o040755, &[])?;
        }
        archive.entry("bin/sh", 0o120777, b"busybox")?;
        archive.entry("init", PROGRAM, INIT.as_bytes())?;
        archive.entry("plan", 0o100644, self.plan_text().as_bytes())?;
        if let Some(greeting) = &self.greeting {
            archive.entry("interactive", 0o100644, &[])?;
            archive.entry("etc/motd", 0o100644, greeting.as_bytes())?;
        }
        for Entry { to, mode, content } in &self.entries {
            archive.entry(to, *mode, content)?;
        }
        let mut out = newc::trailer(archive.out).context("cannot write the initramfs")?;
        out.flush().context("cannot write the initramfs")
    }

    /// Returns the folders of the guest, each after the one that it lies in.
    fn dirs(&self) -> BTreeSet<&str> {
        let mut dirs = BTreeSet::from_iter(DIRS.iter().copied());
        for Entry { to, .. } in &self.entries {
            dirs.extend(to.match_indices('/').map(|(end, _)| &to[..end]));
        }
        dirs
    }

    /// Returns the plan as `/init` reads it.
    fn plan_text(&self) -> String {
        let line = |section: &Section| {
            let Section {
                name,
                directory,
                command,
            } = section;
            format!("{name}|{directory}|{command}\n")
        };
        self.plan.iter().map(line).collect()
    }
}

/// An archive that is being written.
struct Archive {
    out: BufWriter<File>,
    next: u32,
}

impl Archive {
    /// Appends one entry; `mode` has its type as in `stat(2)`.
    fn entry(&mut self, name: &str, mode: u32, content: &[u8]) -> Result<()> {
        let size = u32::try_from(content.len()).context("file too large for an initramfs")?;
        let header = Builder::new(name).ino(self.next).mode(mode).nlink(1);
        self.next += 1;
        let mut entry = header.write(&mut self.out, size);
        let written = entry.write_all(content).and_then(|()| entry.finish());
        written.with_context(|| format!("cannot write {name} to the initramfs"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::slice;

    #[test]
    fn folders_come_before_what_they_contain() {
        let mut root = Root::default();
        root.add_entry("with/a/b", PROGRAM, *b"");
        let dirs: Vec<&str> = root.dirs().into_iter().collect();
        assert_eq!(&dirs[dirs.len() - 2..], ["with", "with/a"]);
    }

    #[test]
    fn archive_has_the_plan_and_the_files_as_they_were_added() {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("fs_test");
        fs::write(&program, "program").unwrap();
        let mut root = Root::default();
        root.add_all("tests", slice::from_ref(&program)).unwrap();
        fs::write(&program, "another program").unwrap();
        root.plan
            .push(Section::test("tests", "fs_test", Duration::from_secs(300)));
        let path = dir.path().join("root.cpio");
        root.write(&path).unwrap();

        let mut reader = newc::Reader::new(File::open(&path).unwrap()).unwrap();
        let mut names = Vec::new();
        let mut last = Vec::new();
        while !reader.entry().is_trailer() {
            last.clear();
            reader.read_to_end(&mut last).unwrap();
            names.push(reader.entry().name().to_owned());
            reader = newc::Reader::new(reader.finish().unwrap()).unwrap();
        }
        assert_eq!(names.last().unwrap(), "tests/fs_test");
        assert_eq!(last, b"program");
        assert_eq!(
            root.plan_text(),
            "tests/fs_test|/tests|timeout -s KILL 300 ./fs_test\n"
        );
    }
}
