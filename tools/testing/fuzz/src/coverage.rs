// SPDX-License-Identifier: GPL-2.0-only

//! Counts what programs reached: results of each operation, rights, hooks.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::errno;
use crate::normalise::field;
use crate::outcome::Outcome;
use crate::program::{Address, Op, Step, Way};

/// What keeps signals within a domain.
const SIGNAL: &str = "scope.signal";

/// What keeps connections to abstract UNIX sockets within a domain.
const ABSTRACT: &str = "scope.abstract_unix_socket";

/// Events that report a denial by a scope.
const DENIED_SCOPES: [(&str, &str); 2] = [
    ("landlock_deny_scope_signal", SIGNAL),
    ("landlock_deny_scope_abstract_unix_socket", ABSTRACT),
];

/// How often something was allowed and denied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdicts {
    /// How often it was allowed.
    pub allowed: usize,
    /// How often it was denied.
    pub denied: usize,
}

/// What was reached so far.
#[derive(Debug, Default, Serialize)]
pub struct Coverage {
    /// Operations: how often each ended with each result.
    operations: BTreeMap<String, BTreeMap<String, usize>>,
    /// Operations of sandboxed actors: those that succeeded, and those that Landlock's error ended.
    sandboxed: BTreeMap<String, Verdicts>,
    /// Rights: how often a rule granted one, how often the lack of one was to blame. Scopes: how
    /// often a sandboxed actor got through, how often one was to blame.
    rights: BTreeMap<String, Verdicts>,
    /// Trace events and audit records by their kind.
    lines: BTreeMap<String, usize>,
}

impl Coverage {
    /// Counts what a program reached.
    pub fn add(&mut self, outcome: &Outcome) {
        let mut sandboxed = Vec::new();
        for (step, result) in outcome.program.steps.iter().zip(&outcome.results) {
            let name: &str = (&step.op).into();
            let results = self.operations.entry(name.to_owned()).or_default();
            *results.entry(errno::name(*result)).or_default() += 1;
            note_sandbox(&mut sandboxed, step, *result);
            if sandboxed.contains(&step.actor) {
                self.add_scope(&step.op, *result);
                self.add_verdict(name, *result);
                if step.way != Way::Native {
                    self.add_verdict(&format!("{name} by {}", step.way.name()), *result);
                }
            }
        }
        for (_, line) in &outcome.trace {
            self.add_line(line);
        }
        for line in &outcome.audit {
            let kind = match field(line, "status") {
                Some(_) => "audit domain",
                None => "audit access",
            };
            *self.lines.entry(kind.to_owned()).or_default() += 1;
        }
    }

    /// Counts what a scope could have denied, and did not.
    fn add_scope(&mut self, op: &Op, result: i32) {
        let scope = match op {
            Op::Kill { .. } | Op::Tgkill { .. } | Op::Queue { .. } | Op::PidfdSignal { .. } => {
                SIGNAL
            }
            Op::Connect {
                address: Address::Abstract(_),
                ..
            } => ABSTRACT,
            _ => return,
        };
        if result == 0 {
            self.rights.entry(scope.to_owned()).or_default().allowed += 1;
        }
    }

    fn add_verdict(&mut self, name: &str, result: i32) {
        let verdicts = self.sandboxed.entry(name.to_owned()).or_default();
        match -result {
            libc::EACCES | libc::EPERM | libc::EXDEV => verdicts.denied += 1,
            ..=0 => verdicts.allowed += 1,
            _ => {}
        }
    }

    fn add_line(&mut self, line: &str) {
        let (event, _) = line.split_once(':').unwrap_or((line, ""));
        *self.lines.entry(event.to_owned()).or_default() += 1;
        if let Some((_, scope)) = DENIED_SCOPES.iter().find(|(name, _)| *name == event) {
            let verdicts = self.rights.entry((*scope).to_owned());
            verdicts.or_default().denied += 1;
        }
        let prefix = if event.contains("net") { "net." } else { "fs." };
        let granted = field(line, "grants").unwrap_or_default();
        let mut rights: Vec<_> = names(granted).collect();
        rights.sort_unstable();
        rights.dedup();
        for right in rights {
            let right = format!("{prefix}{right}");
            self.rights.entry(right).or_default().allowed += 1;
        }
        let blockers = field(line, "blockers").unwrap_or_default();
        for right in names(blockers) {
            let right = format!("{prefix}{right}");
            self.rights.entry(right).or_default().denied += 1;
        }
    }
}

/// Returns the names in a list of rights, which may have one part for each layer.
fn names(list: &str) -> impl Iterator<Item = &str> {
    let words = list.split(['{', '}', ',', '|']);
    words.filter(|word| !word.is_empty())
}

/// Notes which actors are sandboxed after an operation.
fn note_sandbox(sandboxed: &mut Vec<u8>, step: &Step, result: i32) {
    if result != 0 {
        return;
    }
    match step.op {
        Op::Restrict {
            ruleset: Some(_), ..
        } => sandboxed.push(step.actor),
        Op::Fork { child } | Op::Thread { child } if sandboxed.contains(&step.actor) => {
            sandboxed.push(child);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_counted_by_verdict() {
        let mut coverage = Coverage::default();
        coverage.add_line(
            "landlock_check_rule_inode: domain=D1 access_request=execute|read_file \
             dev=V1 ino=I1 grants={execute,execute|read_file}",
        );
        coverage.add_line("landlock_deny_access_fs: domain=D1 blockers=make_reg path=/w");
        let one = |allowed, denied| Verdicts { allowed, denied };
        assert_eq!(coverage.rights["fs.execute"], one(1, 0));
        assert_eq!(coverage.rights["fs.read_file"], one(1, 0));
        assert_eq!(coverage.rights["fs.make_reg"], one(0, 1));
    }
}
