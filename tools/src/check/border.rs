// SPDX-License-Identifier: GPL-2.0-only

//! The border around `unsafe`: only `kapi` and `ffi` may cross it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use anyhow::Result;
use regex::Regex;

use crate::check::Verdict;
use crate::host::files::{self, Source};
use crate::kernel::Workshop;
use crate::kernel::module_sources;

/// Modules that may call C.
const INSIDE: [&str; 2] = ["kapi", "ffi"];

/// What every other module begins with.
const PROMISE: &str = "#![forbid(unsafe_code)]";

/// Words that only occur inside.
static DANGER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\bunsafe\b|\bbindings\b").ok());

/// Checks every file of the module, and counts the unsafe blocks.
pub fn check(workshop: &Workshop) -> Result<Verdict> {
    let sources = files::read(&workshop.place.repo.join(module_sources::SOURCES), &["rs"])?;
    let outside = sources.iter().filter(|source| !is_inside(source));
    let problems = outside.flat_map(problems).collect();
    let blocks = count_blocks(&sources);
    let blocks: Vec<String> = blocks
        .iter()
        .map(|(name, n)| format!("{name} {n}"))
        .collect();
    let remark = format!("unsafe blocks: {}", blocks.join(", "));
    Ok(Verdict::new(problems, remark))
}

/// Returns the module that a file belongs to.
fn module_of(source: &Source) -> String {
    let first = source.path.components().next();
    let name = first.map(|part| part.as_os_str().to_string_lossy());
    name.unwrap_or_default().trim_end_matches(".rs").to_owned()
}

/// Returns whether a file may call C.
fn is_inside(source: &Source) -> bool {
    INSIDE.contains(&module_of(source).as_str())
}

/// Finds what is wrong with a file outside.
fn problems(source: &Source) -> Vec<String> {
    let mut problems = Vec::new();
    let is_module_root = source.path.components().count() == 1;
    let is_crate_root = source.path.ends_with("landlock.rs");
    if is_module_root && !is_crate_root && !source.text.contains(PROMISE) {
        problems.push(format!("{}: lacks {PROMISE}", source.path.display()));
    }
    for (number, line) in source.code() {
        let is_dangerous = DANGER.as_ref().is_some_and(|danger| danger.is_match(line));
        if is_dangerous && !line.contains(PROMISE) && !declares_bindings(line) {
            problems.push(format!("{}: {}", source.at(number), line.trim()));
        }
    }
    problems
}

/// Returns whether a line only makes the generated bindings part of the crate.
fn declares_bindings(line: &str) -> bool {
    line.trim_start().starts_with("mod bindings")
}

/// Counts the unsafe blocks of each module.
pub fn count_blocks<'a>(sources: impl IntoIterator<Item = &'a Source>) -> BTreeMap<String, usize> {
    let mut blocks = BTreeMap::new();
    for source in sources {
        let count = source
            .code()
            .map(|(_, line)| line.matches("unsafe {").count())
            .sum::<usize>();
        if count > 0 {
            *blocks.entry(module_of(source)).or_default() += count;
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::files::source;

    #[test]
    fn outside_nothing_is_unsafe() {
        let good = source("walk.rs", "#![forbid(unsafe_code)]\n// unsafe\nfn f() {}\n");
        assert!(problems(&good).is_empty());
        let bad = source("walk.rs", "fn f() {\n    unsafe { g() }\n}\n");
        assert_eq!(
            problems(&bad),
            [
                "walk.rs: lacks #![forbid(unsafe_code)]",
                "walk.rs:2: unsafe { g() }"
            ]
        );
        let raw = source("walk/x.rs", "use kernel::bindings;\n");
        assert_eq!(problems(&raw).len(), 1);
    }

    #[test]
    fn blocks_are_counted_by_module() {
        let sources = [
            source(
                "kapi/a.rs",
                "unsafe { a() };\nunsafe fn b() {}\n// unsafe {\n",
            ),
            source("kapi.rs", "let x = unsafe { b() };\n"),
        ];
        assert_eq!(count_blocks(&sources)["kapi"], 2);
    }
}
