// SPDX-License-Identifier: GPL-2.0-only

//! What a program did: the result of each operation, and what was logged.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::board::NOT_RUN;
use crate::errno;
use crate::logs::Line;
use crate::normalise::{Names, field};
use crate::program::{Address, Op, Program, Step, Way};
use crate::sys::ring;

/// What a program did.
pub struct Outcome {
    /// The program.
    pub program: Arc<Program>,
    /// Result of each operation.
    pub results: Vec<i32>,
    /// Trace events, each with the number of operations that were announced before.
    pub trace: Vec<(usize, String)>,
    /// Audit records.
    pub audit: Vec<String>,
    /// What is logged when things are freed, in no certain order.
    late: BTreeSet<String>,
    /// What is not freed yet.
    open: BTreeSet<String>,
    names: Names,
}

/// How a line is bound to a thing that is made and freed later.
enum Life<'a> {
    Made(String),
    Freed(String, &'a str),
    Other,
}

/// Returns what a line says about the life of rulesets, domains and their records.
fn life(line: &Line) -> Life<'_> {
    let (Line::Trace(text) | Line::Audit(text)) = line else {
        return Life::Other;
    };
    let thing = |kind: &str, name: &str| {
        let number = field(text, name).unwrap_or_default();
        let number = number.split('.').next().unwrap_or_default();
        format!("{kind} {number}")
    };
    let event = text.split(':').next().unwrap_or_default();
    match (line, event) {
        (Line::Trace(_), "landlock_create_ruleset") => Life::Made(thing("ruleset", "ruleset")),
        (Line::Trace(_), "landlock_create_domain") => Life::Made(thing("domain", "domain")),
        (Line::Trace(_), "landlock_free_ruleset") => Life::Freed(thing("ruleset", "ruleset"), text),
        (Line::Trace(_), "landlock_free_domain") => Life::Freed(thing("domain", "domain"), text),
        _ => match field(text, "status") {
            Some("allocated") => Life::Made(thing("record", "domain")),
            Some("deallocated") => Life::Freed(thing("record", "domain"), text),
            _ => Life::Other,
        },
    }
}

/// Begins what a thread logs when it takes over the domain of a sibling.
const SIBLING: &str = "landlock_enforce_domain: domain=";

/// Sorts the lines that sibling threads log at the same time: which of them runs first is chance.
fn sort_siblings(mut lines: Vec<Line>) -> Vec<Line> {
    let is_sibling = |line: &Line| matches!(line, Line::Trace(text) if text.starts_with(SIBLING) && text.contains(" complete=0 "));
    for siblings in lines.chunk_by_mut(|one, next| is_sibling(one) && is_sibling(next)) {
        siblings.sort();
    }
    lines
}

/// Begins what a task logs when it creates a domain.
const CREATED: &str = "landlock_create_domain: ";

/// Drops each domain that its caller creates again at once: C Landlock starts a TSYNC again when
/// threads appear meanwhile, as workers of io_uring do, and then creates another domain.
fn drop_restarted(lines: Vec<Line>) -> Vec<Line> {
    let source = |line: &Line| match line {
        Line::Trace(text) if text.starts_with(CREATED) => {
            let names = ["parent", "ruleset"];
            Some(names.map(|name| field(text, name).map(str::to_owned)))
        }
        _ => None,
    };
    let is_end = |line: &Line| matches!(life(line), Life::Freed(..));
    let (ends, mut lines): (Vec<_>, Vec<_>) = lines.into_iter().partition(is_end);
    let sources: Vec<_> = lines.iter().map(source).collect();
    let mut pairs = sources.windows(2);
    lines.retain(|_| {
        let is_last = |pair: &[Option<_>]| pair[0].is_none() || pair[0] != pair[1];
        pairs.next().is_none_or(is_last)
    });
    lines.extend(ends);
    lines
}

