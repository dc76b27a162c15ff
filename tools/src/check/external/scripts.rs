// SPDX-License-Identifier: GPL-2.0-only

//! The scripts of the kernel's tree: checkpatch.pl and kernel-doc.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::lines;
use crate::check::Verdict;
use crate::guest::programs::RACE;
use crate::host::files;
use crate::host::place;
use crate::kernel::Workshop;

/// Folders with our C.
const C_FOLDERS: [&str; 3] = ["security-landlock-rs", "tools/testing/slot", "samples"];

/// Folders with our C that has no kernel-doc.
const C_TESTS: [&str; 2] = ["tools/testing/selftests/landlock-rs", RACE];

/// Folder of patches to C Landlock, which are not applied to what is built here.
const FIXES: &str = "patches/landlock-fixes";

/// Runs `checkpatch.pl --strict` on the patches and on our C, and tries whether the patches to C
/// Landlock apply. The other ones are applied before any check.
///
/// The patches are not signed off: they are not sent from here.
pub fn checkpatch(workshop: &Workshop) -> Result<Verdict> {
    let patches = files::find(&workshop.place.repo.join("patches"), &["patch"])?;
    let sources = c_files(workshop, &[&C_FOLDERS[..], &C_TESTS].concat())?;
    let mut problems = Vec::new();
    for patch in &patches {
        problems.extend(checkpatch_one(workshop, patch, &["--no-signoff"])?);
    }
    for source in &sources {
        problems.extend(checkpatch_one(workshop, source, &["--no-tree", "--file"])?);
    }
    problems.extend(fixes(workshop)?);
    let remark = format!("{} patches, {} C files", patches.len(), sources.len());
    Ok(Verdict::new(problems, remark))
}

/// Runs `checkpatch.pl` on one file, with what a `.checkpatch.conf` beside it excuses.
fn checkpatch_one(workshop: &Workshop, path: &Path, arguments: &[&str]) -> Result<Vec<String>> {
    let mut perl = Command::new("perl");
    perl.args(["scripts/checkpatch.pl", "--strict", "--quiet", "--terse"])
        .arg("--show-types")
        .args(excuses(path))
        .args(arguments)
        .arg(path)
        .current_dir(workshop.tree());
    let (lines, _) = lines(&mut perl)?;
    let prefix = format!("{}/", workshop.place.repo.display());
    let problems = lines.iter().filter(|line| !line.starts_with("total: "));
    Ok(problems.map(|line| line.replace(&prefix, "")).collect())
}

/// Returns which patches to C Landlock do not apply to the kernel's tree.
fn fixes(workshop: &Workshop) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for fix in files::find(&workshop.place.repo.join(FIXES), &["patch"])? {
        let mut patch = Command::new("patch");
        patch
            .args(["-p1", "--dry-run", "--force", "--silent", "--input"])
            .arg(&fix)
            .current_dir(workshop.tree());
        let (_, applies) = lines(&mut patch)?;
        if !applies {
            problems.push(format!("{} does not apply", place::name(&fix)));
        }
    }
    Ok(problems)
}

/// Reads the arguments in the `.checkpatch.conf` of the folder that has `path`.
fn excuses(path: &Path) -> Vec<String> {
    let conf = path.with_file_name(".checkpatch.conf");
    let text = fs::read_to_string(conf).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect()
}

/// Finds the C files of `folders`.
fn c_files(workshop: &Workshop, folders: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in folders {
        found.extend(files::find(&workshop.place.repo.join(folder), &["c", "h"])?);
    }
    Ok(found)
}

/// Checks the documentation comments of our C.
pub fn kernel_doc(workshop: &Workshop) -> Result<Verdict> {
    let sources = c_files(workshop, &C_FOLDERS)?;
    let mut command = Command::new("python3");
    command
        .args(["scripts/kernel-doc", "-none"])
        .args(&sources)
        .current_dir(workshop.tree());
    let (problems, _) = lines(&mut command)?;
    Ok(Verdict::new(problems, format!("{} C files", sources.len())))
}
