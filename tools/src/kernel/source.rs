// SPDX-License-Identifier: GPL-2.0-only

//! The kernel's source: Debian's package, or a tree of the user.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::host::deps::apt::Sources;
use crate::host::deps::debian::{Archive, Suite};
use crate::host::key::Key;
use crate::host::place::{self, Place};
use crate::host::process::run;
use crate::host::ui;
use crate::kernel::module_sources::{self, SOURCES};
use crate::kernel::patch::{Series, Tree};

/// The release that the patches are made for.
pub const RELEASE: &str = "7.3";

/// Where Debian has it: whichever suite has the newest.
pub const SUITES: [Suite; 3] = [
    main_suite("trixie-backports"),
    main_suite("forky"),
    main_suite("sid"),
];

const fn main_suite(name: &'static str) -> Suite {
    Suite {
        name,
        archive: Archive::Main,
    }
}

/// Room for the source and a first build, in gibibytes.
const SPACE: u64 = 5;

/// A kernel tree in the cache, and what it is.
pub struct Source {
    /// The tree, which the patches are applied to.
    pub tree: Tree,
    /// Its version: `7.3.4`.
    pub version: String,
    /// What distinguishes it from other trees of that version.
    pub identity: String,
}

impl Source {
    /// Returns the tree in the cache, after it was fetched or brought up to date.
    ///
    /// A tree of the user is copied and never changed.
    pub fn find(place: &Place, given: Option<&Path>) -> Result<Self> {
        match given {
            Some(dir) => copy(place, dir),
            None => debian(place),
        }
    }

    /// Describes the tree at `dir`.
    fn new(tree: Tree, identity: String) -> Result<Self> {
        Ok(Self {
            version: version(&tree.dir)?,
            tree,
            identity,
        })
    }
}

/// Reads the version of the tree at `dir`.
fn version(dir: &Path) -> Result<String> {
    let makefile = fs::read_to_string(dir.join("Makefile"))
        .with_context(|| format!("{} is no kernel tree", dir.display()))?;
    parse_version(&makefile).with_context(|| format!("{} is no kernel tree", dir.display()))
}

/// Reads the version from the kernel's Makefile.
fn parse_version(makefile: &str) -> Option<String> {
    let value = |key: &str| {
        let mut lines = makefile.lines().filter_map(|line| line.split_once('='));
        let (_, value) = lines.find(|(name, _)| name.trim() == key)?;
        Some(value.trim().to_owned())
    };
    let parts = [value("VERSION")?, value("PATCHLEVEL")?, value("SUBLEVEL")?];
    Some(parts.join("."))
}

/// Brings the copy of the user's tree at `given` up to date.
fn copy(place: &Place, given: &Path) -> Result<Source> {
    let given = fs::canonicalize(given)
        .with_context(|| format!("KERNEL_SRC={} does not exist", given.display()))?;
    let version = version(&given)?;
    ensure!(
        version.starts_with(&format!("{RELEASE}.")),
        "{} is Linux {version}, but the patches are for {RELEASE}: \
         give KERNEL_SRC= such a tree, or leave it out",
        given.display()
    );
    let path = given.to_string_lossy().into_owned();
    let key = Key::new().add("path", &path).finish();
    let tree = Tree::new(place.cache.join("linux").join(format!("copy-{key}")));
    if !tree.dir.exists() {
        place.check_space(SPACE)?;
    }
    place::make_dir(&tree.dir)?;
    let step = ui::Step::new("source", format!("copying {path}"));
    let mut rsync = Command::new("rsync");
    rsync.args(["-a", "--delete", "--exclude=/.git", "--exclude=/.config"]);
    rsync.args([
        "--exclude=*.o",
        "--exclude=*.cmd",
        "--exclude=/include/config",
    ]);
    rsync.args([
        "--exclude=/include/generated",
        "--exclude=/arch/*/include/generated",
    ]);
    for file in tree.patched_files()? {
        rsync.arg(format!("--exclude=/{file}"));
    }
    rsync.arg(format!("{path}/")).arg(&tree.dir);
    run(&mut rsync, &place.log("source"), |_| ())
        .with_context(|| format!("cannot copy {path} to the cache"))?;
    tree.refresh_pristine(&given)?;
    let identity = tree_identity(&tree)?;
    step.finish(format!("Linux {version} from {path}"));
    Source::new(tree, format!("{path} {identity}"))
}

/// Returns what changes when a file of a user's tree does: names, sizes and times of all files.
fn tree_identity(tree: &Tree) -> Result<String> {
    let mut find = Command::new("find");
    find.arg(&tree.dir)
        .args(["-type", "f", "-printf", "%P %s %T@\\n"]);
    let listing = crate::host::process::capture(&mut find)?;
    let patched = tree.patched_files()?;
    let is_original = |line: &&str| {
        let name = line.split(' ').next().unwrap_or_default();
        !patched.iter().any(|file| file == name)
    };
    let mut lines: Vec<&str> = listing.lines().filter(is_original).collect();
    lines.sort_unstable();
    Ok(Key::new().add("files", lines.join("\n")).finish())
}

