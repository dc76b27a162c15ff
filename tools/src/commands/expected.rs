// SPDX-License-Identifier: GPL-2.0-only

//! Cases of the kernel's suite that fail because they need a later ABI.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::results::suites::Suites;
use crate::results::tap::{Count, Outcome};

/// What the file begins with.
const HEAD: &str = "# SPDX-License-Identifier: GPL-2.0-only
#
# Cases of the kernel's Landlock tests that fail with landlock-rs, and why.
# One that passes although listed, or fails although not listed, fails make test,
# which writes the list that would fit to out/expected-failures.toml.
";

/// The list: for each suite, for each case, why it fails.
pub struct Expected(BTreeMap<String, BTreeMap<String, String>>);

/// What a comparison with the list found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Cases by what they did: as listed counts as skipped.
    pub count: Count,
    /// How many cases failed as listed.
    pub as_listed: usize,
    /// What does not fit: list and results contradict each other.
    pub problems: Vec<String>,
}

impl Expected {
    /// Reads the list from a file.
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} is wrong", path.display()))
    }

    /// Reads the list: a table per suite, with lines of `"case" = "reason"`.
    fn parse(text: &str) -> Result<Self> {
        let list: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(text)?;
        for (case, reason) in list.values().flatten() {
            ensure!(!reason.trim().is_empty(), "{case} has no reason");
        }
        Ok(Self(list))
    }

    /// Compares what happened with the list.
    pub fn compare(&self, suites: &Suites) -> Comparison {
        let mut comparison = Comparison::default();
        for (name, suite) in suites {
            for case in &suite.cases {
                comparison.add(
                    name,
                    &case.name,
                    &case.outcome,
                    self.lists(name, &case.name),
                );
            }
        }
        for (suite, case) in self.unknown(suites) {
            let problem = format!("{suite} {case}: listed, but there is no such case");
            comparison.fail(problem);
        }
        comparison
    }

    /// Returns the list that would fit `suites`; what is new on it has no reason yet.
    pub fn fitting(&self, suites: &Suites) -> String {
        let mut text = String::from(HEAD);
        for (name, suite) in suites {
            let failed = suite
                .cases
                .iter()
                .filter(|case| case.outcome == Outcome::Fail);
            let known = self.0.get(name);
            let lines: Vec<String> = failed
                .map(|case| {
                    let reason = known.and_then(|cases| cases.get(&case.name));
                    format!(
                        "{:?} = {:?}\n",
                        case.name,
                        reason.map_or("", String::as_str)
                    )
                })
                .collect();
            if !lines.is_empty() {
                text += &format!("\n[{name}]\n{}", lines.concat());
            }
        }
        text
    }

    /// Returns whether a case is listed.
    fn lists(&self, suite: &str, case: &str) -> bool {
        self.0
            .get(suite)
            .is_some_and(|cases| cases.contains_key(case))
    }

    /// Returns the listed cases that did not occur.
    fn unknown<'a>(&'a self, suites: &'a Suites) -> impl Iterator<Item = (&'a str, &'a str)> {
        let listed = self.0.iter().flat_map(|(suite, cases)| {
            cases
                .keys()
                .map(move |case| (suite.as_str(), case.as_str()))
        });
        listed.filter(|(suite, case)| {
            let mut cases = suites
                .get(*suite)
                .into_iter()
                .flat_map(|suite| &suite.cases);
            !cases.any(|known| known.name == *case)
        })
    }
}

impl Comparison {
    /// Takes in one case.
    fn add(&mut self, suite: &str, case: &str, outcome: &Outcome, is_listed: bool) {
        match (outcome, is_listed) {
            (Outcome::Fail, true) => {
                self.as_listed += 1;
                self.count.skip += 1;
            }
            (Outcome::Fail, false) => self.fail(format!("{suite} {case}: failed")),
            (Outcome::Pass, true) => {
                self.fail(format!("{suite} {case}: passed, but is listed as failing"));
            }
            (Outcome::Pass | Outcome::Skip(_), _) => self.count.add(outcome),
        }
    }

    /// Takes in a contradiction.
    fn fail(&mut self, problem: String) {
        self.count.fail += 1;
        self.problems.push(problem);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tap::Suite;

    const LIST: &str = "[net_test]\n\"ipv4.bind\" = \"needs ABI 4\"\n";

    fn compare(list: &str, output: &str) -> Comparison {
        let suite = Suite::parse(output.lines(), Some(0));
        let suites = Suites::from([("net_test".to_owned(), suite)]);
        Expected::parse(list).unwrap().compare(&suites)
    }

    #[test]
    fn failing_as_listed_is_fine() {
        let found = compare(LIST, "1..2\nnot ok 1 ipv4.bind\nok 2 a\n");
        assert_eq!(
            (found.count.pass, found.count.fail, found.as_listed),
            (1, 0, 1)
        );
    }

    #[test]
    fn contradictions_fail() {
        let found = compare(LIST, "1..1\nok 1 ipv4.bind\n");
        assert_eq!(
            found.problems,
            ["net_test ipv4.bind: passed, but is listed as failing"]
        );
        let found = compare("", "1..1\nnot ok 1 ipv4.bind\n");
        assert_eq!(found.problems, ["net_test ipv4.bind: failed"]);
        let found = compare(LIST, "1..1\nok 1 a\n");
        assert_eq!(
            found.problems,
            ["net_test ipv4.bind: listed, but there is no such case"]
        );
    }

    #[test]
    fn a_listed_skip_stays_a_skip() {
        let found = compare(LIST, "1..1\nok 1 ipv4.bind # SKIP no network\n");
        assert_eq!(
            (found.count.skip, found.count.fail, found.as_listed),
            (1, 0, 0)
        );
    }

    #[test]
    fn the_fitting_list_keeps_reasons() {
        let suite = Suite::parse("1..2\nnot ok 1 ipv4.bind\nnot ok 2 b\n".lines(), Some(1));
        let suites = Suites::from([("net_test".to_owned(), suite)]);
        let text = Expected::parse(LIST).unwrap().fitting(&suites);
        assert!(text.ends_with("[net_test]\n\"ipv4.bind\" = \"needs ABI 4\"\n\"b\" = \"\"\n"));
    }

    #[test]
    fn every_line_has_a_reason() {
        assert!(Expected::parse("[net_test]\n\"a\" = \" \"\n").is_err());
    }
}
