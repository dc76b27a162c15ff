// SPDX-License-Identifier: GPL-2.0-only

//! The two guests that run the same programs.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::fuzz::coverage::Coverage;
use crate::guest::Guest;
use crate::guest::initramfs::Section;
use crate::guest::machine::Session;
use crate::guest::programs;
use crate::host::ui::Step;
use crate::kernel::{Impl, Workshop};

/// How long a guest may take for all that it is given at once.
const LIMIT: Duration = Duration::from_secs(40 * 60);

/// Section of the guest's plan with the programs.
pub const SECTION: &str = "fuzz";

/// Both implementations, in this order.
pub const BOTH: [Impl; 2] = [Impl::C, Impl::Rust];

/// A guest for each implementation.
pub struct Pair([Guest; 2]);

/// What a guest says about many programs.
#[derive(Default)]
pub struct Batch {
    /// Digest of each program.
    pub digests: BTreeMap<String, String>,
    /// Number of operations that were carried out.
    pub operations: usize,
    /// What they reached.
    pub coverage: Coverage,
}

impl Pair {
    /// Builds kernels, module and program.
    pub fn new(workshop: &Workshop) -> Result<Self> {
        let program = programs::fuzz(workshop)?;
        let guest = |implementation: Impl| {
            let mut guest =
                Guest::new(workshop, implementation, &format!("fuzz-{implementation}"))?;
            guest.root.add("bin/fuzz", &program)?;
            guest.extend_limit(LIMIT);
            Ok::<_, anyhow::Error>(guest)
        };
        let [c, rust] = BOTH;
        Ok(Self([guest(c)?, guest(rust)?]))
    }

    /// Runs the programs of `jobs` in both guests.
    pub fn batch(&self, workshop: &Workshop, jobs: &[String]) -> Result<[Batch; 2]> {
        let command = format!("fuzz batch {}", jobs.join(" "));
        let [c, rust] = self.run(workshop, &command)?;
        Ok([Batch::parse(&c)?, Batch::parse(&rust)?])
    }

    /// Returns all that one program does in both guests.
    pub fn show(&self, workshop: &Workshop, seed: u64, only: &str) -> Result<[String; 2]> {
        self.run(workshop, &format!("fuzz show {seed} --only={only}"))
    }

    /// Runs a command in each guest that has one, at the same time. What goes wrong there is a problem
    /// of its session.
    pub fn each(
        &self,
        workshop: &Workshop,
        commands: [Option<String>; 2],
    ) -> Result<[Option<Session>; 2]> {
        let step = Mutex::new((Step::new("guests", "booting"), 0));
        let [c, rust] = &self.0;
        let plans = commands.map(|command| Some(Section::new(SECTION, &command?)));
        Guest::run_each(workshop, [c, rust], plans, |_| {
            if let Ok(mut step) = step.lock() {
                step.1 += 1;
                let lines = format!("{} lines", step.1);
                step.0.set_what(lines);
                step.0.tick();
            }
        })
    }

    /// Runs a command in both guests at the same time, and returns what it printed.
    fn run(&self, workshop: &Workshop, command: &str) -> Result<[String; 2]> {
        let mut step = Step::new("guests", "booting");
        let [c, rust] = &self.0;
        let section = Section::new(SECTION, command);
        let mut lines = 0;
        let [c, rust] = Guest::run_both(workshop, [c, rust], &[section], |_| {
            lines += 1;
            step.set_what(format!("{lines} lines"));
            step.tick();
        })?;
        Ok([output(&c)?, output(&rust)?])
    }
}

/// Returns the programs whose digests are not the same, or that only one side has.
pub fn differing(c: &Batch, rust: &Batch) -> Vec<String> {
    let (c, rust) = (&c.digests, &rust.digests);
    let jobs = c
        .keys()
        .chain(rust.keys().filter(|job| !c.contains_key(*job)));
    let differs = |job: &&String| c.get(*job) != rust.get(*job);
    jobs.filter(differs).cloned().collect()
}

/// Returns what a guest printed, unless something went wrong with it as a whole.
fn output(session: &Session) -> Result<String> {
    session.check_module()?;
    session.check()?;
    let section = session.transcript.section(SECTION);
    let section = section.context("the programs were not reached")?;
    let text = section.text();
    let last = text.lines().last().unwrap_or("nothing was printed");
    ensure!(
        section.status == Some(0),
        "the guest's fuzzer failed: {last}"
    );
    Ok(text)
}

impl Batch {
    /// Reads lines of "job digest operations", then the coverage as JSON.
    fn parse(text: &str) -> Result<Self> {
        let mut batch = Self::default();
        for line in text.lines() {
            if line.starts_with('{') {
                batch.coverage = serde_json::from_str(line).context("bad coverage")?;
                continue;
            }
            let words: Vec<&str> = line.split(' ').collect();
            let [job, digest, operations] = words[..] else {
                continue;
            };
            batch.digests.insert(job.to_owned(), digest.to_owned());
            batch.operations += operations.parse::<usize>().unwrap_or(0);
        }
        ensure!(!batch.digests.is_empty(), "no program was run");
        Ok(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_guest() {
        let text =
            "3 00ff 12\n4:1,2 0a0a 2\n{\"rights\":{\"fs.refer\":{\"allowed\":1,\"denied\":2}}}\n";
        let batch = Batch::parse(text).unwrap();
        assert_eq!(batch.digests["4:1,2"], "0a0a");
        assert_eq!(batch.operations, 14);
        assert!(Batch::parse("{}\n").is_err());
    }

    #[test]
    fn other_digests_and_lost_programs_are_differences() {
        let c = Batch::parse("1 aa 1\n2 bb 1\n3 cc 1\n").unwrap();
        let rust = Batch::parse("1 aa 1\n2 bc 1\n4 dd 1\n").unwrap();
        assert_eq!(differing(&c, &rust), ["2", "3", "4"]);
        assert!(differing(&c, &c).is_empty());
    }
}
