// SPDX-License-Identifier: GPL-2.0-only

//! What the kernel logs while actors act, as numbers of events of each kind; and whether everything
//! that was made is freed.

use std::collections::{BTreeMap, BTreeSet};

use crate::logs::Line;
use crate::normalise::field;

/// Kinds of events, and how often each came.
pub type Counts = BTreeMap<String, usize>;

/// Fields that tell kinds of events apart.
const TELLING: [&str; 7] = [
    "blockers",
    "same_exec",
    "logged",
    "complete",
    "process_wide",
    "no_new_privs",
    "status",
];

/// Events of each path that is walked: their number depends on how often somebody looks.
const WALKED: &str = "landlock_check_rule";

/// Events of each round, in the order of rounds.
#[derive(Default)]
pub struct Events {
    rounds: BTreeMap<usize, Counts>,
    open: BTreeSet<String>,
}

/// Returns the number that is written to the logs when actors start.
pub fn start_of(round: usize) -> usize {
    2 * round
}

/// Returns the number that is written when they have acted.
pub fn end_of(round: usize) -> usize {
    2 * round + 1
}

/// Returns the kind of an event, unless it may come at any time.
fn kind(line: &Line) -> Option<String> {
    let (text, name) = match line {
        Line::Trace(text) => (text, text.split(':').next()?),
        Line::Audit(text) => (text, "audit"),
        Line::Step(_) => return None,
    };
    let is_late = name.starts_with("landlock_free") || field(text, "status") == Some("deallocated");
    if is_late || name.starts_with(WALKED) {
        return None;
    }
    let told = TELLING.iter().filter_map(|name| {
        let value = field(text, name)?;
        Some(format!(" {name}={value}"))
    });
    let nested = match field(text, "parent") {
        Some("0") => " first",
        Some(_) => " nested",
        None => "",
    };
    Some(format!("{name}{}{nested}", told.collect::<String>()))
}

/// What a line says about the life of a thing.
enum Life {
    Made(String),
    Freed(String),
}

fn life(line: &Line) -> Option<Life> {
    let Line::Trace(text) = line else {
        return None;
    };
    let (name, thing) = match text.split(':').next()? {
        name @ ("landlock_create_ruleset" | "landlock_free_ruleset") => (name, "ruleset"),
        name @ ("landlock_create_domain" | "landlock_free_domain") => (name, "domain"),
        _ => return None,
    };
    let number = field(text, thing)?.split('.').next()?;
    let thing = format!("{thing} {number}");
    let is_made = name.starts_with("landlock_create");
    Some(if is_made {
        Life::Made(thing)
    } else {
        Life::Freed(thing)
    })
}

impl Events {
    /// Takes in lines: those of the trace, then those of audit, each with the numbers in between.
    pub fn add(&mut self, lines: &[Line]) {
        let mut round = None;
        for line in lines {
            match life(line) {
                Some(Life::Made(thing)) => drop(self.open.insert(thing)),
                Some(Life::Freed(thing)) => drop(self.open.remove(&thing)),
                None => {}
            }
            match line {
                Line::Step(step) => round = (step % 2 == 0).then_some(step / 2),
                line => {
                    if let (Some(round), Some(kind)) = (round, kind(line)) {
                        let counts = self.rounds.entry(round).or_default();
                        *counts.entry(kind).or_default() += 1;
                    }
                }
            }
        }
    }

    /// Takes the events of a round out.
    pub fn take(&mut self, round: usize) -> Counts {
        self.rounds.remove(&round).unwrap_or_default()
    }

    /// Returns how many things are not freed yet.
    pub fn unfreed(&self) -> usize {
        self.open.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(text: &str) -> Line {
        Line::Trace(text.to_owned())
    }

    #[test]
    fn events_belong_to_their_round() {
        let made = "landlock_create_domain: domain=a parent=0 ruleset=1.0";
        let lines = [
            trace("landlock_create_ruleset: ruleset=1.0 handled_fs="),
            Line::Step(start_of(3)),
            trace(made),
            trace("landlock_check_rule_inode: domain=a"),
            Line::Step(end_of(3)),
            trace("landlock_free_ruleset: ruleset=1.0"),
            trace(&made.replace("domain=a", "domain=b")),
            Line::Step(start_of(3)),
            Line::Audit("domain=a status=allocated mode=enforcing".to_owned()),
            Line::Step(end_of(3)),
        ];
        let mut events = Events::default();
        events.add(&lines);
        assert_eq!(events.unfreed(), 2);
        let counts: Vec<_> = events.take(3).into_iter().collect();
        let expected = ["audit status=allocated", "landlock_create_domain first"];
        assert_eq!(counts, expected.map(|kind| (kind.to_owned(), 1)));
        assert!(events.take(3).is_empty());
    }
}
