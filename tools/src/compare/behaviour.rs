// SPDX-License-Identifier: GPL-2.0-only

//! Verdicts of two implementations on the same suites, case by case.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::results::suites::Suites;
use crate::results::tap::{Outcome, Suite};

/// A case that does not come out the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Difference {
    /// Suite and case.
    pub case: String,
    /// What became of it with C Landlock.
    pub c: String,
    /// What became of it with the other implementation.
    pub other: String,
    /// Why that is so, if it is known.
    pub reason: Option<String>,
}

/// Verdicts of C Landlock and of another implementation on one set of suites.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// The set of suites.
    pub suites: String,
    /// The other implementation.
    pub other: String,
    /// How many cases came out the same.
    pub same: usize,
    /// How many of these did not run, with either.
    pub skipped: usize,
    /// Cases that came out differently, against all expectation.
    pub different: Vec<Difference>,
    /// Cases that came out differently, as they must.
    pub known: Vec<Difference>,
}

/// For each suite, for each case, why it may come out differently.
type Cases = BTreeMap<String, BTreeMap<String, String>>;

/// Cases that may come out differently.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deviations {
    /// Cases that fail with C.
    #[serde(default)]
    fails: Cases,
    /// Cases that would hang the machine with C, and are not run there.
    #[serde(default)]
    hangs: Cases,
    /// Cases that skip themselves by chance, with either implementation.
    #[serde(default)]
    chance: Cases,
}

/// Why a case may come out differently.
#[derive(Clone, Copy)]
enum Excuse<'a> {
    /// It must not pass with C, and must with another implementation.
    Always(&'a String),
    /// Either implementation may skip it.
    Chance(&'a String),
}

impl Deviations {
    /// Reads the list from a file.
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let list: Self =
            toml::from_str(&text).with_context(|| format!("{} is wrong", path.display()))?;
        let lists = [&list.fails, &list.hangs, &list.chance].into_iter();
        for (case, reason) in lists.flat_map(BTreeMap::values).flatten() {
            ensure!(!reason.trim().is_empty(), "{case} has no reason");
        }
        Ok(list)
    }

    /// Returns the arguments that make the test program `suite` leave out what would hang.
    pub fn arguments(&self, suite: &str) -> String {
        let hangs = self.hangs.get(suite).into_iter().flat_map(BTreeMap::keys);
        hangs
            .filter_map(|case| case.rsplit('.').next())
            .map(|test| format!(" -T {test}"))
            .collect()
    }

    /// Returns why a case may be different with C.
    fn excuse<'a>(&'a self, suite: &str, case: &str) -> Option<Excuse<'a>> {
        let find = |cases: &'a Cases| cases.get(suite)?.get(case);
        let always = find(&self.fails).or_else(|| find(&self.hangs));
        let always = always.map(Excuse::Always);
        always.or_else(|| find(&self.chance).map(Excuse::Chance))
    }
}

/// Compares the suites of C with those of the implementation `other`.
pub fn compare(c: &Suites, other: &Suites, deviations: &Deviations) -> Comparison {
    let mut comparison = Comparison::default();
    let names: BTreeSet<&String> = c.keys().chain(other.keys()).collect();
    for name in names {
        let (c, other) = (outcomes(c.get(name)), outcomes(other.get(name)));
        let cases: BTreeSet<&String> = c.keys().chain(other.keys()).collect();
        for case in cases {
            let excuse = deviations.excuse(name, case);
            let verdicts = (c.get(case), other.get(case));
            comparison.add(&format!("{name} {case}"), verdicts, excuse);
        }
    }
    comparison
}

/// Writes a line for each difference in the lists that `pick` takes: implementations for which it is
/// the same share a line.
pub fn lines(comparisons: &[Comparison], pick: fn(&Comparison) -> &[Difference]) -> Vec<String> {
    let mut lines: BTreeMap<&Difference, Vec<&str>> = BTreeMap::new();
    for found in comparisons {
        for difference in pick(found) {
            lines.entry(difference).or_default().push(&found.other);
        }
    }
    let line = |(difference, others): (&Difference, Vec<&str>)| {
        let Difference { case, c, other, .. } = difference;
        let reason = difference.reason.iter().map(|reason| format!(". {reason}"));
        let others = others.join(" and ");
        format!(
            "{case}: {c} with c, {other} with {others}{}",
            reason.collect::<String>()
        )
    };
    lines.into_iter().map(line).collect()
}

/// Returns what became of each case of a suite.
fn outcomes(suite: Option<&Suite>) -> BTreeMap<String, Outcome> {
    let cases = suite.into_iter().flat_map(|suite| &suite.cases);
    cases
        .map(|case| (case.name.clone(), case.outcome.clone()))
        .collect()
}

