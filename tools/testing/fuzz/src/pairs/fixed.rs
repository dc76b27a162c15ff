// SPDX-License-Identifier: GPL-2.0-only

//! Programs with a name, which `make test` runs: those of faults that there were, and one for each
//! pair of protocols.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::pairs::program::Program;

/// The programs, as text.
const TEXT: &str = include_str!("fixed.ron");

/// Returns the programs by their names.
pub fn programs() -> Result<BTreeMap<String, Program>> {
    let programs: BTreeMap<String, Program> = ron::from_str(TEXT).context("bad fixed.ron")?;
    for (name, program) in &programs {
        program.check().with_context(|| format!("program {name}"))?;
    }
    Ok(programs)
}

#[cfg(test)]
mod tests {
    #[test]
    fn fixed_programs_are_programs() {
        let programs = super::programs().unwrap();
        assert!(programs.len() >= 25, "{}", programs.len());
        assert!(
            programs
                .keys()
                .all(|name| name.starts_with(char::is_alphabetic))
        );
    }
}
