// SPDX-License-Identifier: GPL-2.0-only

//! The commands of the documentation are those that a selftest runs, and the program in the README
//! is a sample.

const PAGE: &str = include_str!("../../Documentation/logs.rst");
const TEST: &str = include_str!("../testing/selftests/landlock-rs/recipe_test.c");
const README: &str = include_str!("../../README.md");
const SAMPLE: &str = include_str!("../../samples/landlock-rs/src/bin/cat-here.rs");

/// Returns the commands of each shell block with a name, as the test has them.
fn recipes() -> Vec<(String, String)> {
    let blocks = PAGE.split("\n.. code-block:: sh\n    :name: ").skip(1);

    blocks
        .filter_map(|block| {
            let (name, rest) = block.split_once("\n\n")?;
            let strings: String = rest
                .lines()
                .map_while(|line| line.strip_prefix("    "))
                .map(|command| format!("\n\t\"{}\\n\"", command.escape_default()))
                .collect();
            Some((name.replace('-', "_"), strings.replace("\\'", "'")))
        })
        .collect()
}

#[test]
fn each_recipe_is_run_by_the_selftest() {
    let recipes = recipes();

    assert_eq!(recipes.len(), 3);
    for (name, strings) in recipes {
        let declared = format!("static const char {name}[] ={strings};");
        assert!(TEST.contains(&declared), "recipe_test.c lacks: {declared}");
    }
}

#[test]
fn the_program_in_the_readme_is_a_sample() {
    let (_, rest) = README.split_once("```rust\n").unwrap();
    let (program, _) = rest.split_once("```").unwrap();

    assert!(program.starts_with("use ") && program.contains("fn main()"));
    assert!(SAMPLE.ends_with(program), "cat-here.rs lacks: {program}");
}
