// SPDX-License-Identifier: GPL-2.0-only

//! From places in the module to lines of its source.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::commands::coverage::calls::Calls;
use crate::kernel::module_sources::SOURCES;

/// Offsets that were reached, by section.
pub type Reached = BTreeMap<String, BTreeSet<u64>>;

/// Lines with code, by file below the module's sources, and whether each was reached.
pub type Lines = BTreeMap<String, BTreeMap<u32, bool>>;

/// Finds the lines of all `calls` of the module at `path`. A line was reached if one of its places
/// was.
pub fn read(path: &Path, calls: &Calls, reached: &Reached) -> Result<Lines> {
    let mut lines = Lines::new();
    for (section, offsets) in calls {
        let text = look_up(path, section, offsets)?;
        let none = BTreeSet::new();
        collect(&text, reached.get(section).unwrap_or(&none), &mut lines);
    }
    Ok(lines)
}

/// Asks addr2line for the lines of `offsets` in `section`, inlined ones as well.
fn look_up(path: &Path, section: &str, offsets: &BTreeSet<u64>) -> Result<String> {
    let mut child = Command::new("addr2line")
        .args(["--addresses", "--inlines", "--section", section, "--exe"])
        .arg(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start addr2line: install binutils")?;
    // A call returns behind itself: one byte less is still within it.
    let text: String = offsets
        .iter()
        .map(|at| format!("{:#x}\n", at - 1))
        .collect();
    let mut input = child.stdin.take().context("addr2line takes no input")?;
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().context("addr2line died")?;
    let _ = writer.join();
    ensure!(output.status.success(), "addr2line failed on {section}");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Reads what addr2line printed: an offset, then a line for it and for each function that it was
/// inlined into.
fn collect(text: &str, reached: &BTreeSet<u64>, lines: &mut Lines) {
    let mut is_reached = false;
    for line in text.lines() {
        if let Some(offset) = line.strip_prefix("0x") {
            let offset = u64::from_str_radix(offset, 16).unwrap_or_default();
            is_reached = reached.contains(&(offset + 1));
        } else if let Some((file, number)) = source_line(line) {
            let seen = lines.entry(file).or_default().entry(number).or_default();
            *seen |= is_reached;
        }
    }
}

/// Reads a line of addr2line, `path:number`, if it is of the module's Rust code.
fn source_line(line: &str) -> Option<(String, u32)> {
    let (_, below) = line.split_once(&format!("{SOURCES}/"))?;
    let (file, number) = below.split_once(':')?;
    let number = number.split(' ').next()?.parse().ok()?;
    let is_source = file.ends_with(".rs") && file != "bindings_generated.rs" && number > 0;
    is_source.then(|| (file.to_owned(), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_reached_if_one_of_its_places_is() {
        let text = "0x000000000000000f\n/x/security-landlock-rs/walk.rs:7\n\
                    /x/security-landlock-rs/hooks/file.rs:3 (discriminator 2)\n\
                    0x000000000000001f\n/x/security-landlock-rs/walk.rs:7\n\
                    /x/security-landlock-rs/walk.rs:9\n/x/rust/kernel/lib.rs:1\n??:0\n";
        let mut lines = Lines::new();
        collect(text, &BTreeSet::from([0x10]), &mut lines);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines["walk.rs"], BTreeMap::from([(7, true), (9, false)]));
        assert_eq!(lines["hooks/file.rs"], BTreeMap::from([(3, true)]));
    }
}