/// Returns `line` without whether the process has other threads.
fn hide_other_threads(line: &str) -> String {
    let hide = |line: String, value| line.replace(value, " process_wide=? ");
    [" process_wide=0 ", " process_wide=1 "]
        .into_iter()
        .fold(line.to_owned(), hide)
}

impl Outcome {
    /// Starts with the results; logs are added to it.
    pub fn new(program: Arc<Program>, results: Vec<i32>) -> Self {
        let mut outcome = Self {
            program,
            results,
            trace: Vec::new(),
            audit: Vec::new(),
            late: BTreeSet::new(),
            open: BTreeSet::new(),
            names: Names::default(),
        };
        if outcome.has_workers() {
            outcome.hide_chance();
        }
        outcome
    }

    /// Hides that a parent gets no keyring because it has other threads, and how far a connection of
    /// a vsock has come when a ring looks at it again.
    fn hide_chance(&mut self) {
        for (step, result) in self.program.steps.iter().zip(&mut self.results) {
            match (&step.op, -*result) {
                (Op::KeyringToParent, libc::EPERM) => *result = 0,
                (
                    Op::Connect {
                        address: Address::Vsock(_),
                        ..
                    },
                    libc::EALREADY | libc::ECONNRESET,
                ) => *result = -libc::EINPROGRESS,
                _ => {}
            }
        }
    }

    /// Returns whether workers of io_uring may be threads of the actors.
    fn has_workers(&self) -> bool {
        let makes_requests = |step: &Step| step.way.is_ring();
        ring::is_there() && self.program.steps.iter().any(makes_requests)
    }

    /// Takes in the lines that were logged while the program ran. Returns those that report the
    /// end of what other programs made.
    pub fn add(&mut self, lines: Vec<Line>) -> Vec<Line> {
        let mut others = Vec::new();
        let mut announced = 0;
        let has_workers = self.has_workers();
        let lines = match has_workers {
            true => drop_restarted(lines),
            false => lines,
        };
        for line in sort_siblings(lines) {
            match life(&line) {
                Life::Freed(..) => {
                    if !self.add_freed(&line) {
                        others.push(line);
                    }
                    continue;
                }
                Life::Made(thing) => drop(self.open.insert(thing)),
                Life::Other => {}
            }
            match line {
                Line::Step(step) => announced = step + 1,
                Line::Trace(text) => {
                    let text = match has_workers {
                        true => hide_other_threads(&text),
                        false => text,
                    };
                    self.trace.push((announced, self.names.line(&text)));
                }
                Line::Audit(text) => self.audit.push(self.names.line(&text)),
            }
        }
        others
    }

    /// Takes in a line about the end of something, if this program made it.
    pub fn add_freed(&mut self, line: &Line) -> bool {
        let Life::Freed(thing, text) = life(line) else {
            return false;
        };
        let is_ours = self.open.remove(&thing);
        if is_ours {
            self.late.insert(self.names.line(text));
        }
        is_ours
    }

    /// Returns whether everything was freed.
    pub fn is_complete(&self) -> bool {
        self.open.is_empty()
    }

    /// Returns what was logged when things were freed, and what never was.
    pub fn late(&self) -> impl Iterator<Item = String> {
        let kept = self.open.iter().map(|thing| {
            let kind = thing.split(' ').next().unwrap_or_default();
            format!("never freed: {kind}")
        });
        self.late.iter().cloned().chain(kept)
    }

    /// Returns how many operations were carried out.
    pub fn count(&self) -> usize {
        let done = |result: &&i32| **result != NOT_RUN;
        self.results.iter().filter(done).count()
    }

