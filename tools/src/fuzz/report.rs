// SPDX-License-Identifier: GPL-2.0-only

//! Programs that differ, shrunk, as text and as JSON.

use anyhow::Result;
use serde::{Serialize, Serializer};
use serde_json::json;

use crate::fuzz::guests::{Pair, differing};
use crate::fuzz::shrink::{Kept, shrink};
use crate::host::ui::Step;
use crate::kernel::Workshop;

/// A program that the implementations disagree about.
pub struct Difference {
    seed: u64,
    /// The operations that are left after shrinking.
    kept: Kept,
    /// What it does with C and with Rust.
    outputs: [String; 2],
}

/// Shrinks the program of `seed`, and gets what is left of it from both guests.
pub fn explain(workshop: &Workshop, pair: &Pair, seed: u64) -> Result<Difference> {
    let mut step = Step::new("shrink", format!("program {seed}"));
    let [whole, _] = pair.show(workshop, seed, "all")?;
    let all: Kept = (0..count_steps(&whole)).collect();
    let kept = shrink(all, |candidates| {
        let size = candidates.first().map_or(0, Vec::len);
        step.set_what(format!("program {seed}: parts of {size} operations"));
        step.tick();
        let jobs: Vec<String> = candidates.iter().map(|kept| job(seed, kept)).collect();
        let [c, rust] = pair.batch(workshop, &jobs)?;
        let found = differing(&c, &rust);
        Ok(jobs.iter().map(|job| found.contains(job)).collect())
    })?;
    let outputs = pair.show(workshop, seed, &list(&kept))?;
    step.finish(format!(
        "program {seed}: {} operations are enough",
        kept.len()
    ));
    Ok(Difference {
        seed,
        kept,
        outputs,
    })
}

/// Returns the job that runs a part of the program of `seed`.
fn job(seed: u64, kept: &Kept) -> String {
    format!("{seed}:{}", list(kept))
}

fn list(kept: &Kept) -> String {
    let words: Vec<String> = kept.iter().map(usize::to_string).collect();
    words.join(",")
}

/// Returns how many operations a shown program has: their lines begin with their number.
fn count_steps(shown: &str) -> usize {
    let is_step = |line: &&str| {
        let mut words = line.split_whitespace();
        let number = words
            .next()
            .is_some_and(|word| word.parse::<usize>().is_ok());
        number && words.next() == Some("actor")
    };
    shown.lines().filter(is_step).count()
}

impl Difference {
    /// Returns which program differs.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Describes the difference, and how to see it.
    pub fn text(&self) -> String {
        let [c, rust] = &self.outputs;
        let command = format!("fuzz show {} --only={}", self.seed, list(&self.kept));
        format!(
            "\nProgram {} differs. Type this after `make shell` and `make shell IMPL=c`:\n\n  \
             {command}\n\nWith Rust (-: only with C, +: only with Rust):\n\n{}",
            self.seed,
            compare(c, rust)
        )
    }
}

impl Serialize for Difference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let [c, rust] = &self.outputs;
        let content = json!({ "seed": self.seed, "kept": self.kept, "c": c, "rust": rust });
        content.serialize(serializer)
    }
}

/// Returns the lines of `rust`, marked where `c` has others.
fn compare(c: &str, rust: &str) -> String {
    let (mut c, mut text) = (c.lines().peekable(), String::new());
    for line in rust.lines() {
        if c.clone().any(|other| other == line) {
            while let Some(lost) = c.next_if(|other| *other != line) {
                text += &format!("- {lost}\n");
            }
            c.next();
            text += &format!("  {line}\n");
        } else {
            text += &format!("+ {line}\n");
        }
    }
    c.for_each(|lost| text += &format!("- {lost}\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_counted_by_their_lines() {
        let shown = "   0 actor 0: Fork = 0\n       landlock_x: y\n  12 actor 1: Open = EACCES\n";
        assert_eq!(count_steps(shown), 2);
    }

    #[test]
    fn differing_lines_are_marked() {
        let marked = compare("a\nb\nc\n", "a\nx\nc\n");
        assert_eq!(marked, "  a\n+ x\n- b\n  c\n");
    }
}
