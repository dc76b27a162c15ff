// SPDX-License-Identifier: GPL-2.0-only

//! Prints files below the current directory: a program that sandboxes itself. README.md has it.

#![forbid(unsafe_code)]

use landlock::{
    path_beneath_rules, Access, AccessFs, Ruleset, RulesetAttr, RulesetCreatedAttr, ABI,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rules = path_beneath_rules(["."], AccessFs::from_read(ABI::V10));
    let all = AccessFs::from_all(ABI::V10);
    let ruleset = Ruleset::default().handle_access(all)?.create()?;
    ruleset.add_rules(rules)?.restrict_self()?;

    // From here on, only files below the current directory can be read.
    for path in std::env::args().skip(1) {
        print!("{}", std::fs::read_to_string(path)?);
    }
    Ok(())
}
