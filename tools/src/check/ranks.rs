// SPDX-License-Identifier: GPL-2.0-only

//! Ranks: a module names what is before it, or what is its own. Hooks do not name each other.

use std::path::Path;
use std::sync::LazyLock;

use anyhow::Result;
use regex::Regex;

use crate::check::Verdict;
use crate::check::files::{self, Source};
use crate::kernel::Workshop;
use crate::module;

/// The modules, from the one that knows nothing to the one that knows all.
const RANKS: [&str; 13] = [
    "policy",
    "kapi",
    "ids",
    "object",
    "ruleset",
    "domain",
    "subject",
    "file_state",
    "log",
    "walk",
    "hooks",
    "syscalls",
    "ffi",
];

/// `crate::name`, or `crate::{` with names up to the matching end of a `use`.
static NAMED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"crate::(?:(\w+)|\{([^;]*?)\};)").ok());

/// `super::name` or `hooks::name` in a file of a folder.
static SIBLING: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:super|hooks)::(\w+)").ok());

/// Checks every file of the module.
pub fn check(workshop: &Workshop) -> Result<Verdict> {
    let sources = files::read(&workshop.place.repo.join(module::SOURCES), &["rs"])?;
    let hooks: Vec<String> = sources.iter().filter_map(hook_name).collect();
    let problems = sources.iter().flat_map(|source| {
        let mut problems = check_ranks(source);
        problems.extend(check_siblings(source, &hooks));
        problems
    });
    let remark = format!("{} files name only what is before them", sources.len());
    Ok(Verdict::new(problems.collect(), remark))
}

/// Returns the module that a file belongs to.
fn module_of(path: &Path) -> Option<String> {
    let first = path.components().next()?.as_os_str().to_string_lossy();
    Some(first.trim_end_matches(".rs").to_owned())
}

/// Returns the rank of the module `name`.
fn rank(name: &str) -> Option<usize> {
    RANKS.iter().position(|module| *module == name)
}

/// Returns the names in `text` that follow `crate::`, directly or in braces.
fn named(text: &str) -> Vec<String> {
    let Some(pattern) = NAMED.as_ref() else {
        return Vec::new();
    };
    let mut names = Vec::new();
    for found in pattern.captures_iter(text) {
        match (found.get(1), found.get(2)) {
            (Some(name), _) => names.push(name.as_str().to_owned()),
            (_, Some(group)) => names.extend(outer_names(group.as_str())),
            _ => {}
        }
    }
    names
}

/// Returns the first names of a group: `kapi::{a, b}, object::c` gives `kapi` and `object`.
fn outer_names(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut flat = String::new();
    for letter in group.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ if depth == 0 => flat.push(letter),
            _ => {}
        }
    }
    let first = |item: &str| item.trim().split("::").next().map(str::to_owned);
    let names = flat.split(',').filter_map(first);
    names.filter(|name| !name.is_empty()).collect()
}

/// Finds modules that a file names although they come after its own.
fn check_ranks(source: &Source) -> Vec<String> {
    let Some(own) = module_of(&source.path).and_then(|name| rank(&name)) else {
        return Vec::new();
    };
    let code: String = source.code().map(|(_, line)| format!("{line}\n")).collect();
    let is_later = |name: &String| rank(name).is_some_and(|rank| rank > own);
    let later = named(&code).into_iter().filter(is_later);
    let path = source.path.display();
    later
        .map(|name| format!("{path}: names {name}, which comes after it"))
        .collect()
}

/// Returns the name of a file in `hooks/`.
fn hook_name(source: &Source) -> Option<String> {
    let path = source.path.strip_prefix("hooks").ok()?;
    Some(path.to_string_lossy().trim_end_matches(".rs").to_owned())
}

/// Finds hooks that a file of `hooks/` names although they are not its own.
fn check_siblings(source: &Source, hooks: &[String]) -> Vec<String> {
    let (Some(own), Some(pattern)) = (hook_name(source), SIBLING.as_ref()) else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    for (number, line) in source.code() {
        for found in pattern.captures_iter(line) {
            if found[1] != own && hooks.iter().any(|hook| *hook == found[1]) {
                problems.push(format!("{}: names hooks/{}", source.at(number), &found[1]));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::files::source;

    #[test]
    fn groups_and_single_names() {
        let text = "use crate::policy;\nuse crate::{kapi::{a, log}, object::Object};\n";
        assert_eq!(named(text), ["policy", "kapi", "object"]);
    }

    #[test]
    fn what_comes_later_is_refused() {
        let text = "// crate::ffi\nuse crate::{policy, walk::Walk};\n";
        assert_eq!(check_ranks(&source("walk.rs", text)).len(), 0);
        let problems = check_ranks(&source("kapi/path.rs", text));
        assert_eq!(problems, ["kapi/path.rs: names walk, which comes after it"]);
        assert_eq!(check_ranks(&source("landlock.rs", text)).len(), 0);
    }

    #[test]
    fn hooks_do_not_name_each_other() {
        let hooks = ["file".to_owned(), "path".to_owned()];
        let text = "super::check(x);\nuse super::path;\n";
        let problems = check_siblings(&source("hooks/file.rs", text), &hooks);
        assert_eq!(problems, ["hooks/file.rs:2: names hooks/path"]);
        assert!(check_siblings(&source("walk/x.rs", text), &hooks).is_empty());
    }
}
