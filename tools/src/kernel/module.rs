// SPDX-License-Identifier: GPL-2.0-only

//! The module, built out of the kernel's tree.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::host::key::Key;
use crate::host::place::{self, Place};
use crate::host::process::run;
use crate::host::toolchain::Toolchain;
use crate::host::ui::Step;
use crate::kernel::build::is_progress;
use crate::kernel::module_sources::{self, SOURCES};
use crate::kernel::{Impl, Workshop};

/// Folder of the module that tries to fill the slot a second time.
const PROBE: &str = "tools/testing/slot";

/// Folder of the module that makes mistakes on demand.
const FAULTS: &str = "tools/testing/faults";

/// The module of this project.
const LANDLOCK: &str = "landlock_rs.ko";

/// What the configuration of a kernel with the slot says.
const SLOT: &str = "CONFIG_SECURITY_LANDLOCK_SLOT=y";

/// How many lines of a failed build are shown.
const SHOWN_LINES: usize = 30;

/// The modules of the guest.
pub struct Modules {
    /// `landlock_rs.ko`.
    pub landlock: PathBuf,
    /// `landlock_slot_probe.ko`, which must be refused.
    pub probe: PathBuf,
}

impl Modules {
    /// Builds the modules for the slot kernel of `workshop`.
    pub fn build(workshop: &Workshop) -> Result<Self> {
        Ok(Self {
            landlock: build(workshop, SOURCES, SOURCES, &[])?.join(LANDLOCK),
            probe: build(workshop, PROBE, PROBE, &[])?.join("landlock_slot_probe.ko"),
        })
    }

    /// Runs Clippy on the module; its remarks are in the log called `clippy`.
    pub fn lint(workshop: &Workshop) -> Result<()> {
        let kernel = workshop.prepared_build(Impl::Rust)?;
        lint_with(workshop, &workshop.toolchain, &kernel, "clippy")
    }
}

/// Builds the module from clean with `toolchain`, whose linter looks at it, for the kernel in `kernel`.
/// What they say is in the log called `name`.
pub fn lint_with(
    workshop: &Workshop,
    toolchain: &Toolchain,
    kernel: &Path,
    name: &str,
) -> Result<()> {
    let out = out_dir(workshop.place, &workshop.key(Impl::Rust)?, name);
    let _ = fs::remove_dir_all(&out);
    place::make_dir(&out)?;
    let mut make = command(workshop.place, toolchain, kernel, SOURCES, &out)?;
    // A kernel that was prepared but not built has no list of symbols.
    make.args(["CLIPPY=1", "KBUILD_MODPOST_WARN=1"]);
    run(&mut make, &workshop.place.log(name), |_| ())
}

/// Builds the module, and returns its folder, where Kbuild and bindgen leave what they made.
pub fn folder(workshop: &Workshop) -> Result<PathBuf> {
    build(workshop, SOURCES, SOURCES, &[])
}

/// Builds the module that makes mistakes on demand.
pub fn faults(workshop: &Workshop) -> Result<PathBuf> {
    Ok(build(workshop, FAULTS, FAULTS, &[])?.join("landlock_rs_faults.ko"))
}

/// Builds the module so that it records which of its code was reached.
pub fn coverage(workshop: &Workshop) -> Result<PathBuf> {
    let variables = ["LANDLOCK_RS_COVERAGE=1"];
    Ok(build(workshop, SOURCES, "coverage", &variables)?.join(LANDLOCK))
}

/// Builds the module in `sources`, of which a copy may have been changed, so that tests can make it
/// wait at marked points.
pub fn with_marks(workshop: &Workshop, sources: &Path) -> Result<PathBuf> {
    let sources = sources.to_str().context("a path that is no text")?;
    let name = format!("marks of {sources}");
    let variables = ["CONFIG_SECURITY_LANDLOCK_RACE_TEST=y"];
    Ok(build(workshop, sources, &name, &variables)?.join(LANDLOCK))
}

/// Builds the module in `sources` for the slot kernel of `workshop`, with `variables` of make.
/// Returns its folder, which is its own by `name`.
fn build(workshop: &Workshop, sources: &str, name: &str, variables: &[&str]) -> Result<PathBuf> {
    let kernel = workshop.prepared_build(Impl::Rust)?;
    let out = out_dir(workshop.place, &workshop.key(Impl::Rust)?, name);
    let Workshop {
        place, toolchain, ..
    } = workshop;
    build_one(place, toolchain, &kernel, sources, &out, variables)?;
    Ok(out)
}

