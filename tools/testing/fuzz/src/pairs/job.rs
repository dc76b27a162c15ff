// SPDX-License-Identifier: GPL-2.0-only

//! What is to be run, as it is written on a command line: seeds (`0..100` or `7`), the name of a
//! fixed program, `fixed` for all of these, or the text of a program. `~300` behind it is a number
//! of rounds, and `:` introduces what they look for: they end when all of it was seen.

use std::collections::BTreeSet;
use std::str::FromStr;

use anyhow::{Context, Error, Result, ensure};

use crate::pairs::program::Program;
use crate::pairs::{fixed, generate};

/// Rounds of each program, besides those in which actors act one after the other.
const ROUNDS: usize = 8;

/// A program to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Seed, name or text, by which it can be run again.
    pub id: String,
    /// The program.
    pub program: Program,
    /// Rounds in which actors act at the same time.
    pub rounds: usize,
    /// Keys of what is looked for. Nothing: all rounds are run.
    pub wanted: BTreeSet<String>,
}

/// Programs to run.
#[derive(Clone, Debug)]
pub struct Job(Vec<Task>);

impl Job {
    /// Returns its programs.
    pub fn tasks(&self) -> &[Task] {
        &self.0
    }
}

/// Returns the programs that `what` stands for, each with its name.
fn programs(what: &str) -> Result<Vec<(String, Program)>> {
    let seed = |text: &str| {
        text.parse::<u64>()
            .with_context(|| format!("bad seed {text}"))
    };
    if what.starts_with('(') {
        return Ok(vec![(what.to_owned(), what.parse()?)]);
    }
    if let Some((start, end)) = what.split_once("..") {
        let seeds = seed(start)?..seed(end)?;
        ensure!(!seeds.is_empty(), "{what} has no seed");
        let named = seeds.map(|seed| (seed.to_string(), generate::program(seed)));
        return Ok(named.collect());
    }
    if what.starts_with(|first: char| first.is_ascii_digit()) {
        return Ok(vec![(what.to_owned(), generate::program(seed(what)?))]);
    }
    let all = fixed::programs()?;
    let mut found = all
        .into_iter()
        .filter(|(name, _)| what == "fixed" || name == what);
    let first = found.next().with_context(|| format!("no program {what}"))?;
    Ok(std::iter::once(first).chain(found).collect())
}

impl FromStr for Job {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (what, how) = match text.rsplit_once('~') {
            Some((what, how)) => (what, Some(how)),
            None => (text, None),
        };
        let (rounds, keys) = match how {
            Some(how) => how.split_once(':').unwrap_or((how, "")),
            None => ("", ""),
        };
        let rounds = match rounds {
            "" => ROUNDS,
            rounds => rounds.parse().context("bad number of rounds")?,
        };
        let keys = keys.split(',').filter(|key| !key.is_empty());
        let wanted: BTreeSet<String> = keys.map(str::to_owned).collect();
        let task = |(id, program)| Task {
            id,
            program,
            rounds,
            wanted: wanted.clone(),
        };
        Ok(Self(programs(what)?.into_iter().map(task).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_seeds_names_and_texts() {
        let job: Job = "3..5".parse().unwrap();
        let ids: Vec<_> = job.tasks().iter().map(|task| task.id.as_str()).collect();
        assert_eq!(ids, ["3", "4"]);
        let job: Job = "7~300:ab,cd".parse().unwrap();
        let [task] = job.tasks() else {
            panic!("one task");
        };
        assert_eq!((task.rounds, task.wanted.len()), (300, 2));
        let text = task.program.to_string();
        let again: Job = format!("{text}~5").parse().unwrap();
        assert_eq!(again.tasks()[0].program, task.program);
        assert!("fixed".parse::<Job>().unwrap().tasks().len() > 20);
        assert!("none".parse::<Job>().is_err());
        assert!("5..5".parse::<Job>().is_err());
    }
}
