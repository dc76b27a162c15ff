// SPDX-License-Identifier: GPL-2.0-only

//! Counterparts: every KUnit test of C Landlock has tests of ours that assert the same of our code,
//! or a reason why it has none.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::check::Verdict;
use crate::check::own_tests::{OwnTests, pattern};
use crate::host::place;
use crate::kernel::Workshop;

/// The list of counterparts.
const LIST: &str = "tools/testing/kunit-counterparts.toml";

/// Folder of C Landlock in a kernel tree.
const LANDLOCK: &str = "security/landlock";

/// Finds the name of a suite. That of the slot begins with the name of the LSM.
const SUITE: &str = r#"struct kunit_suite \w+ = \{\s*\.name = (LANDLOCK_NAME )?"(\w+)""#;

/// Finds the name of a case.
const CASE: &str = r"\bKUNIT_CASE\w*\(\s*(\w+)";

/// What stands beside a case of C.
#[derive(Deserialize)]
#[serde(untagged)]
enum Counterpart {
    /// Tests of ours.
    Tests(Vec<String>),
    /// Why there is none.
    Reason(String),
}

/// The list: for each suite, for each case, its counterpart.
#[derive(Deserialize)]
#[serde(transparent)]
struct Counterparts(BTreeMap<String, BTreeMap<String, Counterpart>>);

/// A case of C, with its suite.
type Case = (String, String);

/// Checks the list against the kernel's tree and against our tests.
pub fn check(workshop: &Workshop) -> Result<Verdict> {
    let repo = &workshop.place.repo;
    let list = repo.join(LIST);
    let text = fs::read_to_string(&list).with_context(|| format!("cannot read {LIST}"))?;
    let counterparts = Counterparts::parse(&text).with_context(|| format!("{LIST} is wrong"))?;
    let cases = cases_of(&workshop.tree().join(LANDLOCK))?;
    let problems = counterparts.problems(&cases, &OwnTests::find(repo)?);
    let remark = format!(
        "{} KUnit tests of C have one, {} a reason",
        counterparts.count(|counterpart| matches!(counterpart, Counterpart::Tests(_))),
        counterparts.count(|counterpart| matches!(counterpart, Counterpart::Reason(_)))
    );
    Ok(Verdict::new(problems, remark))
}

/// Reads the KUnit tests of the C files in `dir`.
fn cases_of(dir: &Path) -> Result<BTreeSet<Case>> {
    let mut cases = BTreeSet::new();
    for path in place::list(dir, ".c")? {
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let found = parse_cases(&text);
        cases.extend(found.with_context(|| format!("{}", path.display()))?);
    }
    ensure!(!cases.is_empty(), "{} has no KUnit test", dir.display());
    Ok(cases)
}

/// Reads the KUnit tests of a C file, which has one suite at most.
fn parse_cases(text: &str) -> Result<Vec<Case>> {
    let (suite, case) = (pattern(SUITE)?, pattern(CASE)?);
    let suites: Vec<String> = suite
        .captures_iter(text)
        .map(|found| {
            let prefix = found.get(1).map_or("", |_| "landlock");
            format!("{prefix}{}", &found[2])
        })
        .collect();
    let cases: Vec<String> = case
        .captures_iter(text)
        .map(|found| found[1].to_owned())
        .collect();
    match &suites[..] {
        [] if cases.is_empty() => Ok(Vec::new()),
        [suite] => Ok(cases
            .into_iter()
            .map(|case| (suite.clone(), case))
            .collect()),
        _ => anyhow::bail!("{} KUnit suites in one file: teach {LIST}", suites.len()),
    }
}

impl Counterparts {
    /// Reads the list: a table per suite, with lines of `case = ["test", ...]` or `case = "reason"`.
    fn parse(text: &str) -> Result<Self> {
        let list: Self = toml::from_str(text)?;
        for (case, counterpart) in list.0.values().flatten() {
            let is_empty = match counterpart {
                Counterpart::Tests(tests) => tests.is_empty(),
                Counterpart::Reason(reason) => reason.trim().is_empty(),
            };
            ensure!(!is_empty, "{case} has neither a test nor a reason");
        }
        Ok(list)
    }

