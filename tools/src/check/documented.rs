// SPDX-License-Identifier: GPL-2.0-only

//! Kernel-doc: every function of the shim that is not static has a comment.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use regex::Regex;

use crate::check::Verdict;
use crate::check::own_tests::pattern;
use crate::host::files::{self, Source};
use crate::kernel::Workshop;
use crate::kernel::module_sources;

/// Folder of the shim.
const SHIM: &str = "shim";

/// A function that other files can call: its name is in the first column but for its type.
const FUNCTION: &str = r"^[a-z][\w \*]*?(\w+)\(.*[,)]$";

/// Checks every C file.
pub fn check(workshop: &Workshop) -> Result<Verdict> {
    let dir = workshop.place.repo.join(module_sources::SOURCES).join(SHIM);
    let function = pattern(FUNCTION)?;
    let mut problems = Vec::new();
    let mut count = 0;
    for source in files::read(&dir, &["c"])? {
        let names = functions(&source, &function);
        count += names.len();
        problems.extend(names.iter().filter_map(|name| missing(&source, name)));
    }
    ensure!(count > 0, "no function in {}", dir.display());
    let remark = format!("{count} functions of the shim");
    Ok(Verdict::new(problems, remark))
}

/// Returns the names of the functions of a file, each once.
fn functions(source: &Source, pattern: &Regex) -> BTreeSet<String> {
    let lines = source.text.lines();
    let lines = lines.filter(|line| !line.starts_with("static "));
    let names = lines.filter_map(|line| pattern.captures(line));
    names.map(|name| name[1].to_owned()).collect()
}

/// Finds out whether the function `name` has no comment.
fn missing(source: &Source, name: &str) -> Option<String> {
    let has_comment = source.text.contains(&format!("/**\n * {name}() - "));
    (!has_comment).then(|| format!("{}: {name}() has no kernel-doc", source.path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::files::source;

    #[test]
    fn functions_without_a_comment_are_found() {
        let text = "/**\n * a() - Do\n */\nint a(void)\n{\n\treturn b(0);\n}\n\n\
                    /* Returns. */\nconst struct x *c(const struct x *x,\n\t\tint y)\n{\n}\n\
                    static int d(void)\n{\n}\n\nstruct x e[] = {\n};\n";
        let source = source("a.c", text);
        let names = functions(&source, &pattern(FUNCTION).unwrap());
        assert!(names.iter().eq(["a", "c"]));
        assert_eq!(missing(&source, "a"), None);
        assert_eq!(
            missing(&source, "c").as_deref(),
            Some("a.c: c() has no kernel-doc")
        );
    }
}