/// Returns the word for an outcome.
fn word(outcome: Option<&Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Pass) => "pass",
        Some(Outcome::Fail) => "fail",
        Some(Outcome::Skip(_)) => "skip",
        None => "not run",
    }
}

impl Comparison {
    /// Takes in one case. One that must differ but does not is a difference as well.
    fn add(
        &mut self,
        case: &str,
        (c, other): (Option<&Outcome>, Option<&Outcome>),
        excuse: Option<Excuse>,
    ) {
        let (c, other) = (word(c), word(other));
        let difference = |reason: Option<&String>| Difference {
            case: case.to_owned(),
            c: c.to_owned(),
            other: other.to_owned(),
            reason: reason.cloned(),
        };
        match (c == other, excuse) {
            (true, None | Some(Excuse::Chance(_))) => {
                self.same += 1;
                self.skipped += usize::from(c == "skip");
            }
            (false, Some(Excuse::Always(reason))) if other == "pass" => {
                self.known.push(difference(Some(reason)));
            }
            (false, Some(Excuse::Chance(reason)))
                if matches!((c, other), ("pass", "skip") | ("skip", "pass")) =>
            {
                self.known.push(difference(Some(reason)));
            }
            _ => self.different.push(difference(None)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes one suite, called `a_test`.
    fn suites(output: &str) -> Suites {
        let suite = Suite::parse(output.lines(), Some(0));
        Suites::from([("a_test".to_owned(), suite)])
    }

    /// Makes a list with one case that hangs, and one that skips itself now and then.
    fn list() -> Deviations {
        let text = "[hangs.a_test]\n\"f.hang\" = \"livelock\"\n[chance.a_test]\n\"f.a\" = \"race\"";
        toml::from_str(text).unwrap()
    }

    #[test]
    fn equal_verdicts_are_counted() {
        let both = suites("1..2\nok 1 f.a\nok 2 f.b # SKIP no\n");
        let found = compare(&both, &both, &Deviations::default());
        assert_eq!((found.same, found.skipped), (2, 1));
        assert!(found.different.is_empty());
    }

    #[test]
    fn another_verdict_is_a_difference() {
        let c = suites("1..2\nok 1 f.a\nok 2 f.b\n");
        let rust = suites("1..2\nok 1 f.a\nnot ok 2 f.b\n");
        let found = compare(&c, &rust, &Deviations::default());
        assert_eq!(found.same, 1);
        assert_eq!(found.different[0].case, "a_test f.b");
        assert_eq!(found.different[0].other, "fail");
    }

    #[test]
    fn differences_are_written_in_full() {
        let different = Difference {
            case: "a_test f.b".to_owned(),
            c: "pass".to_owned(),
            other: "fail".to_owned(),
            reason: None,
        };
        let found = ["rust", "builtin"].map(|other| Comparison {
            other: other.to_owned(),
            different: vec![different.clone()],
            ..Comparison::default()
        });
        let lines = lines(&found, |found| &found.different);
        assert_eq!(
            lines,
            ["a_test f.b: pass with c, fail with rust and builtin"]
        );
    }

    #[test]
    fn what_is_listed_must_differ() {
        let c = suites("1..1\nok 1 f.a\n");
        let rust = suites("1..2\nok 1 f.a\nok 2 f.hang\n");
        let found = compare(&c, &rust, &list());
        assert_eq!((found.known.len(), found.different.len()), (1, 0));
        let found = compare(&rust, &rust, &list());
        assert_eq!((found.known.len(), found.different.len()), (0, 1));
    }

    #[test]
    fn who_skips_by_chance_may_differ_but_not_fail() {
        let [pass, skip, fail] = ["ok 1 f.a\n", "ok 1 f.a # SKIP no\n", "not ok 1 f.a\n"]
            .map(|line| suites(&format!("1..1\n{line}")));
        let count = |c, other| {
            let found = compare(c, other, &list());
            // The case that hangs did not run.
            (found.same, found.known.len(), found.different.len())
        };
        assert_eq!(count(&pass, &skip), (0, 1, 0));
        assert_eq!(count(&skip, &pass), (0, 1, 0));
        assert_eq!(count(&skip, &skip), (1, 0, 0));
        assert_eq!(count(&pass, &fail), (0, 0, 1));
        assert_eq!(count(&skip, &fail), (0, 0, 1));
    }

    #[test]
    fn what_hangs_is_left_out() {
        assert_eq!(list().arguments("a_test"), " -T hang");
        assert_eq!(list().arguments("b_test"), "");
    }
}