    /// Returns the lines of the list.
    fn lines(&self) -> impl Iterator<Item = (Case, &Counterpart)> {
        self.0.iter().flat_map(|(suite, cases)| {
            let lines = cases.iter();
            lines.map(|(case, counterpart)| ((suite.clone(), case.clone()), counterpart))
        })
    }

    /// Counts the lines that `is_counted` chooses.
    fn count(&self, is_counted: fn(&Counterpart) -> bool) -> usize {
        self.lines()
            .filter(|(_, counterpart)| is_counted(counterpart))
            .count()
    }

    /// Finds what is not listed, and what is listed but is not there.
    fn problems(&self, cases: &BTreeSet<Case>, own: &OwnTests) -> Vec<String> {
        let listed: BTreeSet<Case> = self.lines().map(|(case, _)| case).collect();
        let say = |case: &Case, what: &str| format!("{LIST}: {}.{} {what}", case.0, case.1);
        let mut problems: Vec<String> = cases
            .difference(&listed)
            .map(|case| say(case, "of C is not listed"))
            .collect();
        let gone = listed.difference(cases);
        problems.extend(gone.map(|case| say(case, "is not in C any more")));
        for (case, counterpart) in self.lines() {
            if let Counterpart::Tests(tests) = counterpart {
                let missing = tests.iter().filter(|test| !own.has(test));
                problems.extend(missing.map(|test| say(&case, &format!("names no test: {test}"))));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::own_tests::own_tests;

    const C: &str = "static struct kunit_case test_cases[] = {\n\tKUNIT_CASE(test_a),\n\
                     \tKUNIT_CASE_PARAM(test_b, gen),\n\tKUNIT_CASE_SLOW(\n\t\ttest_c),\n\t{}\n};\n\
                     static struct kunit_suite test_suite = {\n\t.name = \"landlock_x\",\n};\n";

    fn problems(list: &str, own: &[&str]) -> Vec<String> {
        let cases = parse_cases(C).unwrap().into_iter().collect();
        let problems = Counterparts::parse(list)
            .unwrap()
            .problems(&cases, &own_tests(own));
        let shorten = |line: &String| line.replace(&format!("{LIST}: "), "");
        problems.iter().map(shorten).collect()
    }

    #[test]
    fn cases_of_each_kind_are_found() {
        let cases = parse_cases(C).unwrap();
        let expected = ["test_a", "test_b", "test_c"];
        assert!(
            cases
                .iter()
                .map(|(_, case)| case.as_str())
                .eq(expected.into_iter())
        );
        assert!(cases.iter().all(|(suite, _)| suite == "landlock_x"));
        let slot = C.replace("\"landlock_x\"", "LANDLOCK_NAME \"_slot\"");
        assert_eq!(parse_cases(&slot).unwrap()[0].0, "landlock_slot");
        assert!(parse_cases("int x;\n").unwrap().is_empty());
    }

    #[test]
    fn cases_without_a_single_suite_are_refused() {
        assert!(parse_cases("KUNIT_CASE(test_a),\n").is_err());
        assert!(parse_cases(&C.repeat(2)).is_err());
    }

    #[test]
    fn complete_list_is_fine() {
        let list =
            "[landlock_x]\ntest_a = [\"a.x\"]\ntest_b = [\"a.x\", \"b\"]\ntest_c = \"no c\"\n";
        assert!(problems(list, &["a.x", "b"]).is_empty());
    }

    #[test]
    fn contradictions_are_found() {
        let list = "[landlock_x]\ntest_a = [\"a.x\"]\ntest_b = \"no b\"\ntest_d = \"no d\"\n";
        assert_eq!(
            problems(list, &[]),
            [
                "landlock_x.test_c of C is not listed",
                "landlock_x.test_d is not in C any more",
                "landlock_x.test_a names no test: a.x"
            ]
        );
    }

    #[test]
    fn every_line_has_a_test_or_a_reason() {
        assert!(Counterparts::parse("[a]\nb = []\n").is_err());
        assert!(Counterparts::parse("[a]\nb = \" \"\n").is_err());
    }
}
