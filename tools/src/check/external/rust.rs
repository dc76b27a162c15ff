// SPDX-License-Identifier: GPL-2.0-only

//! The formatter and the linter of Rust.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::lines;
use crate::check::Verdict;
use crate::host::cargo::cargo;
use crate::host::files;
use crate::host::process::capture;
use crate::host::toolchain::{MIN_RUSTC, Version};
use crate::host::ui::Step;
use crate::kernel::Workshop;
use crate::kernel::module::Modules;
use crate::kernel::module_sources;

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
