// SPDX-License-Identifier: GPL-2.0-only

//! Sizes: what is too long to be read in one go.

use anyhow::Result;

use crate::check::Verdict;
use crate::host::files::{self, Source};
use crate::kernel::Workshop;

/// Most lines of a function.
pub const MAX_FUNCTION: usize = 60;

/// Most lines of a file, unless it is a list of test cases.
const MAX_FILE: usize = 500;

/// Checks every source of the repository.
pub fn check(workshop: &Workshop) -> Result<Verdict> {
    let mut problems = Vec::new();
    let mut lines = 0;
    for folder in ["security-landlock-rs", "samples", "tools"] {
        for mut source in files::read(&workshop.place.repo.join(folder), &["rs", "c", "h"])? {
            source.path = std::path::Path::new(folder).join(&source.path);
            lines += source.text.lines().count();
            problems.extend(long_file(&source));
            let functions = functions_over(MAX_FUNCTION, &source).into_iter();
            problems.extend(functions.map(|(line, n)| format!("{}: {n} lines", source.at(line))));
        }
    }
    let remark = format!("{lines} lines, no function over {MAX_FUNCTION}");
    Ok(Verdict::new(problems, remark))
}

/// Finds out whether a file is too long.
fn long_file(source: &Source) -> Option<String> {
    let name = crate::host::place::name(&source.path);
    let lines = source.text.lines().count();
    let is_test = name.ends_with("_test.c") || source.path.iter().any(|part| part == "tests");
    let is_long = lines > MAX_FILE && !is_test;
    is_long.then(|| format!("{}: {lines} lines", source.path.display()))
}

/// Finds functions with more than `limit` lines: where they start, how long they are. Both languages
/// are formatted by a tool, so that a function ends with a brace in the column of its first line.
pub fn functions_over(limit: usize, source: &Source) -> Vec<(usize, usize)> {
    let is_c = source.path.extension() != Some("rs".as_ref());
    let mut open: Option<(usize, String)> = None;
    let mut found = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        match &open {
            Some((start, end)) if line.trim_end_matches(';') == end => {
                let length = index + 1 - start;
                if length > limit {
                    found.push((start + 1, length));
                }
                open = None;
            }
            Some(_) => {}
            None => open = opening(line, is_c).map(|end| (index, end)),
        }
    }
    found
}

/// Returns the line that ends the function which `line` opens.
fn opening(line: &str, is_c: bool) -> Option<String> {
    if is_c {
        return (line == "{").then(|| "}".to_owned());
    }
    let code = line.trim_start();
    let indent = &line[..line.len() - code.len()];
    let is_function = code.starts_with("fn ") || code.contains(" fn ");
    let is_whole = code.ends_with('}') || code.ends_with(';') || code.starts_with("//");
    (is_function && !is_whole).then(|| format!("{indent}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::files::source;

    #[test]
    fn long_functions_are_found() {
        let body = "        x();\n".repeat(70);
        let rust =
            format!("impl A {{\n    pub(crate) fn f() {{\n{body}    }}\n    fn g() {{}}\n}}\n");
        assert_eq!(functions_over(60, &source("a.rs", &rust)), [(2, 72)]);
        let c = format!("static int f(void)\n{{\n{body}}}\n");
        assert_eq!(functions_over(60, &source("a.c", &c)), [(2, 72)]);
        let empty = "FIXTURE(x)\n{\n};\n".to_owned() + &"\n".repeat(70);
        assert!(functions_over(60, &source("a.c", &empty)).is_empty());
    }

    #[test]
    fn long_files_are_found_but_for_tests() {
        let text = "x\n".repeat(501);
        assert!(long_file(&source("a.rs", &text)).is_some());
        assert!(long_file(&source("a_test.c", &text)).is_none());
    }
}
