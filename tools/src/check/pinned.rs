// SPDX-License-Identifier: GPL-2.0-only

//! Pinned behaviour: what the documentation says of C Landlock, and of what Landlock protects from,
//! names tests that exist.

use std::fs;

use anyhow::{Context, Result};

use crate::check::Verdict;
use crate::check::own_tests::{OwnTests, pattern};
use crate::kernel::Workshop;

/// Where it is said: documents, and the sections of which every item names its tests.
const DOCUMENTS: [(&str, &[&str]); 3] = [
    (
        "Documentation/design.rst",
        &["Better than C", "Behaviour of C that is easy to miss"],
    ),
    (
        "Documentation/threat-model.rst",
        &[
            "Who decides",
            "What it protects",
            "What is left to a sandboxed program",
            "What belongs beside it",
            "What the slot and the module add",
            "What Rust buys",
        ],
    ),
    (
        "Documentation/user-guide.rst",
        &[
            "Rules on files and on directories",
            "Differences from C Landlock",
        ],
    ),
];

/// What is set as code. It may go on in the next line.
const CODE: &str = "``([^`]+)``";

/// What underlines the title of a section.
const UNDERLINE: &str = "===";

/// An item of a list: the number of its first line from 1, and its text.
type Item = (usize, String);

/// Checks every item of the sections.
pub fn check(workshop: &Workshop) -> Result<Verdict> {
    let repo = &workshop.place.repo;
    let own = OwnTests::find(repo)?;
    let mut problems = Vec::new();
    let mut count = 0;
    for (name, sections) in DOCUMENTS {
        let text = fs::read_to_string(repo.join(name));
        let text = text.with_context(|| format!("cannot read {name}"))?;
        for section in sections {
            let items = items(&text, section);
            if items.is_empty() {
                problems.push(format!("{name}: no items below \"{section}\""));
            }
            count += items.len();
            for item in &items {
                let problem = problem(item, &own)?;
                problems.extend(problem.map(|problem| format!("{name}:{problem}")));
            }
        }
    }
    let remark = format!("{count} items of the documents name their tests");
    Ok(Verdict::new(problems, remark))
}

/// Returns the items of `section`.
fn items(text: &str, section: &str) -> Vec<Item> {
    let lines = text.lines().enumerate();
    let after = lines.skip_while(|(_, line)| *line != section).skip(2);
    let within = after.take_while(|(_, line)| !line.starts_with(UNDERLINE));
    let mut items: Vec<Item> = Vec::new();
    for (index, line) in within {
        if line.starts_with("- ") {
            items.push((index + 1, line.to_owned()));
        } else if let (true, Some((_, text))) = (line.starts_with("  "), items.last_mut()) {
            text.push(' ');
            text.push_str(line.trim_start());
        }
    }
    items
}

/// Finds out whether an item names no test, or one that is not there; returns the line, and what is
/// wrong with it.
///
/// What has the form of a test's name has to be one.
fn problem(item: &Item, own: &OwnTests) -> Result<Option<String>> {
    let code = pattern(CODE)?;
    let form = pattern(r"^\w+_test \w|^tests::\w+::|^landlock_\w+\.\w")?;
    let (line, text) = item;
    let names: Vec<&str> = code
        .captures_iter(text)
        .filter_map(|found| found.get(1))
        .map(|name| name.as_str())
        .filter(|name| form.is_match(name))
        .collect();
    if let Some(name) = names.iter().find(|name| !own.has(name)) {
        return Ok(Some(format!("{line}: no such test: {name}")));
    }
    Ok(names.is_empty().then(|| format!("{line}: names no test")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::own_tests::own_tests;

    const TEXT: &str = "A\n===\n\n- other\n\nB\n===\n\nWords.\n\n- one (``a_test f.x``,\n  \
                        ``landlock_b.y``)\n- two of ``f()``\n- three: ``tests::a::z``\n\n\
                        C\n===\n\n- last ``tests::a::y``\n";

    #[test]
    fn items_of_one_section_are_found() {
        let lines: Vec<usize> = items(TEXT, "B").iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [11, 13, 14]);
        assert!(items(TEXT, "D").is_empty());
    }

    #[test]
    fn items_name_tests_that_exist() {
        let own = own_tests(&["a_test f.x", "landlock_b.y"]);
        let found: Vec<Option<String>> = items(TEXT, "B")
            .iter()
            .map(|item| problem(item, &own).unwrap())
            .collect();
        assert_eq!(found[0], None);
        assert_eq!(found[1].as_deref(), Some("13: names no test"));
        assert_eq!(found[2].as_deref(), Some("14: no such test: tests::a::z"));
    }
}
