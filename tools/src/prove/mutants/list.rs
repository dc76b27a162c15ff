// SPDX-License-Identifier: GPL-2.0-only

//! The list of mutants that no test notices, and of weakened tests.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::trial::{COPIED, Ended};

/// A test that is weakened, so that it overlooks a mutant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weakened {
    /// The mutant, as `policy/a.rs: what is changed`.
    pub mutant: String,
    /// The test's file, below that of the crate.
    pub file: String,
    /// What this file has once.
    pub from: String,
    /// What is put in its place.
    pub to: String,
    /// What the test does not look at any more.
    pub why: String,
}

/// The file of the list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// For each file, for each mutant that survives, why it must.
    survives: BTreeMap<String, BTreeMap<String, String>>,
    /// Weakened tests.
    pub weakened: Vec<Weakened>,
}

/// All mutants by what lists call them: as the tool does, without a line and a column, and with a
/// number for the second one of that name. The values are the tool's names.
pub struct Mutants(BTreeMap<String, String>);

impl Mutants {
    /// Reads the tool's names, which are in the order of the source.
    pub fn new(names: &[String]) -> Self {
        let mut mutants = BTreeMap::new();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for name in names {
            let short = shorten(name);
            let times = seen.entry(short.clone()).or_default();
            *times += 1;
            let title = match times {
                1 => short,
                _ => format!("{short} ({times})"),
            };
            mutants.insert(title, name.clone());
        }
        Self(mutants)
    }

    /// Returns the tool's name of a mutant.
    pub fn name(&self, title: &str) -> Result<&str> {
        let name = self.0.get(title).map(String::as_str);
        name.with_context(|| format!("there is no such mutant: {title}"))
    }

    /// Returns the mutants of `names`.
    fn titles(&self, names: &BTreeSet<String>) -> BTreeSet<&str> {
        let titles = self.0.iter().filter(|(_, name)| names.contains(*name));
        titles.map(|(title, _)| title.as_str()).collect()
    }
}

/// Removes line and column: `landlock/src/policy/a.rs:1:2: change` becomes `policy/a.rs: change`.
fn shorten(name: &str) -> String {
    let (place, change) = name.split_once(": ").unwrap_or((name, ""));
    let file = place.split(':').next().unwrap_or_default();
    let file = file.strip_prefix(COPIED).unwrap_or(file);
    format!("{}: {change}", file.trim_start_matches('/'))
}

impl List {
    /// Reads the list.
    pub fn read(path: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} is wrong", path.display()))
    }

    /// Reads the text of the list.
    fn parse(text: &str) -> Result<Self> {
        let list: Self = toml::from_str(text)?;
        for (mutant, reason) in list.survives.values().flatten() {
            ensure!(!reason.trim().is_empty(), "{mutant} has no reason");
        }
        ensure!(!list.weakened.is_empty(), "no test is weakened");
        Ok(list)
    }

    /// Compares how mutants ended with the list: returns what does not fit, line by line.
    pub fn compare(&self, mutants: &Mutants, ended: &Ended) -> Vec<String> {
        let listed = self.survives.iter().flat_map(|(file, changes)| {
            changes
                .keys()
                .map(move |change| format!("{file}: {change}"))
        });
        let listed: BTreeSet<String> = listed.collect();
        let missed = mutants.titles(&ended.missed);
        let noticed = mutants.titles(&ended.noticed);
        let unviable = mutants.titles(&ended.unviable);
        let mut problems = Vec::new();
        for title in &missed {
            if !listed.contains(*title) {
                problems.push(format!("{title}: no test notices it"));
            }
        }
        for title in &listed {
            if !mutants.0.contains_key(title) {
                problems.push(format!("{title}: listed, but there is no such mutant"));
            } else if noticed.contains(title.as_str()) {
                problems.push(format!("{title}: listed, but a test notices it"));
            } else if unviable.contains(title.as_str()) {
                problems.push(format!("{title}: listed, but it does not compile"));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "[survives.\"policy/a.rs\"]\n\"replace | with ^ in f (2)\" = \"disjoint\"\n\
        [[weakened]]\nmutant = \"x\"\nfile = \"x\"\nfrom = \"x\"\nto = \"y\"\nwhy = \"z\"\n";

    const NAMES: [&str; 3] = [
        "landlock/src/policy/a.rs:1:5: replace | with ^ in f",
        "landlock/src/policy/a.rs:2:5: replace | with ^ in f",
        "landlock/src/policy/a.rs:9:1: replace g -> bool with true",
    ];

    /// Compares the list with a trial in which these mutants were missed, and others noticed.
    fn compare(list: &str, missed: &[usize]) -> Vec<String> {
        let names = NAMES.map(str::to_owned);
        let mut ended = Ended::default();
        for (index, name) in names.iter().enumerate() {
            if missed.contains(&index) {
                ended.missed.insert(name.clone());
            } else {
                ended.noticed.insert(name.clone());
            }
        }
        List::parse(list)
            .unwrap()
            .compare(&Mutants::new(&names), &ended)
    }

    #[test]
    fn surviving_as_listed_is_fine() {
        assert!(compare(LIST, &[1]).is_empty());
    }

    #[test]
    fn contradictions_are_problems() {
        assert_eq!(
            compare(LIST, &[0, 1]),
            ["policy/a.rs: replace | with ^ in f: no test notices it"]
        );
        assert_eq!(
            compare(LIST, &[]),
            ["policy/a.rs: replace | with ^ in f (2): listed, but a test notices it"]
        );
        assert_eq!(
            compare(&LIST.replace("(2)", "(3)"), &[]),
            ["policy/a.rs: replace | with ^ in f (3): listed, but there is no such mutant"]
        );
    }

    #[test]
    fn what_was_not_tried_is_not_judged() {
        let names = NAMES.map(str::to_owned);
        let problems = List::parse(LIST)
            .unwrap()
            .compare(&Mutants::new(&names), &Ended::default());
        assert!(problems.is_empty());
    }

    #[test]
    fn each_survivor_has_a_reason_and_a_test_is_weakened() {
        assert!(List::parse(&LIST.replace("disjoint", " ")).is_err());
        assert!(List::parse("weakened = []\n[survives]\n").is_err());
    }
}
