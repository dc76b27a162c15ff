// SPDX-License-Identifier: GPL-2.0-only

//! The kernel: configured from fragments, built in one folder for both implementations.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::host::deps;
use crate::host::key::Key;
use crate::host::lock::Lock;
use crate::host::place::{self, Place};
use crate::host::process::run;
use crate::host::toolchain::Toolchain;
use crate::host::ui::Step;
use crate::kernel::config;
use crate::kernel::debian::DebianKernel;
use crate::kernel::patch::Series;
use crate::kernel::source::{self, Source};
use crate::kernel::store::{Record, Stored};
use crate::kernel::variant::{Flavor, Impl};

/// Number of files that a first build makes, more or less.
const USUAL_TOTAL: usize = 1550;

/// Everything that kernels are built from.
pub struct Workshop<'a> {
    /// Where things lie.
    pub place: &'a Place,
    /// The compilers.
    pub toolchain: Toolchain,
    source: Source,
    series: Series,
    flavor: Flavor,
    lock: Lock,
}

impl<'a> Workshop<'a> {
    /// Installs the tools, gets the source and applies the patches.
    pub fn open(place: &'a Place, kernel_src: Option<&Path>, flavor: Flavor) -> Result<Self> {
        let lock = Lock::new(&place.cache);
        lock.take()?;
        deps::ensure(place)?;
        let toolchain = Toolchain::find(place)?;
        let source = Source::find(place, kernel_src)?;
        let series = source::series(place)?;
        series.apply(&source.tree)?;
        Ok(Self {
            place,
            toolchain,
            source,
            series,
            flavor,
            lock,
        })
    }

    /// Keeps other runs from changing the cache: something is going to be built.
    ///
    /// Other patches may have been applied to the tree since this run let others use the cache.
    pub fn lock(&self) -> Result<()> {
        if self.lock.take()? {
            self.series.apply(&self.source.tree)?;
        }
        Ok(())
    }

    /// Lets other runs use the cache, until something is built again.
    pub fn unlock(&self) {
        self.lock.release();
    }

    /// Returns the kernel's tree, patches applied.
    pub fn tree(&self) -> &Path {
        &self.source.tree.dir
    }

    /// Returns the version of the kernel.
    pub fn version(&self) -> &str {
        &self.source.version
    }

    /// Returns what the kernels check while they run.
    pub fn flavor(&self) -> Flavor {
        self.flavor
    }

    /// Returns the folder that all implementations are built in.
    pub fn build_dir(&self) -> PathBuf {
        let name = place::name(self.tree()) + self.flavor.suffix();
        self.place.cache.join("build").join(name)
    }

    /// Returns what identifies the patched source.
    pub fn source_key(&self) -> Key {
        Key::new()
            .add("source", &self.source.identity)
            .add("series", self.series.text())
    }

    /// Returns the configuration that is asked for.
    fn requested(&self, implementation: Impl) -> Result<String> {
        let fragments = ["base.config", "kunit.config"].iter();
        let fragments = fragments
            .chain(self.flavor.fragments())
            .chain(implementation.fragments());
        config::read(self.place, fragments)
    }

    /// Returns the key of the kernel with `implementation`.
    pub fn key(&self, implementation: Impl) -> Result<String> {
        let requested = self.requested(implementation)?;
        self.finish_key(self.source_key(), &requested, implementation)
    }

    /// Adds to the key of a source what else a kernel with `implementation` is built from.
    pub fn finish_key(&self, source: Key, requested: &str, implementation: Impl) -> Result<String> {
        let key = source
            .add("config", requested)
            .add("tools", self.toolchain.identity()?);
        Ok(match implementation {
            Impl::C | Impl::Rust | Impl::Debian => key.finish(),
            Impl::Builtin => key
                .add("graft", self.series(implementation)?.key())
                .finish(),
        })
    }

    /// Changes the kernel's tree as `implementation` needs it.
    pub fn change_tree(&self, implementation: Impl) -> Result<()> {
        self.series(implementation)?.apply(&self.source.tree)
    }

    /// Returns what changes the kernel's tree for `implementation`.
    fn series(&self, implementation: Impl) -> Result<Series> {
        match implementation {
            Impl::C | Impl::Rust | Impl::Debian => source::series(self.place),
            Impl::Builtin => source::builtin_series(self.place),
        }
    }

