// SPDX-License-Identifier: GPL-2.0-only

//! A copy of the policy and its tests, in which mutants are made and tried.
//!
//! In the copy the policy is a crate of its own, with nothing private to it: the tool looks at no
//! file outside of a crate, and a mutant does not make the compiler look at the tests again.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::host::cargo::POLICY;
use crate::host::files;
use crate::host::place::{self, Place};
use crate::host::process::{capture, run};
use crate::kernel::module_sources::SOURCES;

/// Where the copy has the policy.
pub const COPIED: &str = "landlock/src";

/// The crate that the policy is in the copy.
const MANIFEST: &str = "[package]\nname = \"landlock\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\
                        [dependencies]\npolicy-kernel = { path = \"../kernel\" }\n";

/// The crates beside that of the tests, in the copy.
const MEMBERS: &str = "members = [\"landlock\", \"kernel\", \"kernel/macros\"]";

/// The crate with the numbers of the API, here and in the copy.
const UAPI: &str = "tools/testing/uapi";

/// What the tests' crate depends on.
const DEPENDENCIES: &str = "[dependencies]\nlandlock = { path = \"landlock\" }\n";

/// What names the policy in the crate of the tests.
const INCLUDED: &str = "#[path = \"../../../../security-landlock-rs\"]
mod landlock {
    pub(crate) mod policy;
}
";

/// How many seconds the tests may take with a mutant. They take some seconds.
const TIMEOUT: &str = "120";

/// How the mutants of a trial ended, by the tool's names.
#[derive(Debug, Default)]
pub struct Ended {
    /// Those that a test noticed, be it by not ending.
    pub noticed: BTreeSet<String>,
    /// Those that no test noticed.
    pub missed: BTreeSet<String>,
    /// Those that do not compile.
    pub unviable: BTreeSet<String>,
}

/// A copy, for one trial at a time.
pub struct Copy<'a> {
    place: &'a Place,
    tool: &'a Path,
    name: String,
    dir: PathBuf,
}

impl<'a> Copy<'a> {
    /// Makes the copy number `index`, or brings it up to date.
    pub fn new(place: &'a Place, tool: &'a Path, index: usize) -> Result<Self> {
        let name = format!("mutants-{index}");
        let dir = place.cache.join("prove").join(&name);
        let [tests, sources] = [POLICY, SOURCES].map(|folder| place.repo.join(folder));
        let policy = dir.join(COPIED);
        let as_is = |text: &str| text.to_owned();
        let public = |text: &str| {
            text.replace("pub(crate)", "pub")
                .replace("pub(super)", "pub")
        };
        let besides = |text: &str| text.replace(INCLUDED, "");
        mirror(&sources.join("policy"), &policy.join("policy"), public)?;
        mirror(&tests.join("src"), &dir.join("src"), besides)?;
        mirror(&tests.join("kernel"), &dir.join("kernel"), as_is)?;
        mirror(&place.repo.join(UAPI), &dir.join(UAPI), as_is)?;
        copy(
            &sources.join("policy.rs"),
            &policy.join("policy.rs"),
            public,
        )?;
        copy(&tests.join("build.rs"), &dir.join("build.rs"), as_is)?;
        copy(
            &tests.join("build.rs"),
            &dir.join("landlock/build.rs"),
            as_is,
        )?;
        copy(
            &place.repo.join("Cargo.lock"),
            &dir.join("Cargo.lock"),
            as_is,
        )?;
        write(&dir.join("Cargo.toml"), &manifest(place)?)?;
        write(&dir.join("landlock/Cargo.toml"), MANIFEST)?;
        write(&policy.join("lib.rs"), "pub mod policy;\n")?;
        Ok(Self {
            place,
            tool,
            name,
            dir,
        })
    }

    /// Weakens a test: in its `file`, which has `from` once, puts `to` in that place.
    pub fn weaken(&self, file: &str, from: &str, to: &str) -> Result<()> {
        let path = self.dir.join(file);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {file}"))?;
        let times = text.matches(from).count();
        ensure!(times == 1, "{file} has {times} times: {from}");
        write(&path, &text.replace(from, to))
    }

