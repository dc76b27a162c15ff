// SPDX-License-Identifier: GPL-2.0-only

//! Results of test programs: TAP as the kselftest harness prints it.

use std::ops::AddAssign;
use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

/// Result line of a case: `ok 3 fixture.variant.name # SKIP reason`.
static CASE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(not )?ok \d+ ?-? ?([^#]*?)\s*(?:# (?i:(skip|todo|xfail))\b ?(.*))?$").ok()
});

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it should.
    Pass,
    /// It did not.
    Fail,
    /// It did not run, for this reason.
    Skip(String),
}

/// One case of a suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Name within the suite.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
}

impl Case {
    /// Reads a result line, or returns nothing for any other line.
    pub fn parse(line: &str) -> Option<Self> {
        let parts = CASE.as_ref()?.captures(line)?;
        let reason = parts.get(4).map_or("", |reason| reason.as_str());
        let outcome = if parts.get(3).is_some() {
            Outcome::Skip(reason.to_owned())
        } else if parts.get(1).is_some() {
            Outcome::Fail
        } else {
            Outcome::Pass
        };
        Some(Self {
            name: parts[2].to_owned(),
            outcome,
        })
    }
}

/// Everything that one test program reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suite {
    /// Number of cases that it announced.
    pub plan: usize,
    /// The cases that it reported, and one failed case if that is not what it announced.
    pub cases: Vec<Case>,
}

impl Suite {
    /// Reads the output of a program that ended with `status` (nothing if it never ended).
    pub fn parse<'a>(lines: impl IntoIterator<Item = &'a str>, status: Option<i32>) -> Self {
        let mut suite = Self::default();
        for line in lines {
            if let Some(plan) = parse_plan(line) {
                suite.plan = plan;
            } else if let Some(case) = Case::parse(line) {
                suite.cases.push(case);
            }
        }
        if let Some(problem) = suite.problem(status) {
            suite.cases.push(Case {
                name: problem,
                outcome: Outcome::Fail,
            });
        }
        suite
    }

    /// Returns in which way the report as a whole is wrong.
    fn problem(&self, status: Option<i32>) -> Option<String> {
        let seen = self.cases.len();
        match status {
            _ if self.plan == 0 => Some("(no test plan)".to_owned()),
            _ if seen != self.plan => Some(format!("({seen} of {} cases reported)", self.plan)),
            None => Some("(never ended)".to_owned()),
            Some(status) if status != 0 && self.count().fail == 0 => {
                Some(format!("(exit status {status})"))
            }
            Some(_) => None,
        }
    }

    /// Counts the outcomes.
    pub fn count(&self) -> Count {
        let mut count = Count::default();
        for case in &self.cases {
            count.add(&case.outcome);
        }
        count
    }

    /// Returns the summary that goes into the JSON file.
    pub fn summary(&self) -> Summary {
        Summary {
            plan: self.plan,
            count: self.count(),
            failed: self.names(|outcome| *outcome == Outcome::Fail),
            skipped: self.names(|outcome| matches!(outcome, Outcome::Skip(_))),
        }
    }

    /// Returns the names of the cases with an outcome like that.
    fn names(&self, filter: impl Fn(&Outcome) -> bool) -> Vec<String> {
        let cases = self.cases.iter().filter(|case| filter(&case.outcome));
        cases.map(|case| case.name.clone()).collect()
    }
}

/// Reads a plan: `1..452`.
fn parse_plan(line: &str) -> Option<usize> {
    line.strip_prefix("1..")?.trim().parse().ok()
}

/// How many cases passed, failed and did not run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Cases that passed.
    pub pass: usize,
    /// Cases that failed.
    pub fail: usize,
    /// Cases that did not run.
    pub skip: usize,
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.pass += other.pass;
        self.fail += other.fail;
        self.skip += other.skip;
    }
}

impl Count {
    /// Counts one more case.
    pub fn add(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Pass => self.pass += 1,
            Outcome::Fail => self.fail += 1,
            Outcome::Skip(_) => self.skip += 1,
        }
    }
}

/// A suite in a file of results.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    plan: usize,
    #[serde(flatten)]
    count: Count,
    failed: Vec<String>,
    skipped: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "TAP version 13
1..4
# Starting 4 tests from 2 test cases.
#  RUN           global.inval ...
#            OK  global.inval
ok 1 global.inval
#      SKIP      this filesystem is not supported (setup)
ok 2 layout3_fs.hostfs.tag_inode_file # SKIP this filesystem is not supported (setup)
# fs_test.c:12:open:Expected 0 (0) == test_open() (13)
not ok 3 layout1.open
ok 4 layout1.exec
# FAILED: 3 / 4 tests passed.
";

    #[test]
    fn harness_output() {
        let suite = Suite::parse(OUTPUT.lines(), Some(1));
        let count = Count {
            pass: 2,
            fail: 1,
            skip: 1,
        };
        assert_eq!((suite.plan, suite.count()), (4, count));
        let summary = suite.summary();
        assert_eq!(summary.failed, ["layout1.open"]);
        assert_eq!(summary.skipped, ["layout3_fs.hostfs.tag_inode_file"]);
    }

    #[test]
    fn a_skip_keeps_its_reason() {
        let case = Case::parse("ok 7 - a.b # SKIP no overlayfs").unwrap();
        assert_eq!(case.name, "a.b");
        assert_eq!(case.outcome, Outcome::Skip("no overlayfs".to_owned()));
    }

    #[test]
    fn what_is_missing_fails() {
        let suite = Suite::parse("1..3\nok 1 a".lines(), Some(0));
        assert_eq!(suite.summary().failed, ["(1 of 3 cases reported)"]);
        let suite = Suite::parse("1..1\nok 1 a".lines(), None);
        assert_eq!(suite.summary().failed, ["(never ended)"]);
        let suite = Suite::parse("Segmentation fault".lines(), Some(139));
        assert_eq!(suite.summary().failed, ["(no test plan)"]);
    }

    #[test]
    fn summary_has_the_agreed_shape() {
        let suite = Suite::parse("1..1\nok 1 a".lines(), Some(0));
        let json = serde_json::to_string(&suite.summary()).unwrap();
        let shape = r#"{"plan":1,"pass":1,"fail":0,"skip":0,"failed":[],"skipped":[]}"#;
        assert_eq!(json, shape);
    }
}