    /// Returns the image of the kernel with `implementation`, built if it is not in the cache.
    pub fn image(&self, implementation: Impl) -> Result<PathBuf> {
        match implementation {
            Impl::Debian => Ok(self.debian()?.image),
            _ => Ok(self.stored(implementation)?.image()),
        }
    }

    /// Returns Debian's own kernel.
    pub fn debian(&self) -> Result<DebianKernel> {
        self.lock()?;
        DebianKernel::find(self.place)
    }

    /// Returns what is kept of the kernel with `implementation`, built if it is not in the cache.
    pub fn stored(&self, implementation: Impl) -> Result<Stored> {
        ensure!(
            implementation != Impl::Debian,
            "Debian's kernel is taken as it comes: give another IMPL="
        );
        self.lock()?;
        let stored = self.place_of(&self.key(implementation)?);
        if !stored.exists() {
            self.build(implementation)?;
        }
        Ok(stored)
    }

    /// Returns the build folder, in the state that `implementation` needs.
    pub fn prepared_build(&self, implementation: Impl) -> Result<PathBuf> {
        self.lock()?;
        let built = fs::read_to_string(self.state()).unwrap_or_default();
        if built != self.key(implementation)? {
            self.build(implementation)?;
        }
        Ok(self.build_dir())
    }

    /// Returns where what is kept of the kernel with `key` lies.
    fn place_of(&self, key: &str) -> Stored {
        Stored::new(self.place.cache.join("kernel").join(key))
    }

    /// Returns the file that says which key the build folder was built for.
    fn state(&self) -> PathBuf {
        self.build_dir().join(".landlock-rs-key")
    }

    /// Returns the file that says which implementation the build folder was built for last.
    fn last(&self) -> PathBuf {
        self.build_dir().join(".landlock-rs-impl")
    }

    /// Configures and builds, and keeps what was built.
    fn build(&self, implementation: Impl) -> Result<()> {
        let dir = self.build_dir();
        place::make_dir(&dir)?;
        let after = fs::read_to_string(self.last()).unwrap_or_default();
        place::write(&self.state(), "")?;
        self.change_tree(implementation)?;
        let started = Instant::now();
        self.configure(implementation, &dir, &self.toolchain)?;
        let files = self.compile(implementation)?;

        let key = self.key(implementation)?;
        let record = Record::new(started.elapsed(), files, &after);
        self.place_of(&key).keep(&dir, &record)?;
        place::write(&self.last(), implementation.to_string())?;
        place::write(&self.state(), key)
    }

    /// Configures the folder `dir`, for `toolchain`.
    pub fn configure(&self, implementation: Impl, dir: &Path, toolchain: &Toolchain) -> Result<()> {
        let requested = self.requested(implementation)?;
        let make = toolchain.make(self.tree());
        config::apply(make, dir, &requested, &self.place.log("configure"))
    }

    /// Builds the image and what modules need. Returns how many files were made.
    fn compile(&self, implementation: Impl) -> Result<usize> {
        let dir = self.build_dir();
        let title = format!("Linux {}, {}", self.source.version, implementation.title());
        let is_first = !dir.join("vmlinux").exists();
        let mut step = if is_first {
            Step::counted("kernel", format!("building {title}"), USUAL_TOTAL)
        } else {
            Step::new("kernel", format!("updating {title}"))
        };
        let mut make = self.toolchain.make(self.tree());
        make.arg(format!("O={}", dir.display()))
            .args(["bzImage", "modules"]);
        let files = follow(&mut make, &self.place.log("kernel"), &mut step)
            .context("the kernel cannot be built")?;
        step.finish(title);
        Ok(files)
    }
}

/// Runs a build of a kernel. Returns how many files were made.
pub fn follow(make: &mut Command, log: &Path, step: &mut Step) -> Result<usize> {
    let mut files = 0;
    run(make, log, |line| {
        if is_progress(line) {
            files += 1;
            step.advance();
        }
        step.tick();
    })?;
    Ok(files)
}

/// Returns whether a line of the build's output names a file that was made:
/// `  CC      init/main.o`.
pub fn is_progress(line: &str) -> bool {
    let Some(tag) = line
        .strip_prefix("  ")
        .and_then(|rest| rest.split(' ').next())
    else {
        return false;
    };
    !tag.is_empty() && tag.chars().all(|letter| letter.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_lines() {
        assert!(is_progress("  CC      init/main.o"));
        assert!(is_progress("  RUSTC L rust/core.o"));
        assert!(!is_progress("make[1]: Entering directory"));
        assert!(!is_progress("  return 0;"));
    }
}