    /// Returns the tool's names of all mutants, in the order of the source.
    pub fn list(&self) -> Result<Vec<String>> {
        let text = capture(self.command().arg("--list")).context("mutants cannot be listed")?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Tries mutants: with the policy's own tests, which take no time, then those that are left with
    /// all tests. Calls `tick` meanwhile.
    pub fn try_mutants(&self, names: &BTreeSet<String>, mut tick: impl FnMut()) -> Result<Ended> {
        let mut ended = self.test("--test-package=landlock", names, &mut tick)?;
        let left = std::mem::take(&mut ended.missed);
        ended.extend(self.test("--test-workspace=true", &left, &mut tick)?);
        Ok(ended)
    }

    /// Tries mutants with `tests`, after these passed without a mutant.
    fn test(&self, tests: &str, names: &BTreeSet<String>, tick: &mut dyn FnMut()) -> Result<Ended> {
        if names.is_empty() {
            return Ok(Ended::default());
        }
        let target = self.dir.join("target");
        let out = target.join("mutants.out");
        let _ = fs::remove_dir_all(&out);
        place::make_dir(&target)?;
        let mut command = self.command();
        command
            .args([
                "--in-place",
                tests,
                "--cap-lints=true",
                "--timeout",
                TIMEOUT,
            ])
            .arg("--output")
            .arg(&target);
        command.args(
            names
                .iter()
                .map(|name| format!("--re=^{}$", regex::escape(name))),
        );
        // The tool also fails if a mutant is missed.
        let ran = run(&mut command, &self.place.log(&self.name), |_| tick());
        let ended = Ended::read(&out);
        if let Some(name) = names.iter().find(|name| !ended.has(name)) {
            ran?;
            bail!("{name} was not tried");
        }
        Ok(ended)
    }

    /// Makes a command of the tool. Random inputs are the same each time, and the first one that a
    /// test fails with is enough.
    fn command(&self) -> Command {
        let mut command = Command::new(self.tool);
        command
            .args(["mutants", "--colors=never"])
            .args(["--package=landlock", r"--exclude-re=\btests::"])
            .current_dir(&self.dir)
            .env_remove("CARGO_MANIFEST_DIR")
            .env("CARGO_TARGET_DIR", self.dir.join("target"))
            .env("CARGO_PROFILE_DEV_DEBUG", "none")
            .env("CARGO_PROFILE_DEV_INCREMENTAL", "true")
            .env("PROPTEST_RNG_SEED", "1")
            .env("PROPTEST_MAX_SHRINK_ITERS", "0")
            .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1");
        command
    }
}

impl Ended {
    /// Reads the results that the tool wrote to the folder `out`.
    fn read(out: &Path) -> Self {
        let names = |file: &str| -> BTreeSet<String> {
            let text = fs::read_to_string(out.join(file)).unwrap_or_default();
            text.lines().map(str::to_owned).collect()
        };
        Self {
            noticed: &names("caught.txt") | &names("timeout.txt"),
            missed: names("missed.txt"),
            unviable: names("unviable.txt"),
        }
    }

    /// Returns whether a mutant was tried.
    fn has(&self, name: &str) -> bool {
        let all = [&self.noticed, &self.missed, &self.unviable];
        all.iter().any(|names| names.contains(name))
    }

    /// Takes in those of another trial.
    pub fn extend(&mut self, other: Self) {
        self.noticed.extend(other.noticed);
        self.missed.extend(other.missed);
        self.unviable.extend(other.unviable);
    }
}

/// Returns the manifest of the copy: that of the workspace, with that of the tests as its root.
fn manifest(place: &Place) -> Result<String> {
    let read = |path: PathBuf| {
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let workspace = read(place.repo.join("Cargo.toml"))?;
    let tests = read(place.repo.join(POLICY).join("Cargo.toml"))?;
    let (start, rest) = workspace.split_once("members = [").context("no members")?;
    let (_, end) = rest.split_once("\n]").context("no end of the members")?;
    let tests = tests.replace("[dependencies]\n", DEPENDENCIES);
    Ok(format!("{start}{MEMBERS}{end}\n{tests}"))
}

/// Makes the sources of the folder `to` what `edit` makes of those of `from`.
fn mirror(from: &Path, to: &Path, edit: impl Fn(&str) -> String) -> Result<()> {
    const SOURCES: [&str; 2] = ["rs", "toml"];

    place::make_dir(to)?;
    for path in files::find(to, &SOURCES)? {
        if !from.join(path.strip_prefix(to)?).exists() {
            fs::remove_file(&path).context("cannot remove an old copy")?;
        }
    }
    for path in files::find(from, &SOURCES)? {
        copy(&path, &to.join(path.strip_prefix(from)?), &edit)?;
    }
    Ok(())
}

/// Makes the file `to` what `edit` makes of `from`.
fn copy(from: &Path, to: &Path, edit: impl Fn(&str) -> String) -> Result<()> {
    let text = fs::read_to_string(from).with_context(|| format!("cannot read {from:?}"))?;
    write(to, &edit(&text))
}

/// Writes a file, unless it has this text: what cargo compiled is as old as the file.
fn write(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|former| former == text) {
        return Ok(());
    }
    place::write(path, text)
}