/// Builds the module against the kernel that was built in `kernel`, and says where it is.
pub fn build_for(place: &Place, toolchain: &Toolchain, kernel: &Path) -> Result<PathBuf> {
    let kernel = fs::canonicalize(kernel)
        .with_context(|| format!("KDIR={} does not exist", kernel.display()))?;
    check_slot(&kernel)?;
    let config = Key::new()
        .add("path", kernel.to_string_lossy().as_bytes())
        .add_file(&kernel.join(".config"))
        .with_context(|| format!("KDIR={} is no built kernel", kernel.display()))?;
    let out = out_dir(place, &config.finish(), SOURCES);
    build_one(place, toolchain, &kernel, SOURCES, &out, &[])?;
    Ok(out.join(LANDLOCK))
}

/// Fails unless the kernel that was built in `kernel` has a slot for the module.
fn check_slot(kernel: &Path) -> Result<()> {
    let config = fs::read_to_string(kernel.join(".config"))
        .with_context(|| format!("KDIR={} is no built kernel", kernel.display()))?;
    ensure!(
        config.lines().any(|line| line == SLOT),
        "KDIR={} has no slot for the module: apply patches/linux-7.3/ to its tree, set {SLOT} and \
         build it (Documentation/slot.rst)",
        kernel.display()
    );
    Ok(())
}

/// Returns the output folder for `sources` of this clone and the kernel with `key`.
///
/// A module that is not rebuilt from clean after its kernel changed fails to load.
fn out_dir(place: &Place, key: &str, sources: &str) -> PathBuf {
    let clone = Key::new()
        .add("clone", place.repo.to_string_lossy().as_bytes())
        .add("sources", sources)
        .finish();
    place.cache.join("module").join(key).join(clone)
}

/// Prepares the command that builds the module in `sources`, from a copy in `out`.
fn command(
    place: &Place,
    toolchain: &Toolchain,
    kernel: &Path,
    sources: &str,
    out: &Path,
) -> Result<Command> {
    let copy = out.join(place::name(Path::new(sources)));
    module_sources::copy(&place.repo.join(sources), &copy)?;
    let mut make = toolchain.make(kernel);
    make.arg(format!("M={}", copy.display()))
        .arg(format!("MO={}", out.display()))
        .arg("modules");
    Ok(make)
}

/// Builds one module with `variables` of make, and shows the compiler's complaint when that fails.
fn build_one(
    place: &Place,
    toolchain: &Toolchain,
    kernel: &Path,
    sources: &str,
    out: &Path,
    variables: &[&str],
) -> Result<()> {
    place::make_dir(out)?;
    let mut step = Step::new("module", format!("building {sources}"));
    let mut make = command(place, toolchain, kernel, sources, out)?;
    make.args(variables);
    let log = place.log(&format!("module-{}", place::name(Path::new(sources))));
    let built = run(&mut make, &log, |line| {
        if is_progress(line) {
            step.set_what(line.trim());
        }
        step.tick();
    });
    if built.is_err() {
        let text = fs::read_to_string(&log).unwrap_or_default();
        let copy = format!("{}/", out.display());
        eprint!("{}", complaint(&text).replace(&copy, ""));
    }
    built.with_context(|| format!("{sources} cannot be built"))?;
    step.finish(format!("{sources} built"));
    Ok(())
}

/// Returns the part of a build's log that begins with the first error.
fn complaint(log: &str) -> String {
    let is_error = |line: &&str| line.contains("error") && !line.starts_with("make");
    let lines = log.lines().skip_while(|line| !is_error(line));
    lines
        .take(SHOWN_LINES)
        .map(|line| format!("{line}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_without_slot_is_refused_with_what_to_do() {
        let kernel = tempfile::tempdir().unwrap();
        assert!(check_slot(kernel.path()).is_err());
        let config = kernel.path().join(".config");
        fs::write(&config, "CONFIG_SECURITY_LANDLOCK_C=y\n").unwrap();
        let error = check_slot(kernel.path()).unwrap_err().to_string();
        assert!(error.contains(SLOT) && error.contains("Documentation/slot.rst"));
        fs::write(&config, format!("CONFIG_MODULES=y\n{SLOT}\n")).unwrap();
        assert!(check_slot(kernel.path()).is_ok());
    }

    #[test]
    fn the_complaint_starts_with_the_error() {
        let log = "  RUSTC a.o\nerror[E0425]: no such name\n --> a.rs:1\nmake: *** error\n";
        let shown = complaint(log);
        assert!(shown.starts_with("error[E0425]"));
        assert_eq!(complaint("make: *** [x] error 2\n"), "");
    }
}
