// SPDX-License-Identifier: GPL-2.0-only

//! Circles: the files of a folder name each other in one direction.
//!
//! A file and the folder of the same name are one here.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use crate::check::Verdict;
use crate::check::paths::{self, Names};
use crate::host::files::{self, Source};
use crate::kernel::Workshop;
use crate::kernel::module_sources;

/// Folder of this tool's sources in the repository.
const TOOL: &str = "tools/src";

/// For each folder, what each of its files names of the others.
type Folders = BTreeMap<Names, BTreeMap<String, BTreeSet<String>>>;

/// Checks every folder of the module and of this tool. How the root of the module is ordered is a
/// matter of ranks.
pub fn check(workshop: &Workshop) -> Result<Verdict> {
    let folders = |root: &str| -> Result<Folders> {
        Ok(read(&files::read(
            &workshop.place.repo.join(root),
            &["rs"],
        )?))
    };
    let mut of_module = folders(module_sources::SOURCES)?;
    of_module.remove(&Names::new());
    let of_tool = folders(TOOL)?;
    let all = [(module_sources::SOURCES, &of_module), (TOOL, &of_tool)];
    let problems = all.into_iter().flat_map(|(root, folders)| {
        folders.iter().filter_map(move |(folder, files)| {
            let circle = circle(files)?.join(" -> ");
            Some(format!("{root}/{}: a circle: {circle}", folder.join("/")))
        })
    });
    let remark = format!("{} folders have none", of_module.len() + of_tool.len());
    Ok(Verdict::new(problems.collect(), remark))
}

/// Collects which files name which. The folder with an empty name is the root.
fn read(sources: &[Source]) -> Folders {
    let mut folders = Folders::new();
    for own in sources.iter().map(|source| paths::module(&source.path)) {
        if let Some((name, folder)) = own.split_last() {
            let files = folders.entry(folder.to_vec()).or_default();
            files.entry(name.clone()).or_default();
        }
    }
    for source in sources {
        let own = paths::module(&source.path);
        for other in paths::named(source) {
            let common = own
                .iter()
                .zip(&other)
                .take_while(|(own, other)| own == other);
            let common = common.count();
            if let (Some(from), Some(to), Some(files)) = (
                own.get(common),
                other.get(common),
                folders.get_mut(&own[..common]),
            ) {
                if files.contains_key(to) {
                    files.entry(from.clone()).or_default().insert(to.clone());
                }
            }
        }
    }
    folders
}

/// Returns a circle of files, if there is one, that ends with the file that it starts with.
fn circle(files: &BTreeMap<String, BTreeSet<String>>) -> Option<Names> {
    let mut left: BTreeMap<_, _> = files.iter().collect();
    // A file that names nothing that is left is in no circle.
    while let Some(name) = left
        .iter()
        .find(|(_, named)| named.iter().all(|name| !left.contains_key(name)))
        .map(|(name, _)| *name)
    {
        left.remove(name);
    }
    // From any of the others there is always a next one, until one comes again.
    let mut way = vec![*left.keys().next()?];
    loop {
        let next = left[way[way.len() - 1]]
            .iter()
            .find(|name| left.contains_key(name))?;
        let seen = way.iter().position(|name| *name == next);
        way.push(next);
        if let Some(start) = seen {
            return Some(way[start..].iter().map(|name| (*name).clone()).collect());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::files::source;

    fn read_all(files: &[(&str, &str)]) -> Folders {
        let sources: Vec<_> = files
            .iter()
            .map(|(path, text)| source(path, text))
            .collect();
        read(&sources)
    }

    fn circle_of(folder: &str, files: &[(&str, &str)]) -> Option<String> {
        let folder: Names = folder.split('/').map(str::to_owned).collect();
        circle(&read_all(files)[&folder]).map(|circle| circle.join(" -> "))
    }

    #[test]
    fn a_circle_is_refused() {
        let files = [
            ("policy/access.rs", ""),
            (
                "policy/layer.rs",
                "use super::{access::Access, rule::Grants};\n",
            ),
            ("policy/rule.rs", "use crate::policy::quiet;\n"),
            ("policy/quiet.rs", "use super::layer::Layers;\n"),
        ];
        assert_eq!(
            circle_of("policy", &files).as_deref(),
            Some("layer -> rule -> quiet -> layer")
        );
        assert_eq!(circle_of("policy", &files[..3]), None);
    }

    #[test]
    fn a_circle_of_folders_is_refused() {
        let files = [
            ("main.rs", "use crate::guest;\n"),
            ("guest/vm.rs", "use crate::kernel::build;\n"),
            ("kernel/build.rs", "use crate::host::place;\n"),
            ("host/place.rs", "use crate::guest;\n"),
            ("guest.rs", ""),
            ("kernel.rs", ""),
            ("host.rs", ""),
        ];
        let root = |files: &[(&str, &str)]| {
            circle(&read_all(files)[&Names::new()]).map(|names| names.join(" -> "))
        };
        assert_eq!(
            root(&files).as_deref(),
            Some("guest -> kernel -> host -> guest")
        );
        assert_eq!(root(&files[..3]), None);
    }

    #[test]
    fn a_file_and_its_folder_are_one() {
        let files = [
            ("kapi/a.rs", "use self::b::B;\n"),
            ("kapi/a/b.rs", "use super::{super::c, A};\n"),
            ("kapi/c.rs", "use super::a::A;\n"),
        ];
        assert_eq!(circle_of("kapi", &files).as_deref(), Some("a -> c -> a"));
        assert_eq!(circle_of("kapi", &files[..2]), None);
        assert_eq!(circle_of("kapi/a", &files), None);
    }

    #[test]
    fn tests_name_whom_they_like() {
        let files = [
            ("kapi/a.rs", "use super::b;\n"),
            ("kapi/b.rs", "mod tests {\n    use super::super::a;\n}\n"),
        ];
        assert_eq!(circle_of("kapi", &files), None);
    }
}
