// SPDX-License-Identifier: GPL-2.0-only

//! Checks that other programs carry out.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::check::Verdict;
use crate::check::{documents, rustdoc};
use crate::guest::programs::RACE;
use crate::host::cargo::cargo;
use crate::host::files;
use crate::host::place;
use crate::host::process::capture;
use crate::host::toolchain::{MIN_RUSTC, Version};
use crate::host::ui::Step;
use crate::kernel::Workshop;
use crate::kernel::module::Modules;
use crate::kernel::module_sources;

/// Folders with our C.
const C_FOLDERS: [&str; 3] = ["security-landlock-rs", "tools/testing/slot", "samples"];

/// Folders with our C that has no kernel-doc.
const C_TESTS: [&str; 2] = ["tools/testing/selftests/landlock-rs", RACE];

/// Folder of patches to C Landlock, which are not applied to what is built here.
const FIXES: &str = "patches/landlock-fixes";

/// Versions of Rust whose formatter and linter agree on this code: the oldest and the newest one that
/// was tried. Others may say something else, and do not judge.
const JUDGES: [Version; 2] = [MIN_RUSTC, Version(1, 96, 0)];

/// What the linter of Rust 1.85 remarks, and later ones do not: shifts within sums of bits, and lists
/// of formatted texts.
const OUTDATED: [&str; 4] = ["-A", "clippy::precedence", "-A", "clippy::format_collect"];

/// Returns why the program `what` that belongs to the Rust of version `found` does not judge, if it
/// does not.
fn dismissal(what: &str, found: Option<Version>) -> Option<String> {
    let [oldest, newest] = JUDGES;
    let Some(found) = found else {
        return Some(format!(
            "no {what}: install that of Rust {oldest} to {newest}"
        ));
    };
    let is_judge = (oldest.minor()..=newest.minor()).contains(&found.minor());
    (!is_judge).then(|| format!("{what} is of Rust {found}; {oldest} to {newest} judge"))
}

/// Runs a command and returns the lines that it printed, with whether it succeeded.
fn lines(command: &mut Command) -> Result<(Vec<String>, bool)> {
    let program = command.get_program().to_owned();
    let output = command
        .output()
        .with_context(|| format!("cannot start {program:?}"))?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    Ok((lines.map(str::to_owned).collect(), output.status.success()))
}

/// Checks the format of all Rust: that of the kernel for the module, that of each crate for it.
pub fn rustfmt(workshop: &Workshop) -> Result<Verdict> {
    if let Some(reason) = dismissal("rustfmt", workshop.toolchain.rust_version()) {
        return Ok(Verdict::Skipped(reason));
    }
    let repo = &workshop.place.repo;
    let module = repo.join(module_sources::SOURCES);
    let mut problems = format_of(workshop, &module, "2021", Some(workshop.tree()))?;
    for Member { dir, edition } in members(repo)? {
        problems.extend(format_of(workshop, &dir.join("src"), &edition, None)?);
    }
    Ok(Verdict::new(problems, "all Rust is formatted"))
}

/// A crate of the workspace.
struct Member {
    dir: PathBuf,
    edition: String,
}

/// Returns the crates of the workspace in the folder `repo`.
fn members(repo: &Path) -> Result<Vec<Member>> {
    let mut cargo = cargo("metadata");
    cargo
        .args(["--no-deps", "--offline", "--format-version", "1"])
        .current_dir(repo);
    let metadata: Value = serde_json::from_str(&capture(&mut cargo)?)?;
    let packages = metadata["packages"].as_array();
    let members = packages.into_iter().flatten().map(|package| {
        let manifest = Path::new(package["manifest_path"].as_str()?);
        Some(Member {
            dir: manifest.parent()?.to_owned(),
            edition: package["edition"].as_str()?.to_owned(),
        })
    });
    let members: Option<Vec<_>> = members.collect();
    members.context("cargo does not say what the workspace has")
}

/// Runs the formatter on the Rust below `dir`, with the configuration of the tree `config` if one
/// is given.
fn format_of(
    workshop: &Workshop,
    dir: &Path,
    edition: &str,
    config: Option<&Path>,
) -> Result<Vec<String>> {
    let mut rustfmt = Command::new(workshop.toolchain.rustfmt());
    rustfmt.args(["--check", "--edition", edition]);
    if let Some(config) = config {
        rustfmt.arg("--config-path").arg(config);
    }
    rustfmt.args(files::find(dir, &["rs"])?);
    let (lines, clean) = lines(&mut rustfmt)?;
    Ok(if clean { Vec::new() } else { lines })
}

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

/// Builds the documents.
pub fn htmldocs(workshop: &Workshop) -> Result<Verdict> {
    let problems = documents::build(workshop)?;
    Ok(Verdict::new(problems, "no warning about the documents"))
}

/// Builds the documentation of the module's Rust code.
pub fn rustdoc(workshop: &Workshop) -> Result<Verdict> {
    let problems = rustdoc::build(workshop)?;
    Ok(Verdict::new(problems, "no warning about the module"))
}

