// SPDX-License-Identifier: GPL-2.0-only

//! Ranks: a module names what is before it, or what is its own. Hooks do not name each other.

use anyhow::Result;

use crate::check::Verdict;
use crate::check::paths::{self, Names};
use crate::host::files::{self, Source};
use crate::kernel::Workshop;
use crate::kernel::module_sources;

/// The modules, from the one that knows nothing to the one that knows all.
const RANKS: [&str; 13] = [
    "policy", "kapi", "ids", "object", "ruleset", "domain", "cred", "file", "log", "walk", "hooks",
    "syscalls", "ffi",
];

/// Checks every file of the module.
pub fn check(workshop: &Workshop) -> Result<Verdict> {
    let sources = files::read(&workshop.place.repo.join(module_sources::SOURCES), &["rs"])?;
    let modules = sources.iter().map(|source| paths::module(&source.path));
    let hooks: Vec<String> = modules
        .filter_map(|path| hook_of(&path).map(str::to_owned))
        .collect();
    let problems = sources.iter().flat_map(|source| {
        let mut problems = check_ranks(source);
        problems.extend(check_siblings(source, &hooks));
        problems
    });
    let remark = format!("{} files name only what is before them", sources.len());
    Ok(Verdict::new(problems.collect(), remark))
}

/// Returns the rank of the module `name`.
fn rank(name: &str) -> Option<usize> {
    RANKS.iter().position(|module| *module == name)
}

/// Returns every path that a file names, by its tests as well.
fn named(source: &Source) -> Vec<Names> {
    [paths::named(source), paths::named_by_tests(source)].concat()
}

/// Finds modules that a file names although they come after its own.
fn check_ranks(source: &Source) -> Vec<String> {
    let Some(own) = rank(&paths::module(&source.path)[0]) else {
        return Vec::new();
    };
    let is_later = |name: &String| rank(name).is_some_and(|rank| rank > own);
    let names = named(source)
        .into_iter()
        .filter_map(|path| path.into_iter().next());
    let path = source.path.display();
    names
        .filter(is_later)
        .map(|name| format!("{path}: names {name}, which comes after it"))
        .collect()
}

/// Returns the name of a hook that a path leads to.
fn hook_of(path: &[String]) -> Option<&str> {
    match path {
        [folder, hook, ..] if folder == "hooks" => Some(hook),
        _ => None,
    }
}

/// Finds hooks that a file of `hooks/` names although they are not its own.
fn check_siblings(source: &Source, hooks: &[String]) -> Vec<String> {
    let own = paths::module(&source.path);
    let Some(own) = hook_of(&own) else {
        return Vec::new();
    };
    let paths = named(source);
    let others = paths.iter().filter_map(|path| hook_of(path));
    let path = source.path.display();
    others
        .filter(|other| *other != own && hooks.iter().any(|hook| hook == other))
        .map(|other| format!("{path}: names hooks/{other}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::files::source;

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
        assert_eq!(problems, ["hooks/file.rs: names hooks/path"]);
        assert!(check_siblings(&source("walk/x.rs", text), &hooks).is_empty());
    }
}