/// Returns Debian's tree from the cache, or fetches it.
fn debian(place: &Place) -> Result<Source> {
    let dir = place.cache.join("linux");
    place::make_dir(&dir)?;
    if let Some(tree) = newest(&dir)? {
        return from_package(tree);
    }
    place.check_space(SPACE)?;
    let archive = fetch(place)?;
    let tree = unpack(place, &archive, &dir)?;
    fs::remove_file(&archive).context("cannot remove the unpacked package")?;
    from_package(tree)
}

/// Returns the newest of Debian's trees in `dir`.
fn newest(dir: &Path) -> Result<Option<PathBuf>> {
    let mut trees = place::list(dir, "")?;
    trees
        .retain(|tree| place::name(tree).starts_with("debian-") && tree.join(".complete").exists());
    trees.sort_by_key(|tree| {
        let name = place::name(tree);
        crate::host::toolchain::Version::find(&name)
    });
    Ok(trees.pop())
}

/// Describes the tree that came from a package; its folder has the package's version.
fn from_package(dir: PathBuf) -> Result<Source> {
    let identity = place::name(&dir);
    Source::new(Tree::new(dir), identity)
}

/// Fetches the newest package and returns its path.
fn fetch(place: &Place) -> Result<PathBuf> {
    let sources = Sources::new(place, "source", &SUITES)?;
    sources.update(place)?;
    let package = format!("linux-source-{RELEASE}");
    let versions = sources.versions(&package)?;
    let Some(version) = versions.first() else {
        bail!(
            "Debian has no {package} any more ({}): give KERNEL_SRC= a tree of Linux {RELEASE}",
            SUITES.map(|suite| suite.name).join(", ")
        );
    };
    let mut step = ui::Step::new("source", format!("fetching {package} {version}"));
    let archives = sources.archives();
    let mut apt = sources.command("apt-get");
    apt.arg("download")
        .arg(format!("{package}={version}"))
        .current_dir(&archives);
    run(&mut apt, &place.log("apt-download"), |_| step.tick())
        .with_context(|| format!("cannot fetch {package}: check network and disk, then go on"))?;
    step.finish(format!("fetched {package} {version}"));
    let found = place::list(&archives, ".deb")?
        .into_iter()
        .rfind(|path| place::name(path).starts_with(&package));
    found.with_context(|| format!("apt left no {package} in {}", archives.display()))
}

/// Unpacks the package at `archive` to a new folder of `dir`.
fn unpack(place: &Place, archive: &Path, dir: &Path) -> Result<PathBuf> {
    let mut step = ui::Step::new("source", "unpacking");
    let name = place::name(archive);
    let version = name
        .split('_')
        .nth(1)
        .unwrap_or("unknown")
        .replace("%3a", "");
    let tree = dir.join(format!("debian-{version}"));
    let partial = tempfile::tempdir_in(dir).context("cannot create a folder in the cache")?;
    let package = partial.path().join("package");

    let mut extract = Command::new("dpkg-deb");
    extract.arg("-x").arg(archive).arg(&package);
    let log = place.log("unpack");
    run(&mut extract, &log, |_| step.tick()).context("cannot unpack the package: disk full?")?;
    let tarball = package.join(format!("usr/src/linux-source-{RELEASE}.tar.xz"));
    let unpacked = partial.path().join("tree");
    place::make_dir(&unpacked)?;
    let mut tar = Command::new("tar");
    tar.args(["--strip-components=1", "-xJf"])
        .arg(&tarball)
        .arg("-C")
        .arg(&unpacked);
    run(&mut tar, &log, |_| step.tick()).context("cannot unpack the kernel: disk full?")?;
    fs::write(unpacked.join(".complete"), "")?;
    if tree.exists() {
        fs::remove_dir_all(&tree)?;
    }
    fs::rename(&unpacked, &tree).context("cannot move the unpacked kernel")?;
    step.finish(format!("Linux {version} unpacked"));
    Ok(tree)
}

/// Folder of the kernel's tree that the module's sources are built in from.
const GRAFT: &str = "security/landlock/rs";

/// Reads the patch series of the repository.
pub fn series(place: &Place) -> Result<Series> {
    Series::read(&patches(place, ""))
}

/// Reads the series that builds the module's sources into the kernel. Of that with the slot it only
/// needs the first two patches: the choice of the implementation, and how to climb from a path.
pub fn builtin_series(place: &Place) -> Result<Series> {
    let mut series = series(place)?;
    series.truncate(2);
    series.extend(Series::read(&patches(place, "-builtin"))?);
    let dir = place.repo.join(SOURCES);
    for file in module_sources::list(&dir)? {
        let below = file.strip_prefix(&dir).unwrap_or(&file);
        series.add_file(format!("{GRAFT}/{}", below.display()), &file)?;
    }
    Ok(series)
}

/// Returns the folder of a series.
fn patches(place: &Place, suffix: &str) -> PathBuf {
    let name = format!("linux-{RELEASE}{suffix}");
    place.repo.join("patches").join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_of_a_tree() {
        let makefile = "# SPDX\nVERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 4\nEXTRAVERSION =\n";
        assert_eq!(parse_version(makefile).as_deref(), Some("7.3.4"));
        assert_eq!(parse_version("all:\n"), None);
    }
}
