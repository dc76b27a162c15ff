// SPDX-License-Identifier: GPL-2.0-only

//! The tests of this project, by the names with which they are printed when they run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use regex::Regex;

use crate::host::files::{self, Source};
use crate::host::place;
use crate::kernel::module_sources;

/// Folder of the policy's tests on the host.
const HOST: &str = "tools/testing/policy/src/tests";

/// Folders of the tests of the system calls.
const SELFTESTS: [&str; 2] = ["tools/testing/selftests/landlock-rs", "tools/testing/slot"];

/// The patch that adds the slot, with its KUnit tests.
const SLOT: &str = "patches/linux-7.3/0003-landlock-Add-a-slot-that-a-module-can-fill.patch";

/// Finds the name of a test of the slot.
const SLOT_TEST: &str = r"(?m)^\+\s*KUNIT_CASE\((\w+)\)";

/// Finds the name of a KUnit suite.
const SUITE: &str = r"kunit_tests\((\w+)\)";

/// Finds the name of a test in Rust, which may have a comment between.
const RUST_TEST: &str = r"#\[test\]\s+(?:///[^\n]*\s+)*fn (\w+)";

/// Finds the name of a test in C, which a fixture may precede.
const C_TEST: &str = r"(?m)^TEST(?:_F|_F_TIMEOUT)?\(\s*(\w+)(?:,\s*(\w+))?";

/// The names of tests:
///
/// - KUnit, also of the slot: `suite.case`
/// - policy, on the host: `tests::file::case`
/// - system calls: `program fixture.case`, or `program case`
pub struct OwnTests(BTreeSet<String>);

impl OwnTests {
    /// Finds all tests of the repository at `repo`.
    pub fn find(repo: &Path) -> Result<Self> {
        let mut names = BTreeSet::new();
        for source in files::read(&repo.join(module_sources::SOURCES), &["rs"])? {
            names.extend(kunit(&source)?);
        }
        for source in files::read(&repo.join(HOST), &["rs"])? {
            names.extend(host(&source)?);
        }
        for folder in SELFTESTS {
            for source in files::read(&repo.join(folder), &["c"])? {
                names.extend(selftests(&source)?);
            }
        }
        let patch = repo.join(SLOT);
        let text = fs::read_to_string(&patch);
        names.extend(slot(
            &text.with_context(|| format!("cannot read {}", patch.display()))?,
        )?);
        Ok(Self(names))
    }

    /// Returns whether there is a test with this name.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

/// Makes tests for a test.
#[cfg(test)]
pub fn own_tests(names: &[&str]) -> OwnTests {
    OwnTests(names.iter().map(|name| (*name).to_owned()).collect())
}

/// Compiles a pattern of this tool.
pub fn pattern(text: &str) -> Result<Regex> {
    Regex::new(text).with_context(|| format!("bad pattern {text}"))
}

/// Returns the names of the tests in Rust in `text`.
fn rust_tests(text: &str) -> Result<Vec<String>> {
    let pattern = pattern(RUST_TEST)?;
    let found = pattern.captures_iter(text);
    Ok(found.map(|test| test[1].to_owned()).collect())
}

/// Returns the stem of a file's name.
fn stem(source: &Source) -> String {
    let name = place::name(&source.path);
    let stem = name.split('.').next();
    stem.unwrap_or_default().to_owned()
}

/// Names the KUnit tests of a file; a suite ends where the next one begins.
fn kunit(source: &Source) -> Result<Vec<String>> {
    let pattern = pattern(SUITE)?;
    let mut names = Vec::new();
    let suites: Vec<_> = pattern.captures_iter(&source.text).collect();
    let starts = suites.iter().filter_map(|suite| suite.get(0));
    let ends = starts.skip(1).map(|next| next.start());
    let ends = ends.chain([source.text.len()]);
    for (suite, end) in suites.iter().zip(ends) {
        let start = suite.get(0).map_or(end, |found| found.end());
        let cases = rust_tests(source.text.get(start..end).unwrap_or_default())?;
        names.extend(cases.iter().map(|case| format!("{}.{case}", &suite[1])));
    }
    Ok(names)
}

/// Names the host tests of a file.
fn host(source: &Source) -> Result<Vec<String>> {
    let module = stem(source);
    let cases = rust_tests(&source.text)?.into_iter();
    Ok(cases
        .map(|case| format!("tests::{module}::{case}"))
        .collect())
}

/// Names the KUnit tests that the patch `text` adds.
fn slot(text: &str) -> Result<Vec<String>> {
    let pattern = pattern(SLOT_TEST)?;
    let found = pattern.captures_iter(text);
    Ok(found
        .map(|test| format!("landlock_slot.{}", &test[1]))
        .collect())
}

/// Names the tests of a program for the system calls.
fn selftests(source: &Source) -> Result<Vec<String>> {
    let program = stem(source);
    let pattern = pattern(C_TEST)?;
    let found = pattern.captures_iter(&source.text);
    let names = found.map(|test| match test.get(2) {
        Some(case) => format!("{program} {}.{}", &test[1], case.as_str()),
        None => format!("{program} {}", &test[1]),
    });
    Ok(names.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::files::source;

    #[test]
    fn kunit_tests_have_their_suite() {
        let text = "fn not_a_test() {}\n#[kernel::prelude::kunit_tests(a)]\nmod tests {\n\
                    #[test]\n    fn x() {}\n    #[test]\n    /// Why.\n    fn y() -> Result {}\n}\n\
                    #[kunit_tests(b)]\nmod more {\n#[test]\nfn z() {}\n}\n";
        assert_eq!(
            kunit(&source("policy/a.rs", text)).unwrap(),
            ["a.x", "a.y", "b.z"]
        );
        let without_suite = "#[test]\nfn x() {}\n";
        assert!(kunit(&source("a.rs", without_suite)).unwrap().is_empty());
    }

    #[test]
    fn tests_of_the_slot_are_in_a_patch() {
        let text = "+static void test_a(struct kunit *const test)\n+\tKUNIT_CASE(test_a),\n \t\
                    KUNIT_CASE(test_of_the_kernel),\n";
        assert_eq!(slot(text).unwrap(), ["landlock_slot.test_a"]);
    }

    #[test]
    fn host_tests_have_their_file() {
        let text = "#[test]\nfn x() {}\nproptest! {\n    #[test]\n    fn y(a in 0..1) {}\n}\n";
        assert_eq!(
            host(&source("refer.rs", text)).unwrap(),
            ["tests::refer::x", "tests::refer::y"]
        );
    }

    #[test]
    fn selftests_have_their_program_and_fixture() {
        let text = "TEST_F(f, x)\n{\n}\nTEST_F_TIMEOUT(f, y, 60)\nTEST(z)\nTEST_HARNESS_MAIN\n";
        assert_eq!(
            selftests(&source("a_test.c", text)).unwrap(),
            ["a_test f.x", "a_test f.y", "a_test z"]
        );
    }
}
