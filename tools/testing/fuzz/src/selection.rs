// SPDX-License-Identifier: GPL-2.0-only

//! A part of a program: which of its operations are kept.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Error, Result};

use crate::program::Program;

/// Numbers of the operations that are kept, or all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection(Option<Vec<usize>>);

impl Selection {
    /// Keeps every operation.
    pub const ALL: Self = Self(None);

    /// Returns what was kept of `program`.
    pub fn of(program: &Program) -> Self {
        Self(program.kept.clone())
    }

    /// Returns the program with nothing but the kept operations.
    pub fn apply(&self, mut program: Program) -> Program {
        if let Some(kept) = &self.0 {
            let steps = kept.iter().filter_map(|index| program.steps.get(*index));
            program.steps = steps.cloned().collect();
            program.kept = Some(kept.clone());
        }
        program
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Some(kept) = &self.0 else {
            return formatter.write_str("all");
        };
        let words: Vec<String> = kept.iter().map(usize::to_string).collect();
        formatter.write_str(&words.join(","))
    }
}

impl FromStr for Selection {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "all" {
            return Ok(Self::ALL);
        }
        let numbers = text.split(',').filter(|word| !word.is_empty());
        let mut kept: Vec<usize> = numbers
            .map(|word| word.parse().with_context(|| format!("{word} is no number")))
            .collect::<Result<_>>()?;
        kept.sort_unstable();
        kept.dedup();
        Ok(Self(Some(kept)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate;

    #[test]
    fn a_selection_is_written_as_it_is_read() {
        for text in ["all", "1,5,9", ""] {
            assert_eq!(text.parse::<Selection>().unwrap().to_string(), text);
        }
        assert!("1,x".parse::<Selection>().is_err());
    }

    #[test]
    fn kept_operations_are_those_of_the_whole_program() {
        let whole = generate::program(5);
        let part = "2,7".parse::<Selection>().unwrap();
        let part = part.apply(generate::program(5));
        assert_eq!(part.steps.len(), 2);
        let text = |step| format!("{step:?}");
        assert_eq!(text(&part.steps[1]), text(&whole.steps[7]));
    }
}
