// SPDX-License-Identifier: GPL-2.0-only

//! `make fresh`: the two commands of the README on a new Debian, from nothing.
//!
//! Each Debian is a root made with debootstrap. What is mounted for it is mounted in a namespace of
//! its own, and processes in it end with that namespace, so that nothing is left when this tool ends,
//! however it does. Packages that were fetched stay in the cache, roots do not.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;

use crate::host::deps::apt::{self, Sources};
use crate::host::deps::debian::{Archive, Debian, Suite};
use crate::host::deps::unpacked::unpacked_of;
use crate::host::place::{self, Place};
use crate::host::process::run;
use crate::host::toolchain::find_program;
use crate::host::ui::{self, Step};

/// Where debootstrap comes from: it is a script, and knows all releases before its own.
const DEBOOTSTRAP: (Suite, &str) = (
    Suite {
        name: "trixie",
        archive: Archive::Main,
    },
    "debootstrap",
);

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
    bootstrap(place, case, root.path())?;
    furnish(place, case, root.path())?;
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

/// Makes a new system in `root`.
fn bootstrap(place: &Place, case: &Case, root: &Path) -> Result<()> {
    let (suite, package) = DEBOOTSTRAP;
    if find_program("wget").is_none() {
        let sources = Sources::new(place, "fresh", &[suite])?;
        sources.update(place)?;
        sources.install(place, &["wget"])?;
    }
    let program = unpacked_of(place, suite, &[package])?;
    let archives = place.cache.join("fresh/debootstrap");
    place::make_dir(&archives)?;
    let mut step = Step::new("fresh", format!("{}: making a new Debian", case.name));
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "--pid", "--fork", "--kill-child", "--"])
        .arg(program.join("usr/sbin/debootstrap"))
        .args(["--variant=minbase", "--merged-usr"])
        .arg(format!("--include={}", case.packages()))
        .arg(format!("--cache-dir={}", archives.display()))
        .arg(format!("--keyring={}", apt::KEYRING))
        .args([case.suite.as_ref(), root.as_os_str()])
        .arg(apt::main_mirror()?)
        .env("DEBOOTSTRAP_DIR", program.join("usr/share/debootstrap"));
    let log = place.log(&format!("fresh-{}-debootstrap", case.name));
    run(&mut command, &log, |_| step.tick()).context("no new Debian could be made")?;
    step.finish(format!("{}: a new Debian", case.name));
    Ok(())
}

/// Gives the new system a user, this clone, and what this machine knows of its network.
fn furnish(place: &Place, case: &Case, root: &Path) -> Result<()> {
    let suites = case.debian.install_suites();
    put(&root.join("etc/apt/sources.list"), apt::list(&suites)?)?;
    put(&root.join("etc/apt/apt.conf.d/99machine"), apt::network()?)?;
    let certificates = "/usr/local/share/ca-certificates/machine.crt";
    let (_, home) = case.account();
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let mut files = vec![
        (
            PathBuf::from("/etc/resolv.conf"),
            PathBuf::from("/etc/resolv.conf"),
        ),
        (PathBuf::from("/etc/hosts"), PathBuf::from("/etc/hosts")),
        (
            PathBuf::from("/etc/pip.conf"),
            PathBuf::from("/etc/pip.conf"),
        ),
        (
            PathBuf::from("/etc/ssl/certs/ca-certificates.crt"),
            PathBuf::from(certificates),
        ),
    ];
    if let Some(cargo) = cargo {
        files.push((cargo.join("config.toml"), home.join(".cargo/config.toml")));
    }
    for (from, to) in files.iter().filter(|(from, _)| from.exists()) {
        let content = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
        put(&below(root, to), content)?;
    }
    copy_clone(place, case, root)
}

/// Returns the path that `path` has within `root` when it is looked at from outside.
fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// Writes the file at `path`, which everybody may read.
fn put(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    place::write(path, content)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
        .with_context(|| format!("cannot change {}", path.display()))
}

/// Creates the user in `root`, and copies this clone to it.
fn copy_clone(place: &Place, case: &Case, root: &Path) -> Result<()> {
    const SCRIPT: &str = r#"
set -e
root=$1 repo=$2 home=$3 user=$4
if [ "$user" != root ]; then
	chroot "$root" useradd --create-home --shell /bin/sh "$user"
	echo "$user ALL=(ALL) NOPASSWD: ALL" >"$root/etc/sudoers.d/$user"
fi
mkdir -p "$root$home/landlock-rs"
tar -C "$repo" --exclude=./out --exclude=./.git -cf - . |
	tar -C "$root$home/landlock-rs" -xf -
chroot "$root" chown -R "$user:$user" "$home"
"#;
    let (user, home) = case.account();
    let mut sh = Command::new("sh");
    sh.args(["-c", SCRIPT, "sh"])
        .args([root, &place.repo, &home])
        .arg(user);
    let log = place.log(&format!("fresh-{}-clone", case.name));
    run(&mut sh, &log, |_| ()).context("the clone cannot be copied")
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

    #[test]
    fn what_is_put_can_be_read_by_everybody() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("etc/file");
        put(&path, "text").unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
    }

    #[test]
    fn paths_within_a_root() {
        assert_eq!(
            below(Path::new("/cache/root-1"), Path::new("/etc/hosts")),
            Path::new("/cache/root-1/etc/hosts")
        );
    }
}