    /// Returns a number that differs when the outcome does.
    ///
    /// The hasher is the same wherever this very program runs, and only there.
    pub fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.results.hash(&mut hasher);
        self.trace
            .iter()
            .for_each(|(_, line)| line.hash(&mut hasher));
        self.audit.hash(&mut hasher);
        self.late().for_each(|line| line.hash(&mut hasher));
        hasher.finish()
    }

    /// Returns all of it as text: each operation, its result, and what was logged.
    ///
    /// Trace events stand below their operation if each was announced.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut trace = self.trace.iter().peekable();
        for (index, (step, result)) in self.program.steps.iter().zip(&self.results).enumerate() {
            let number = self.program.number(index);
            let result = errno::name(*result);
            let Step { actor, way, op } = step;
            let way = match way {
                Way::Native => String::new(),
                way => format!(" by {way:?}"),
            };
            text += &format!("{number:>4} actor {actor}: {op:?}{way} = {result}\n");
            while let Some((_, line)) = trace.next_if(|(step, _)| *step <= index + 1) {
                text += &format!("       {line}\n");
            }
        }
        trace.for_each(|(_, line)| text += &format!("       {line}\n"));
        for line in &self.audit {
            text += &format!("audit  {line}\n");
        }
        for line in self.late() {
            text += &format!("freed  {line}\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate;

    fn trace(text: &str) -> Line {
        Line::Trace(text.to_owned())
    }

    #[test]
    fn what_is_freed_late_goes_to_who_made_it() {
        let mut outcome = Outcome::new(Arc::new(generate::program(1)), vec![0, NOT_RUN, -13]);
        let made = trace("landlock_create_domain: domain=a parent=0 ruleset=1.0");
        let freed = trace("landlock_free_domain: domain=a denials=0");
        let other = trace("landlock_free_domain: domain=b denials=0");
        assert_eq!(outcome.add(vec![made, other.clone()]), [other]);
        assert!(!outcome.is_complete());
        let before = outcome.digest();
        assert!(outcome.add_freed(&freed));
        assert!(outcome.is_complete());
        assert_ne!(before, outcome.digest());
        assert_eq!(outcome.count(), 2);
    }

    #[test]
    fn siblings_may_come_in_any_order() {
        let line = |complete: u8, nnp: u8| {
            trace(&format!(
                "{SIBLING}1 complete={complete} process_wide=1 no_new_privs={nnp}"
            ))
        };
        let one = vec![line(0, 0), line(0, 1), line(1, 0), line(0, 1)];
        let other = vec![line(0, 1), line(0, 0), line(1, 0), line(0, 1)];
        assert_eq!(sort_siblings(other), one);
        let late = vec![line(1, 1), line(0, 0)];
        assert_eq!(sort_siblings(late.clone()), late);
    }

    #[test]
    fn domain_that_is_created_again_counts_once() {
        let made = |domain, parent| {
            trace(&format!(
                "{CREATED}domain={domain} parent={parent} ruleset=1.0"
            ))
        };
        let end = |domain| trace(&format!("landlock_free_domain: domain={domain} denials=0"));
        let used = trace(&format!("{SIBLING}b complete=1 process_wide=1"));
        let lines = vec![made("a", 0), end("a"), made("b", 0), used.clone(), end("b")];
        let once = vec![made("b", 0), used.clone(), end("a"), end("b")];
        assert_eq!(drop_restarted(lines), once);

        let apart = vec![made("a", 0), used, made("b", 0), made("c", 1)];
        assert_eq!(drop_restarted(apart.clone()), apart);
    }

    #[test]
    fn whether_there_are_other_threads_is_hidden() {
        let line = |value| format!("{SIBLING}1 complete=1 process_wide={value} no_new_privs=1");
        assert_eq!(hide_other_threads(&line("0")), line("?"));
        assert_eq!(hide_other_threads(&line("1")), line("?"));
    }

    #[test]
    fn each_part_changes_the_digest() {
        let outcome = |result, line: &str| {
            let mut outcome = Outcome::new(Arc::new(generate::program(1)), vec![result]);
            outcome.add(vec![trace(line)]);
            outcome.digest()
        };
        let digest = outcome(0, "landlock_x: domain=a");
        assert_eq!(digest, outcome(0, "landlock_x: domain=b"));
        assert_ne!(digest, outcome(1, "landlock_x: domain=a"));
        assert_ne!(digest, outcome(0, "landlock_y: domain=a"));
    }
}
