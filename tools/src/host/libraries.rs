// SPDX-License-Identifier: GPL-2.0-only

//! The shared libraries that a program needs, as the C library's `ldd` finds them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// First bytes of a program or library.
const ELF: &[u8; 4] = b"\x7fELF";

/// What a program needs.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Libraries {
    /// Libraries, and what loads them.
    pub found: Vec<PathBuf>,
    /// Names of libraries that this machine does not have.
    pub missing: Vec<String>,
}

/// Finds what the file `path` needs: nothing, unless it is a program or library that loads others.
pub fn of(path: &Path) -> Result<Libraries> {
    if !is_elf(path)? {
        return Ok(Libraries::default());
    }
    // It fails for a static program, which needs nothing.
    let output = Command::new("ldd").arg(path).env("LC_ALL", "C").output();
    let output = output.context("ldd is not installed")?;
    Ok(parse(&String::from_utf8_lossy(&output.stdout)))
}

/// As [`of`], for a program of another Debian, which lies below `root`.
pub fn of_other(root: &Path, path: &Path) -> Result<Libraries> {
    if !is_elf(path)? {
        return Ok(Libraries::default());
    }
    let mut loader = Command::new(root.join("usr/lib64/ld-linux-x86-64.so.2"));
    loader
        .arg("--library-path")
        .arg(root.join("usr/lib/x86_64-linux-gnu"))
        .arg("--list")
        .arg(path);
    // It fails for a static program as well.
    let output = loader.output().context("its loader cannot be started")?;
    Ok(parse(&String::from_utf8_lossy(&output.stdout)))
}

/// Returns whether the file at `path` is a program or library.
fn is_elf(path: &Path) -> Result<bool> {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(4).read_to_end(&mut start));
    read.with_context(|| format!("cannot read {}", path.display()))?;
    Ok(start == ELF)
}

/// Reads lines of `ldd`: `name => path (address)`, `name => not found`, or `path (address)`.
fn parse(text: &str) -> Libraries {
    let mut libraries = Libraries::default();
    for line in text.lines() {
        let (name, place) = line.trim().split_once(" => ").unwrap_or(("", line.trim()));
        if place == "not found" {
            libraries.missing.push(name.to_owned());
        } else if let (true, Some((path, _))) = (place.starts_with('/'), place.split_once(" (")) {
            libraries.found.push(PathBuf::from(path));
        }
    }
    libraries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_ldd() {
        let text = "\tlinux-vdso.so.1 (0x00007ffc)\n\
                    \tlibx.so.1 => not found\n\
                    \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f1c)\n\
                    \t/lib64/ld-linux-x86-64.so.2 (0x00007f1d)\n";
        let libraries = parse(text);
        let found = [
            "/lib/x86_64-linux-gnu/libc.so.6",
            "/lib64/ld-linux-x86-64.so.2",
        ];
        assert_eq!(libraries.found, found.map(PathBuf::from));
        assert_eq!(libraries.missing, ["libx.so.1"]);
        assert_eq!(parse("\tnot a dynamic executable\n"), Libraries::default());
        assert_eq!(parse("\tstatically linked\n"), Libraries::default());
    }

    #[test]
    fn a_file_that_is_no_program_needs_nothing() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(of(file.path()).unwrap(), Libraries::default());
        assert!(of(Path::new("/nonexistent")).is_err());
    }
}
