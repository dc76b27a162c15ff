// SPDX-License-Identifier: GPL-2.0-only

//! The code of both implementations: how much there is, how it is cut, what becomes of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use object::{Object, ObjectSection, ObjectSymbol, SectionKind};
use serde::{Deserialize, Serialize};

use crate::check::border::count_blocks;
use crate::check::sizes::{MAX_FUNCTION, functions_over};
use crate::host::files::{self, Source};
use crate::host::place;
use crate::host::process::capture;
use crate::kernel::module_sources::SOURCES;
use crate::kernel::{Impl, Workshop};

/// Folder of the C implementation in the kernel's tree.
const C_SOURCES: &str = "security/landlock";

/// The file of that folder that belongs to neither: both have their hooks in place at boot.
const SLOT: &str = "slot.c";

/// Parts of the names of what is there for KUnit tests only.
const TEST_NAMES: [&str; 4] = ["test", "kunit", "__initcall", "__UNIQUE_ID"];

/// Figures of one implementation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Lines with code, by language; tests within the sources count.
    pub lines: BTreeMap<String, usize>,
    /// Lines of comments.
    pub comments: usize,
    /// Functions with more than sixty lines, as `file:line`.
    pub long_functions: Vec<String>,
    /// Blocks of unsafe code, by folder. All of C is unsafe: then there is no figure.
    pub unsafe_blocks: Option<BTreeMap<String, usize>>,
    /// Bytes in the memory of a kernel, without those of tests.
    pub size: Size,
}

/// Bytes of functions and of static data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Functions.
    pub text: u64,
    /// Data that is only read.
    pub rodata: u64,
    /// Data that is written, or zero at the start.
    pub data: u64,
}

/// Measures the C implementation.
pub fn of_c(workshop: &Workshop) -> Result<Code> {
    let dir = workshop.tree().join(C_SOURCES);
    let mut sources = files::read(&dir, &["c", "h"])?;
    sources.retain(|source| source.path != Path::new(SLOT));
    // What the patch series builds in from Rust lies in a folder below.
    sources.retain(|source| source.path.components().count() == 1);
    let paths = sources.iter().map(|source| dir.join(&source.path));
    let objects = workshop.stored(Impl::C)?.objects()?;
    measure(&paths.collect::<Vec<_>>(), &sources, &objects)
}

/// Measures the module; `objects` are what it was built to.
pub fn of_rust(workshop: &Workshop, objects: &[PathBuf]) -> Result<Code> {
    let dir = workshop.place.repo.join(SOURCES);
    let sources = files::read(&dir, &["rs", "c", "h"])?;
    let paths: Vec<PathBuf> = sources
        .iter()
        .map(|source| dir.join(&source.path))
        .collect();
    let is_rust = |source: &&Source| source.path.extension() == Some("rs".as_ref());
    let blocks = count_blocks(sources.iter().filter(is_rust));
    Ok(Code {
        unsafe_blocks: Some(blocks),
        ..measure(&paths, &sources, objects)?
    })
}

/// Measures `sources`, which lie at `paths`, and `objects`.
fn measure(paths: &[PathBuf], sources: &[Source], objects: &[PathBuf]) -> Result<Code> {
    let (lines, comments) = count_lines(paths)?;
    let long = sources.iter().flat_map(|source| {
        let functions = functions_over(MAX_FUNCTION, source).into_iter();
        functions.map(|(line, length)| format!("{} ({length} lines)", source.at(line)))
    });
    Ok(Code {
        lines,
        comments,
        long_functions: long.collect(),
        unsafe_blocks: None,
        size: size_of(objects)?,
    })
}

/// What cloc says of one language.
#[derive(Deserialize)]
struct Language {
    comment: usize,
    code: usize,
}

/// Counts lines of code by language, and lines of comments.
fn count_lines(paths: &[PathBuf]) -> Result<(BTreeMap<String, usize>, usize)> {
    let text = capture(Command::new("cloc").args(["--json", "--quiet"]).args(paths))?;
    parse_lines(&text)
}

/// Reads what cloc prints.
fn parse_lines(text: &str) -> Result<(BTreeMap<String, usize>, usize)> {
    let all: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(text).context("cloc printed no JSON")?;
    let mut lines = BTreeMap::new();
    let mut comments = 0;
    for (name, value) in all {
        if name == "header" || name == "SUM" {
            continue;
        }
        let language: Language = serde_json::from_value(value).context("cloc has changed")?;
        lines.insert(name, language.code);
        comments += language.comment;
    }
    Ok((lines, comments))
}

/// Adds up the functions and the data of `objects`, but for tests.
///
/// What has a symbol counts, so that neither string literals nor padding do.
fn size_of(objects: &[PathBuf]) -> Result<Size> {
    let mut size = Size::default();
    for path in objects {
        let content = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let file = object::File::parse(&*content)
            .with_context(|| format!("{} is no object", place::name(path)))?;
        for symbol in file.symbols() {
            let name = symbol.name().unwrap_or_default();
            let section = symbol.section_index();
            let section = section.and_then(|index| file.section_by_index(index).ok());
            if let Some(section) = section.filter(|_| !is_test(name)) {
                size.add(section.kind(), symbol.size());
            }
        }
    }
    Ok(size)
}

/// Returns whether a symbol is there for tests only.
fn is_test(symbol: &str) -> bool {
    TEST_NAMES.iter().any(|part| symbol.contains(part))
}

impl Size {
    /// Takes in something of `bytes` bytes in a section of the kind `kind`.
    fn add(&mut self, kind: SectionKind, bytes: u64) {
        match kind {
            SectionKind::Text => self.text += bytes,
            SectionKind::ReadOnlyData | SectionKind::ReadOnlyString => self.rodata += bytes,
            SectionKind::Data | SectionKind::UninitializedData => self.data += bytes,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_by_language() {
        let text = r#"{"header": {"n_files": 2},
            "Rust": {"nFiles": 1, "blank": 1, "comment": 3, "code": 10},
            "C": {"nFiles": 1, "blank": 1, "comment": 4, "code": 5},
            "SUM": {"nFiles": 2, "blank": 2, "comment": 7, "code": 15}}"#;
        let (lines, comments) = parse_lines(text).unwrap();
        assert_eq!(comments, 7);
        assert_eq!(lines, [("C".to_owned(), 5), ("Rust".to_owned(), 10)].into());
        assert!(parse_lines("nothing").is_err());
    }

    #[test]
    fn this_program_has_functions_and_data() {
        let this = std::env::current_exe().unwrap();
        let size = size_of(&[this]).unwrap();
        assert!(size.text > 0 && size.rodata > 0);
        assert!(size_of(&[PathBuf::from("/etc/passwd")]).is_err());
    }

    #[test]
    fn tests_do_not_count() {
        assert!(is_test("_RNvNtNtCs_8landlock6policy5rule5tests"));
        assert!(is_test("test_get_layer_deny_mask"));
        assert!(!is_test("hook_path_mkdir"));
    }
}
