// SPDX-License-Identifier: GPL-2.0-only

//! A new right touches few places: those that "Adding a right" in the guide for contributors lists.
//!
//! The newest rights stand for the next one: no file names them, or repeats how many there are, but
//! those places.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use regex::Regex;

use crate::check::Verdict;
use crate::host::files;
use crate::kernel::Workshop;

/// The most places that a right may touch.
const MOST: usize = 5;

/// The guide, and the title of its section.
const GUIDE: (&str, &str) = ("Documentation/contributing.rst", "Adding a right");

/// Where the rights are defined.
const RIGHTS: &str = "security-landlock-rs/policy/access.rs";

/// Where they get the names of user space.
const NAMES: &str = "security-landlock-rs/ffi/uapi.rs";

/// Folders that are looked through.
const FOLDERS: [&str; 2] = ["security-landlock-rs", "tools/testing"];

/// Endings of files that are looked through.
const ENDINGS: [&str; 5] = ["rs", "c", "h", "py", "toml"];

/// Counts the places of the guide, and compares them with those of the newest rights.
pub fn check(workshop: &Workshop) -> Result<Verdict> {
    let repo = &workshop.place.repo;
    let read = |name: &str| {
        fs::read_to_string(repo.join(name)).with_context(|| format!("cannot read {name}"))
    };
    let places = places(&read(GUIDE.0)?)?;
    let all = places.concat();
    let missing = all.iter().filter(|path| !repo.join(path).exists());
    let mut problems: Vec<String> = missing
        .map(|path| format!("{}: {path} does not exist", GUIDE.0))
        .collect();
    if !(1..=MOST).contains(&places.len()) {
        let found = places.len();
        problems.push(format!("{}: a right touches {found} places", GUIDE.0));
    }
    let traces = traces(&read(RIGHTS)?, &read(NAMES)?)?;
    for folder in FOLDERS {
        for file in files::find(&repo.join(folder), &ENDINGS)? {
            let path = file.strip_prefix(repo)?;
            if !all.iter().any(|place| path.starts_with(place)) {
                problems.extend(found(path, &fs::read_to_string(&file)?, &traces));
            }
        }
    }
    Ok(Verdict::new(
        problems,
        format!("a new right touches {} places", places.len()),
    ))
}

/// Returns the paths that each item of the section's list names.
fn places(guide: &str) -> Result<Vec<Vec<String>>> {
    let section = guide
        .split_once(&format!("\n{}\n", GUIDE.1))
        .context("the guide has no section about a new right")?
        .1;
    let section = Regex::new(r"\n\n[^\n]+\n=+\n")?.split(section).next();
    let item = Regex::new(r"(?m)^\d+\. ")?;
    let path = Regex::new(r"``((?:security-landlock-rs|tools)/[^`]+)``")?;
    let items = item.split(section.unwrap_or_default()).skip(1);
    Ok(items
        .map(|item| {
            path.captures_iter(item)
                .map(|found| found[1].to_owned())
                .collect()
        })
        .collect())
}

/// Returns what gives away a file that knows of the newest rights: their names, and their number.
fn traces(rights: &str, names: &str) -> Result<Vec<Regex>> {
    let mut traces = Vec::new();
    for kind in ["AccessFsRight", "AccessNetRight"] {
        let (name, position) = newest(rights, kind)?;
        let of_user_space = Regex::new(&format!(r"\b{name} => (\w+)"))?;
        let of_user_space = of_user_space.captures(names);
        let of_user_space = of_user_space.context("a right without a name in user space")?;
        let macro_name = &of_user_space[1];
        let short = macro_name.replace("LANDLOCK_ACCESS_FS_", "fs::");
        let short = short.replace("LANDLOCK_ACCESS_NET_", "net::");
        traces.push(Regex::new(&format!(r"\b({name}|{macro_name}|{short})\b"))?);
        // The mask of four rights on ports is that of too many other things.
        if kind == "AccessFsRight" {
            let count = position + 1;
            let mask = (1_u64 << count) - 1;
            traces.push(Regex::new(&format!(
                r"1 << {count}\b|(?i)\b0x0*{mask:x}\b|\b{mask}\b"
            ))?);
        }
    }
    Ok(traces)
}

/// Returns the name and the position of the last right of `kind`.
fn newest(rights: &str, kind: &str) -> Result<(String, u32)> {
    let (_, body) = rights
        .split_once(&format!("enum {kind} {{"))
        .with_context(|| format!("there is no {kind}"))?;
    let body = body.split('}').next().unwrap_or_default();
    let right = Regex::new(r"(\w+) = 1 << (\d+),")?;
    let last = right.captures_iter(body).last();
    let last = last.with_context(|| format!("{kind} has no right"))?;
    Ok((last[1].to_owned(), last[2].parse()?))
}

/// Returns the lines of `text` with one of `traces`.
fn found(path: &Path, text: &str, traces: &[Regex]) -> Vec<String> {
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| traces.iter().any(|trace| trace.is_match(line)))
        .map(|(number, line)| format!("{}:{}: {}", path.display(), number + 1, line.trim()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHTS: &str = "enum AccessFsRight {\n    /// X.\n    Execute = 1 << 0,\n    \
                          Link = 1 << 16,\n}\nenum AccessNetRight {\n    Bind = 1 << 3,\n}\n";
    const NAMES: &str = "Link => LANDLOCK_ACCESS_FS_LINK,\nBind => LANDLOCK_ACCESS_NET_BIND,\n";

    #[test]
    fn the_places_of_the_section_are_counted() {
        let guide = "Tests\n=====\n\n1. ``tools/no``\n\nAdding a right\n=====\n\nIt is\n\n\
                     1. ``tools/a.rs`` or\n   ``security-landlock-rs/b/``.\n2. ``tools/c``, \
                     ``known_fs()``.\n\nMore\n====\n\n1. ``tools/no``\n";
        let expected = [
            vec!["tools/a.rs", "security-landlock-rs/b/"],
            vec!["tools/c"],
        ];
        assert_eq!(places(guide).unwrap(), expected);
        assert!(places("Tests\n=====\n").is_err());
    }

    #[test]
    fn a_file_that_knows_the_newest_rights_is_found() {
        let traces = traces(RIGHTS, NAMES).unwrap();
        for bad in [
            "AccessFsRight::Link",
            "LANDLOCK_ACCESS_FS_LINK << 1",
            "fs::LINK",
            "(1 << 17) - 1",
            "0x1ffff",
            "131071",
            "AccessNetRight::Bind.into()",
        ] {
            assert_eq!(found(Path::new("x.c"), bad, &traces).len(), 1, "{bad}");
        }
        for good in [
            "AccessFsRight::Execute",
            "Linked",
            "1 << 16",
            "1 << 170",
            "0x1fffff",
        ] {
            assert!(found(Path::new("x.c"), good, &traces).is_empty(), "{good}");
        }
    }
}
