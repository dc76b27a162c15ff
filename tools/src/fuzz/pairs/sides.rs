// SPDX-License-Identifier: GPL-2.0-only

//! Runs programs in both guests, and in others when one ends early.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

use crate::fuzz::guests::{Pair, SECTION};
use crate::fuzz::pairs::sets::{Program, Report, SIDES, Shown, Side};
use crate::guest::machine::Session;
use crate::kernel::Workshop;

/// How many guests may end early in one batch.
const MOST_ENDED: usize = 5;

/// A guest that ended early.
#[derive(Debug)]
pub struct Ended {
    /// Which side.
    pub side: Side,
    /// The program that it ran.
    pub id: String,
    /// What happened.
    pub problem: String,
}

/// What both sides showed.
#[derive(Default)]
pub struct Batch {
    /// Programs by seed or name.
    pub programs: BTreeMap<String, Program>,
    /// Guests that ended early.
    pub ended: Vec<Ended>,
}

/// What a guest printed.
#[derive(Debug, Default)]
struct Output {
    reports: Vec<Report>,
    /// The program that was begun, but not ended.
    open: Option<String>,
    /// How many domains and rulesets were never freed.
    unfreed: Option<usize>,
}

impl Output {
    fn parse(text: &str) -> Result<Self> {
        let mut output = Self::default();
        for line in text.lines() {
            match line.split_once(' ') {
                Some(("begin", id)) => output.open = Some(id.to_owned()),
                Some(("end", json)) => {
                    let report = serde_json::from_str(json).context("bad report")?;
                    output.reports.push(report);
                    output.open = None;
                }
                Some(("unfreed", count)) => output.unfreed = count.parse().ok(),
                _ => {}
            }
        }
        Ok(output)
    }
}

impl Batch {
    /// Runs jobs on each side. Those behind one that ends a guest are run in another one.
    pub fn run(
        &mut self,
        workshop: &Workshop,
        pair: &Pair,
        mut jobs: [Vec<String>; 2],
    ) -> Result<()> {
        while jobs.iter().any(|jobs| !jobs.is_empty()) {
            let commands = jobs
                .each_ref()
                .map(|jobs| (!jobs.is_empty()).then(|| format!("fuzz pairs {}", jobs.join(" "))));
            let sessions = pair.each(workshop, commands)?;
            for ((side, session), jobs) in SIDES.into_iter().zip(sessions).zip(&mut jobs) {
                if let Some(session) = session {
                    session.check_module()?;
                    let left = self.take(side, &session, std::mem::take(jobs))?;
                    *jobs = left;
                }
            }
        }
        Ok(())
    }

    /// Takes in what a guest printed; returns the jobs that are left.
    fn take(&mut self, side: Side, session: &Session, jobs: Vec<String>) -> Result<Vec<String>> {
        let section = session.transcript.section(SECTION);
        let (text, status) =
            section.map_or_else(Default::default, |section| (section.text(), section.status));
        let output = Output::parse(&text)?;
        for report in output.reports {
            let program = self.programs.entry(report.id.clone()).or_default();
            program.add(side, report);
        }
        let problem = match (&session.problem, status, output.unfreed) {
            (Some(problem), ..) => problem.clone(),
            (None, Some(0), Some(0)) => return Ok(Vec::new()),
            (None, Some(0), unfreed) => format!("{} never freed", unfreed.unwrap_or(0)),
            _ => text
                .lines()
                .last()
                .unwrap_or("nothing was printed")
                .to_owned(),
        };
        let Some(id) = output.open else {
            self.ended.push(Ended {
                side,
                id: "all".to_owned(),
                problem,
            });
            return Ok(Vec::new());
        };
        let left = behind(&jobs, &id);
        self.ended.push(Ended { side, id, problem });
        if self.ended.len() > MOST_ENDED {
            bail!("too many guests end early: {:?}", self.ended);
        }
        Ok(left)
    }

    /// Returns how much only one side showed.
    pub fn missing(&self) -> usize {
        let of = |program: &Program| SIDES.map(|side| program.missing(side).len());
        self.programs.values().flat_map(of).sum()
    }

    /// Returns the sum of what `count` returns for each program, on both sides.
    pub fn sum(&self, count: impl Fn(&Shown) -> usize) -> usize {
        let both = |program: &Program| program.shown.iter().map(&count).sum::<usize>();
        self.programs.values().map(both).sum()
    }
}

/// Returns the jobs behind that of the program `id`.
fn behind(jobs: &[String], id: &str) -> Vec<String> {
    let is_it = |job: &String| job.split('~').next() == Some(id);
    match jobs.iter().position(is_it) {
        Some(index) => jobs[index + 1..].to_vec(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_guest() {
        let text = "begin 3\nend {\"id\":\"3\",\"program\":\"()\",\"c_may_hang\":false,\"rounds\":10,\
                    \"acts\":4,\"seen\":[{\"facet\":\"time\",\"text\":\"in time\",\"key\":\"ab\",\"serial\":2,\
                    \"together\":8}]}\nbegin 4\n";
        let output = Output::parse(text).unwrap();
        assert_eq!(output.reports[0].seen[0].together, 8);
        assert_eq!(output.open.as_deref(), Some("4"));
        assert_eq!(output.unfreed, None);
        assert_eq!(Output::parse("unfreed 2\n").unwrap().unfreed, Some(2));
    }

    #[test]
    fn jobs_behind_the_one_that_failed() {
        let jobs = ["3~100:ab", "4", "5"].map(str::to_owned);
        assert_eq!(behind(&jobs, "3"), ["4", "5"]);
        assert!(behind(&jobs, "5").is_empty());
    }
}
