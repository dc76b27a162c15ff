// SPDX-License-Identifier: GPL-2.0-only

//! A new Debian in a folder, with a user, this clone and the network of this machine.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::Case;
use crate::host::deps::apt::{self, Sources};
use crate::host::deps::debian::{Archive, Suite};
use crate::host::deps::unpacked::unpacked_of;
use crate::host::place::{self, Place};
use crate::host::process::run;
use crate::host::toolchain::find_program;
use crate::host::ui::Step;

/// Where debootstrap comes from: it is a script, and knows all releases before its own.
const DEBOOTSTRAP: (Suite, &str) = (
    Suite {
        name: "trixie",
        archive: Archive::Main,
    },
    "debootstrap",
);

/// Makes a new system in `root`.
pub fn bootstrap(place: &Place, case: &Case, root: &Path) -> Result<()> {
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
pub fn furnish(place: &Place, case: &Case, root: &Path) -> Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