/// Runs the linter of the kernel's compiler on the module.
pub fn clippy_module(workshop: &Workshop) -> Result<Verdict> {
    let toolchain = &workshop.toolchain;
    let version = toolchain.rust_version();
    if let Some(reason) = dismissal("clippy", version.filter(|_| toolchain.has_clippy())) {
        return Ok(Verdict::Skipped(format!("module: {reason}")));
    }
    let step = Step::new("clippy", "module");
    let built = Modules::lint(workshop);
    drop(step);
    let log = workshop.place.log("clippy");
    let text = fs::read_to_string(&log).unwrap_or_default();
    let mut problems = remarks(&text);
    if let (Err(error), true) = (built, problems.is_empty()) {
        problems.push(format!("{error:#}"));
    }
    Ok(Verdict::new(problems, "module: no remark"))
}

/// Runs the linter on the crates of the host.
pub fn clippy_host(workshop: &Workshop) -> Result<Verdict> {
    let (version, _) = lines(cargo("clippy").arg("--version"))?;
    if let Some(reason) = dismissal("clippy", clippy_version(&version)) {
        return Ok(Verdict::Skipped(format!("host: {reason}")));
    }
    let step = Step::new("clippy", "crates of the host");
    let mut clippy = cargo("clippy");
    clippy
        .args(["--quiet", "--locked", "--workspace", "--all-targets", "--"])
        .args(OUTDATED)
        .current_dir(&workshop.place.repo)
        .env(
            "CARGO_TARGET_DIR",
            workshop.place.cache.join("target/clippy"),
        );
    let (lines, clean) = lines(&mut clippy)?;
    drop(step);
    let mut problems = remarks(&lines.join("\n"));
    if !clean && problems.is_empty() {
        problems = lines;
    }
    Ok(Verdict::new(problems, "crates of the host: no remark"))
}

/// Reads from what Clippy says, `clippy 0.1.85`, which Rust it belongs to.
fn clippy_version(lines: &[String]) -> Option<Version> {
    let line = lines.iter().find(|line| line.starts_with("clippy "))?;
    let Version(_, major, minor) = Version::find(line)?;
    Some(Version(major, minor, 0))
}

/// What a compiler writes about its remarks as a whole.
const SUMMARIES: [&str; 4] = [
    " generated ",
    "could not compile",
    " emitted",
    "aborting due",
];

/// Picks the remarks out of what a compiler printed, each with its place.
pub fn remarks(text: &str) -> Vec<String> {
    let mut remarks: Vec<String> = Vec::new();
    for line in text.lines() {
        let is_remark = line.starts_with("warning") || line.starts_with("error");
        let is_summary = SUMMARIES.iter().any(|summary| line.contains(summary));
        if is_remark && !is_summary {
            remarks.push(line.to_owned());
        } else if let (Some(place), Some(last)) =
            (line.trim_start().strip_prefix("--> "), remarks.last_mut())
        {
            if !last.contains(" at ") {
                last.push_str(&format!(" at {place}"));
            }
        }
    }
    remarks
}

/// Checks that the shell scripts can be parsed.
pub fn shell(workshop: &Workshop) -> Result<Verdict> {
    let scripts = ["tools/bootstrap.sh", "tools/guest/init", ".ci/run"];
    let mut problems = Vec::new();
    for script in scripts {
        let path = workshop.place.repo.join(script);
        let mut sh = Command::new("sh");
        sh.args([OsStr::new("-n"), path.as_os_str()]);
        problems.extend(lines(&mut sh)?.0);
    }
    Ok(Verdict::new(problems, format!("{} scripts", scripts.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_that_were_tried_judge() {
        assert_eq!(dismissal("clippy", Some(Version(1, 85, 1))), None);
        assert_eq!(dismissal("clippy", Some(Version(1, 96, 2))), None);
        assert_eq!(
            dismissal("clippy", Some(Version(1, 97, 0))).as_deref(),
            Some("clippy is of Rust 1.97; 1.85 to 1.96 judge")
        );
        assert_eq!(
            dismissal("rustfmt", None).as_deref(),
            Some("no rustfmt: install that of Rust 1.85 to 1.96")
        );
    }

    #[test]
    fn clippy_counts_as_rust_does() {
        let says = ["clippy 0.1.85 (4eb1612 2025-03-15)".to_owned()];
        assert_eq!(clippy_version(&says), Some(Version(1, 85, 0)));
        assert_eq!(clippy_version(&["error: no such command".to_owned()]), None);
    }

    #[test]
    fn remarks_have_their_place() {
        let text = "warning: unused variable: `x`\n  --> src/a.rs:3:9\n   |\n\
                    warning: `a` (lib) generated 1 warning\nerror: oh\n --> src/b.rs:1:1\n";
        assert_eq!(
            remarks(text),
            [
                "warning: unused variable: `x` at src/a.rs:3:9",
                "error: oh at src/b.rs:1:1"
            ]
        );
    }
}
