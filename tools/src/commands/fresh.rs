// SPDX-License-Identifier: GPL-2.0-only

//! `make fresh`: the two commands of the README on a new Debian, from nothing.
//!
//! Each Debian is a root made with debootstrap. What is mounted for it is mounted in a namespace of
//! its own, and processes in it end with that namespace, so that nothing is left when this tool ends,
//! however it does. Packages that were fetched stay in the cache, roots do not.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;

use crate::host::deps::debian::Debian;
use crate::host::place::{self, Place};
use crate::host::process::run;
use crate::host::ui::{self, Step};

mod root;

/// The commands of the README.
const COMMANDS: [&str; 2] = ["run", "test"];

/// Name of the user that has sudo.
const USER: &str = "builder";

/// Starts a command in the root `$1` as the user `$2`; `$3` has the fetched packages.
const ENTER: &str = r#"
root=$1 user=$2 archives=$3; shift 3
mount -t proc proc "$root/proc" &&
mount --rbind /dev "$root/dev" &&
mount --bind "$archives" "$root/var/cache/apt/archives" &&
exec chroot "$root" runuser -u "$user" -- env -i "$@"
"#;

/// The user that types the commands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum User {
    /// The administrator.
    Root,
    /// A user with sudo.
    Sudo,
}

/// A new Debian and its user.
struct Case {
    name: &'static str,
    suite: &'static str,
    debian: Debian,
    user: User,
}

/// All cases, those that are run unless one is asked for first.
const CASES: [Case; 4] = [
    Case::new("bookworm-root", "bookworm", Debian::Bookworm, User::Root),
    Case::new("trixie-sudo", "trixie", Debian::Trixie, User::Sudo),
    Case::new("bookworm-sudo", "bookworm", Debian::Bookworm, User::Sudo),
    Case::new("trixie-root", "trixie", Debian::Trixie, User::Root),
];

/// How many of [`CASES`] are run unless one is asked for: each release and each user once.
const USUAL: usize = 2;

/// What a command of the README took and said.
#[derive(Serialize)]
struct Outcome {
    case: &'static str,
    command: &'static str,
    seconds: u64,
    passed: bool,
    last_line: String,
}

impl Case {
    const fn new(name: &'static str, suite: &'static str, debian: Debian, user: User) -> Self {
        Self {
            name,
            suite,
            debian,
            user,
        }
    }

    /// Returns the name of the user and the folder where it is at home.
    fn account(&self) -> (&'static str, PathBuf) {
        match self.user {
            User::Root => ("root", PathBuf::from("/root")),
            User::Sudo => (USER, Path::new("/home").join(USER)),
        }
    }

    /// Returns what a new system has besides the essential packages: what somebody who has a clone of
    /// this repository has.
    fn packages(&self) -> &'static str {
        match self.user {
            User::Root => "make",
            User::Sudo => "make,sudo",
        }
    }
}

/// Runs the case `only`, or one for each release.
pub fn command(place: &Place, only: Option<&str>) -> Result<()> {
    ensure!(
        rustix::process::geteuid().is_root(),
        "make fresh mounts and changes its root: start it as root"
    );
    let cases: Vec<&Case> = match only {
        Some(only) => CASES.iter().filter(|case| case.name == only).collect(),
        None => CASES.iter().take(USUAL).collect(),
    };
    if cases.is_empty() {
        let names = CASES.map(|case| case.name);
        bail!("there is no such case: T= one of {}", names.join(", "));
    }
    let mut outcomes = Vec::new();
    for case in cases {
        outcomes.extend(run_case(place, case)?);
        let json = serde_json::to_string_pretty(&outcomes)? + "\n";
        place::write(&place.out.join("fresh.json"), json)?;
    }
    ui::say("results", "out/fresh.json");
    let failed = outcomes.iter().filter(|outcome| !outcome.passed).count();
    ensure!(failed == 0, "{failed} commands failed; see out/log/fresh-*");
    Ok(())
}

/// Makes the root of `case` and types the commands of the README there.
fn run_case(place: &Place, case: &Case) -> Result<Vec<Outcome>> {
    let cache = place.cache.join("fresh");
    let archives = cache.join("archives").join(case.suite);
    place::make_dir(&archives.join("partial"))?;
    let root = tempfile::Builder::new()
        .prefix("root-")
        .tempdir_in(&cache)
        .context("cannot create a root")?;
    root::bootstrap(place, case, root.path())?;
    root::furnish(place, case, root.path())?;
    let mut outcomes = Vec::new();
    for command in COMMANDS {
        let outcome = type_in(place, case, root.path(), &archives, command)?;
        let passed = outcome.passed;
        outcomes.push(outcome);
        if !passed {
            break;
        }
    }
    root.close().context("cannot remove a root")?;
    Ok(outcomes)
}

/// Types `make command` in `root`. A command that fails is an outcome, not an error.
fn type_in(
    place: &Place,
    case: &Case,
    root: &Path,
    archives: &Path,
    command: &'static str,
) -> Result<Outcome> {
    let (user, home) = case.account();
    let mut unshare = Command::new("unshare");
    unshare
        .args(["--mount", "--pid", "--fork", "--kill-child", "--"])
        .args(["sh", "-c", ENTER, "sh"])
        .args([root.as_os_str(), user.as_ref(), archives.as_os_str()])
        .arg(format!("HOME={}", home.display()))
        .arg("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .args(["LANG=C.UTF-8", "TERM=dumb"])
        .args(environment())
        .arg("make")
        .arg("-C")
        .arg(home.join("landlock-rs"))
        .arg(command);
    let log = place.log(&format!("fresh-{}-{command}", case.name));
    let title = format!("{}: make {command}", case.name);
    let mut step = Step::new("fresh", &title);
    let started = Instant::now();
    let mut last_line = String::new();
    let result = run(&mut unshare, &log, |line| {
        if !line.trim().is_empty() {
            last_line = line.trim().to_owned();
        }
        step.tick();
    });
    crate::host::process::check_interrupt()?;
    let seconds = started.elapsed().as_secs();
    let word = if result.is_ok() { "passed" } else { "failed" };
    step.finish(format!("{title}: {word} in {} minutes", seconds / 60));
    if let Err(error) = &result {
        ui::note(format!("{error:#}"));
    }
    Ok(Outcome {
        case: case.name,
        command,
        seconds,
        passed: result.is_ok(),
        last_line,
    })
}

/// Returns the variables of this machine that say how to reach the network.
fn environment() -> Vec<String> {
    const PROXIES: [&str; 4] = ["http_proxy", "https_proxy", "no_proxy", "all_proxy"];
    let is_wanted = |name: &str| {
        let starts = [
            "CARGO_HTTP_",
            "CARGO_NET_",
            "CARGO_REGISTR",
            "CARGO_SOURCE_",
        ];
        PROXIES.contains(&name.to_lowercase().as_str())
            || ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"].contains(&name)
            || starts.iter().any(|start| name.starts_with(start))
    };
    let variables = std::env::vars().filter(|(name, _)| is_wanted(name));
    variables
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_cases_have_each_release_and_each_user_once() {
        let usual = &CASES[..USUAL];
        for suite in ["bookworm", "trixie"] {
            assert_eq!(usual.iter().filter(|case| case.suite == suite).count(), 1);
        }
        assert!(usual[0].user != usual[1].user);
    }
}
