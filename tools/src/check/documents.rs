// SPDX-License-Identifier: GPL-2.0-only

//! `make htmldocs`: the documents as HTML, built by Sphinx with the extensions of the kernel's tree.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::host::deps::{self, needs::SPHINX};
use crate::host::place;
use crate::host::process::run;
use crate::host::ui::{self, Step};
use crate::kernel::Workshop;
use crate::kernel::module_sources;

/// Folder of the documents.
const SOURCES: &str = "Documentation";

/// Folder of the pages.
const RESULT: &str = "out/htmldocs";

/// What documents and the extensions read of the kernel's tree.
const OF_KERNEL: [&str; 4] = [
    "Documentation/sphinx",
    "include/linux/landlock_slot.h",
    "security/landlock/slot.c",
    "tools/lib/python",
];

/// Where the module's sources lie in a kernel's tree.
const OF_MODULE: &str = "security/landlock/rs";

/// `make htmldocs`: fails when Sphinx has a remark.
pub fn command(workshop: &Workshop) -> Result<()> {
    let remarks = build(workshop)?;
    for remark in &remarks {
        println!("  {remark}");
    }
    ensure!(remarks.is_empty(), "Sphinx has something to remark");
    ui::say("htmldocs", format!("{RESULT}/index.html"));
    Ok(())
}

/// Builds all documents from nothing, and returns what Sphinx remarks.
///
/// A second time, it would not remark what it did not read again.
pub fn build(workshop: &Workshop) -> Result<Vec<String>> {
    let place = workshop.place;
    deps::ensure_only(place, &SPHINX)?;
    let srctree = tempfile::tempdir().context("cannot create a folder")?;
    lay_out(workshop, srctree.path())?;
    let _ = fs::remove_dir_all(place.repo.join(RESULT));

    let mut step = Step::new("htmldocs", "building the documents");
    let mut sphinx = Command::new("sphinx-build");
    sphinx
        .args(["-q", "-b", "html", SOURCES, RESULT])
        .current_dir(&place.repo)
        .env("srctree", srctree.path())
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let log = place.log("htmldocs");
    let built = run(&mut sphinx, &log, |_| step.tick());
    let text = fs::read_to_string(&log).unwrap_or_default();
    let mut remarks = remarks(&text, &[srctree.path(), &place.repo]);
    if let (Err(error), true) = (built, remarks.is_empty()) {
        remarks.push(format!("{error:#}"));
    }
    Ok(remarks)
}

/// Reads what Sphinx printed, with paths below `dirs`.
fn remarks(text: &str, dirs: &[&Path]) -> Vec<String> {
    let shorten = |line: &str| {
        let dirs = dirs.iter().map(|dir| format!("{}/", dir.display()));
        dirs.fold(line.to_owned(), |line, dir| line.replace(&dir, ""))
    };
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(shorten).collect()
}

/// Makes of `dir` what documents take for the kernel's tree, with the module's sources in it.
fn lay_out(workshop: &Workshop, dir: &Path) -> Result<()> {
    for path in OF_KERNEL {
        link(&workshop.tree().join(path), &dir.join(path))?;
    }
    let sources = workshop.place.repo.join(module_sources::SOURCES);
    link(&sources, &dir.join(OF_MODULE))
}

/// Makes `link` lead to `target`.
fn link(target: &Path, link: &Path) -> Result<()> {
    place::make_dir(link.parent().unwrap_or(link))?;
    symlink(target, link).with_context(|| format!("cannot create {}", link.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_name_files_as_they_are_known() {
        let text = "/repo/Documentation/a.rst:3: WARNING: unknown document: 'b'\n\n\
                    /repo/Documentation/a:9: /tmp/x/security/landlock/slot.c:5: WARNING: oh\n";
        assert_eq!(
            remarks(text, &[Path::new("/tmp/x"), Path::new("/repo")]),
            [
                "Documentation/a.rst:3: WARNING: unknown document: 'b'",
                "Documentation/a:9: security/landlock/slot.c:5: WARNING: oh"
            ]
        );
        assert!(remarks("\n", &[]).is_empty());
    }
}
