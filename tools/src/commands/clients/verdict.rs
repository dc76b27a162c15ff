// SPDX-License-Identifier: GPL-2.0-only

//! What became of a trial: as it must be, and the same everywhere.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::commands::clients::table::{Trial, Twin};
use crate::results::transcript::Transcript;

/// What a command printed, and its exit status: nothing if it was not reached or did not end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ran {
    lines: Vec<String>,
    status: Option<i32>,
}

/// What became of a trial in guests that must agree.
#[derive(Serialize)]
pub struct Verdict {
    command: String,
    guests: BTreeMap<String, Ran>,
    /// What is wrong, if anything is.
    pub problem: Option<String>,
}

impl Ran {
    /// Reads what became of `trial`.
    pub fn read(transcript: &Transcript, trial: &Trial) -> Self {
        let output = transcript.section(&trial.section());
        Self {
            lines: output.map_or(Vec::new(), |output| output.lines.clone()),
            status: output.and_then(|output| output.status),
        }
    }

    /// Returns whether it denies as `trial` has to.
    fn denies(&self, trial: &Trial) -> bool {
        let says = &trial.case.says;
        self.status != Some(0) && self.lines.iter().any(|line| line.contains(says))
    }

    /// Returns what is wrong with it where user space sees the version `abi`, 0 for no Landlock: a
    /// version that does not know a right yet cannot deny it.
    fn problem(&self, trial: &Trial, abi: u32) -> Option<String> {
        let Some(status) = self.status else {
            return Some("did not end".to_owned());
        };
        let is_right = match (trial.twin, abi >= trial.case.abi) {
            (Twin::Allowed, true) => status == 0,
            (Twin::Allowed, false) => true,
            (Twin::Denied, must_deny) => self.denies(trial) == must_deny,
        };
        let last = self.lines.last().map_or("no output", String::as_str);
        (!is_right).then(|| format!("exit status {status}: {last}"))
    }

    /// Returns whether it is what `other` is, as far as `trial` allows to tell.
    fn is_same(&self, other: &Self, trial: &Trial) -> bool {
        let lines = |ran: &Self| match trial.case.numbers_vary {
            true => ran.lines.iter().map(|line| without_numbers(line)).collect(),
            false => ran.lines.clone(),
        };
        self.status == other.status && lines(self) == lines(other)
    }
}

/// Returns `line` with each of its numbers, and what follows a point, as 0.
fn without_numbers(line: &str) -> String {
    let mut result = String::new();
    for char in line.chars() {
        match char {
            '0'..='9' | '.' if result.ends_with('0') => {}
            '0'..='9' => result.push('0'),
            _ => result.push(char),
        }
    }
    result
}

impl Verdict {
    /// Judges what became of `trial` in `guests`, where user space sees the version `abi`; the first
    /// one is what the others are compared with.
    pub fn new(trial: &Trial, abi: u32, guests: Vec<(String, Ran)>) -> Self {
        let problem = guests.iter().find_map(|(name, ran)| {
            let (reference, first) = guests.first()?;
            let differs = || format!("differs from {reference}");
            let problem = ran.problem(trial, abi);
            let problem = problem.or_else(|| (!ran.is_same(first, trial)).then(differs))?;
            Some(format!("{}, {name}: {problem}", trial.section()))
        });
        Self {
            command: trial.command().to_owned(),
            guests: guests.into_iter().collect(),
            problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::clients::table::tests::table;

    fn ran(line: &str, status: i32) -> Ran {
        Ran {
            lines: vec![line.to_owned()],
            status: Some(status),
        }
    }

    /// Judges the trial `index` of all with what two guests printed.
    fn judge(index: usize, abi: u32, one: Ran, other: Ran) -> Option<String> {
        let table = table();
        let guests = vec![("c".to_owned(), one), ("rust".to_owned(), other)];
        Verdict::new(&table.trials()[index], abi, guests).problem
    }

    #[test]
    fn a_denial_fails_and_says_so() {
        let denied = || ran("cat: Permission denied", 1);
        assert_eq!(judge(1, 11, denied(), denied()), None);
        for wrong in [ran("cat: Permission denied", 0), ran("cat: not found", 1)] {
            assert!(judge(1, 11, wrong.clone(), wrong).is_some());
        }
    }

    #[test]
    fn what_is_allowed_succeeds() {
        assert_eq!(judge(0, 11, ran("x", 0), ran("x", 0)), None);
        let problem = judge(0, 11, ran("x", 0), ran("y", 1)).unwrap();
        assert_eq!(problem, "a.read.root.allowed, rust: exit status 1: y");
        let hung = Ran {
            lines: Vec::new(),
            status: None,
        };
        assert!(judge(0, 0, hung.clone(), hung).is_some());
    }

    #[test]
    fn guests_must_agree() {
        let problem = judge(0, 11, ran("x", 0), ran("y", 0)).unwrap();
        assert_eq!(problem, "a.read.root.allowed, rust: differs from c");
        assert!(judge(0, 11, ran("x 12", 0), ran("x 3", 0)).is_some());
        // The numbers of this one vary.
        assert_eq!(judge(4, 11, ran("x 12 s", 0), ran("x 3.45 s", 0)), None);
        assert!(judge(4, 11, ran("x 12", 0), ran("y 12", 0)).is_some());
    }

    #[test]
    fn what_an_abi_does_not_know_is_not_denied() {
        let refused = || ran("not supported", 1);
        let denied = || ran("Permission denied", 1);
        for (index, abi) in [(1, 0), (5, 3)] {
            assert_eq!(judge(index, abi, refused(), refused()), None);
            assert!(judge(index, abi, denied(), denied()).is_some());
        }
        assert_eq!(judge(5, 4, denied(), denied()), None);
        assert_eq!(judge(4, 3, refused(), refused()), None);
    }
}
