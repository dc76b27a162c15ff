// SPDX-License-Identifier: GPL-2.0-only

//! What is to be run, as it is written on a command line.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use anyhow::{Context, Error, Result, ensure};

use crate::program::Program;
use crate::selection::Selection;

/// Programs to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    seeds: Range<u64>,
    selection: Selection,
}

impl Job {
    /// Returns the job that runs `program` again.
    pub fn of(program: &Program) -> Self {
        Self {
            seeds: program.seed..program.seed + 1,
            selection: Selection::of(program),
        }
    }

    /// Returns the programs, each by its seed and what is kept of it.
    pub fn programs(&self) -> impl Iterator<Item = (u64, Selection)> + use<> {
        let selection = self.selection.clone();
        self.seeds
            .clone()
            .map(move |seed| (seed, selection.clone()))
    }
}

impl fmt::Display for Job {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match &self.selection {
            part if *part != Selection::ALL => write!(formatter, "{}:{part}", self.seeds.start),
            _ => write!(formatter, "{}", self.seeds.start),
        }
    }
}

impl FromStr for Job {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = |text: &str| {
            text.parse::<u64>()
                .with_context(|| format!("bad seed {text}"))
        };
        if let Some((start, end)) = text.split_once("..") {
            let seeds = number(start)?..number(end)?;
            ensure!(!seeds.is_empty(), "{text} has no seed");
            return Ok(Self {
                seeds,
                selection: Selection::ALL,
            });
        }
        let (seed, selection) = text.split_once(':').unwrap_or((text, "all"));
        let seed = number(seed)?;
        let selection = selection.parse()?;
        Ok(Self {
            seeds: seed..seed + 1,
            selection,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_seeds_and_selections() {
        let job: Job = "3..5".parse().unwrap();
        let seeds: Vec<_> = job.programs().map(|(seed, _)| seed).collect();
        assert_eq!(seeds, [3, 4]);
        let job: Job = "7:1,2".parse().unwrap();
        assert_eq!(job.to_string(), "7:1,2");
        assert_eq!("7".parse::<Job>().unwrap().to_string(), "7");
        assert!("5..5".parse::<Job>().is_err());
        assert!("x".parse::<Job>().is_err());
    }
}
