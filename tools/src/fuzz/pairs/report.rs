// SPDX-License-Identifier: GPL-2.0-only

//! What is reported of pairs, as text and as JSON.

use serde::Serialize;

use crate::fuzz::pairs::Findings;
use crate::fuzz::pairs::sets::{Element, Judgement, Program, SIDES, Side};
use crate::fuzz::pairs::sides::Ended;

/// Something that differs.
#[derive(Debug, Serialize)]
pub struct Difference {
    id: String,
    program: String,
    what: Vec<String>,
}

/// Adds what is to be said about a program.
pub fn sort(program: &Program, findings: &mut Findings) {
    if program.c_hung() {
        findings.c_hung.push(program.id.clone());
    }
    let [c, rust] = SIDES.map(|side| program.of(side));
    findings.elements += c
        .seen
        .keys()
        .filter(|key| rust.seen.contains_key(*key))
        .count();
    let mut what = Vec::new();
    for side in SIDES {
        for element in program.missing(side) {
            let line = describe(program, side, element);
            match program.judge(side, element) {
                Judgement::Different => what.push(line),
                Judgement::Unclear => findings.rare.push(format!("{}: {line}", program.id)),
            }
        }
    }
    if !what.is_empty() {
        findings.differences.push(Difference {
            id: program.id.clone(),
            program: program.text.clone(),
            what,
        });
    }
}

/// Describes an element that `side` never showed.
fn describe(program: &Program, side: Side, element: &Element) -> String {
    let other = side.other();
    let shown = program.of(other).seen.get(&element.key).unwrap_or(element);
    format!(
        "{} with {} only ({} of {} rounds, {} of them one after the other; 0 of {}): {}",
        element.facet,
        other.name(),
        shown.serial + shown.together,
        program.of(other).rounds,
        shown.serial,
        program.of(side).rounds,
        element.text
    )
}

impl Difference {
    /// Describes a guest that ended early.
    pub fn ended(Ended { side, id, problem }: Ended) -> Self {
        Self {
            program: id.clone(),
            id,
            what: vec![format!(
                "the guest with {} ended early: {problem}",
                side.name()
            )],
        }
    }

    /// Returns the seed or the name of the program.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Describes the difference, and how to see it.
    pub fn text(&self) -> String {
        let lines: String = self.what.iter().map(|line| format!("  {line}\n")).collect();
        format!(
            "\nPair {} differs. Type this after `make shell` and `make shell IMPL=c`:\n\n  \
             fuzz pairs '{}~300'\n\n{lines}",
            self.id, self.program
        )
    }
}
