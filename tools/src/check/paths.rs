// SPDX-License-Identifier: GPL-2.0-only

//! Paths that the sources of the module name, from the root of its crate.

use std::path::Path;

use crate::host::files::Source;

/// Names of modules and of what is in them: `policy`, `access`, `AccessFs`.
pub type Names = Vec<String>;

/// What starts a path that leads through the crate.
const STARTS: [&str; 2] = ["crate::", "super::"];

/// The line at which the tests of a file start.
const TESTS: &str = "mod tests {";

/// Returns the module that a file is.
pub fn module(path: &Path) -> Names {
    let path = path.with_extension("");
    let names = path.iter();
    names
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

/// Returns every path that the code of `source` names, but for its tests.
pub fn named(source: &Source) -> Vec<Names> {
    let code = lines(source).take_while(|line| *line != TESTS);
    let mut parent = module(&source.path);
    parent.pop();
    find(&parent, &code.collect::<Vec<_>>().join("\n"))
}

/// Returns every path that the tests of `source` name, which come last.
pub fn named_by_tests(source: &Source) -> Vec<Names> {
    let tests = lines(source).skip_while(|line| *line != TESTS);
    let parent = module(&source.path);
    find(&parent, &tests.collect::<Vec<_>>().join("\n"))
}

fn lines(source: &Source) -> impl Iterator<Item = &str> {
    source.code().map(|(_, line)| line)
}

/// Finds the paths in `code`, where `super` stands for `parent`.
fn find(parent: &[String], mut code: &str) -> Vec<Names> {
    let mut found = Vec::new();
    while let Some(start) = STARTS.iter().filter_map(|start| code.find(start)).min() {
        code = &code[start..];
        code = match code.strip_prefix("crate::") {
            Some(path) => expand(&[], path, &mut found),
            None => expand(parent, &code["super::".len()..], &mut found),
        };
    }
    found
}

/// Adds the paths that `text` starts with, each after `before`: one, or those of a group in braces.
/// Returns what follows.
fn expand<'a>(before: &[String], text: &'a str, found: &mut Vec<Names>) -> &'a str {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let (name, after) = text.split_at(text.find(|letter| !is_name(letter)).unwrap_or(text.len()));
    if let Some(group) = text.strip_prefix('{') {
        return expand_group(before, group, found);
    }
    let path = match name {
        "super" => before[..before.len().saturating_sub(1)].to_vec(),
        "self" | "" => before.to_vec(),
        _ => [before, &[name.to_owned()]].concat(),
    };
    match after.strip_prefix("::") {
        Some(more) => expand(&path, more, found),
        None => {
            found.push(path);
            after
        }
    }
}

/// Adds the paths of a group, of which `text` is what follows the brace. Returns what follows it.
fn expand_group<'a>(before: &[String], mut text: &'a str, found: &mut Vec<Names>) -> &'a str {
    loop {
        text = text.trim_start_matches(|letter: char| letter == ',' || letter.is_whitespace());
        if text.is_empty() {
            return text;
        }
        if let Some(after) = text.strip_prefix('}') {
            return after;
        }
        text = expand(before, text, found);
        // What else there may be, such as `as name`.
        text = &text[text.find([',', '}']).unwrap_or(text.len())..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::files::source;

    fn named_in(path: &str, text: &str) -> Vec<String> {
        let paths = named(&source(path, text));
        paths.iter().map(|names| names.join("::")).collect()
    }

    #[test]
    fn groups_and_single_names() {
        let text = "use crate::policy;\nuse crate::{\n    kapi::{a, log as b, c::*}, // crate::x\n    \
                    object::Object,\n};\nlet x = crate::walk::check(1);\n";
        assert_eq!(
            named_in("hooks.rs", text),
            [
                "policy",
                "kapi::a",
                "kapi::log",
                "kapi::c",
                "object::Object",
                "walk::check"
            ]
        );
    }

    #[test]
    fn what_is_above_is_named_from_the_root() {
        let text = "use super::{a::{self, B}, c};\nfn f(x: X<super::super::d::E>) {}\n";
        assert_eq!(
            named_in("x/y/z.rs", text),
            ["x::y::a", "x::y::a::B", "x::y::c", "x::d::E"]
        );
    }

    #[test]
    fn tests_are_apart() {
        let text = "use super::a;\nmod tests {\n    use super::super::b;\n}\n";
        assert_eq!(named_in("x/y.rs", text), ["x::a"]);
        assert_eq!(named_by_tests(&source("x/y.rs", text)), [["x", "b"]]);
    }
}
