// SPDX-License-Identifier: GPL-2.0-only

//! The kernel: configured from fragments, built in one folder for both implementations.

use std::cell::Cell;
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::deps;
use crate::key::Key;
use crate::patch::Series;
use crate::place::{self, Place};
use crate::process::run;
use crate::source::{self, Source};
use crate::toolchain::Toolchain;
use crate::ui::Step;

pub mod config;

/// Number of files that a first build makes, more or less.
const USUAL_TOTAL: usize = 1550;

/// Which Landlock the kernel has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Impl {
    /// The kernel's own.
    C,
    /// The slot, which the module fills.
    Rust,
}

impl Impl {
    /// Returns the name of its configuration fragment.
    fn fragment(self) -> &'static str {
        match self {
            Self::C => "c.config",
            Self::Rust => "slot.config",
        }
    }

    /// Returns how a person knows it.
    fn title(self) -> &'static str {
        match self {
            Self::C => "C Landlock",
            Self::Rust => "Landlock slot",
        }
    }
}

impl fmt::Display for Impl {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(match self {
            Self::C => "c",
            Self::Rust => "rust",
        })
    }
}

/// Everything that kernels are built from.
pub struct Workshop<'a> {
    /// Where things lie.
    pub place: &'a Place,
    /// The compilers.
    pub toolchain: Toolchain,
    source: Source,
    series: Series,
    /// Keeps other runs from changing the cache.
    lock: Cell<Option<File>>,
}

impl<'a> Workshop<'a> {
    /// Installs the tools, gets the source and applies the patches.
    pub fn open(place: &'a Place, kernel_src: Option<&Path>) -> Result<Self> {
        let lock = place.lock()?;
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
            lock: Cell::new(Some(lock)),
        })
    }

    /// Lets other runs use the cache: everything was built.
    pub fn unlock(&self) {
        self.lock.take();
    }

    /// Returns the kernel's tree, patches applied.
    pub fn tree(&self) -> &Path {
        &self.source.tree.dir
    }

    /// Returns the folder that both implementations are built in.
    pub fn build_dir(&self) -> PathBuf {
        self.place
            .cache
            .join("build")
            .join(place::name(self.tree()))
    }

    /// Returns what identifies the patched source.
    pub fn source_key(&self) -> Key {
        Key::new()
            .add("source", &self.source.identity)
            .add("series", self.series.text())
    }

    /// Returns the configuration that is asked for.
    fn requested(&self, implementation: Impl) -> Result<String> {
        let fragments = ["base.config", "kunit.config", implementation.fragment()];
        let dir = self.place.repo.join("configs");
        let read = |name| {
            let path = dir.join(name);
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        fragments.into_iter().map(read).collect()
    }

    /// Returns the key of the kernel with `implementation`.
    pub fn key(&self, implementation: Impl) -> Result<String> {
        let key = self
            .source_key()
            .add("config", self.requested(implementation)?)
            .add("tools", self.toolchain.identity()?);
        Ok(key.finish())
    }

    /// Returns the image of the kernel with `implementation`, built if it is not in the cache.
    pub fn image(&self, implementation: Impl) -> Result<PathBuf> {
        let image = self.stored(&self.key(implementation)?);
        if !image.exists() {
            self.build(implementation)?;
        }
        Ok(image)
    }

    /// Returns the build folder, in the state that `implementation` needs.
    pub fn prepared_build(&self, implementation: Impl) -> Result<PathBuf> {
        let built = fs::read_to_string(self.state()).unwrap_or_default();
        if built != self.key(implementation)? {
            self.build(implementation)?;
        }
        Ok(self.build_dir())
    }

    /// Returns where the image with `key` is kept.
    fn stored(&self, key: &str) -> PathBuf {
        self.place.cache.join("kernel").join(key).join("bzImage")
    }

    /// Returns the file that tells which key the build folder was built for.
    fn state(&self) -> PathBuf {
        self.build_dir().join(".landlock-rs-key")
    }

    /// Configures and builds, and keeps the image.
    fn build(&self, implementation: Impl) -> Result<()> {
        let dir = self.build_dir();
        place::make_dir(&dir)?;
        place::write(&self.state(), "")?;
        self.configure(implementation)?;
        self.compile(implementation)?;

        let key = self.key(implementation)?;
        let image = fs::read(dir.join("arch/x86/boot/bzImage")).context("no kernel was built")?;
        place::write(&self.stored(&key), image)?;
        place::write(&self.state(), key)
    }

    /// Configures the build folder.
    fn configure(&self, implementation: Impl) -> Result<()> {
        let dir = self.build_dir();
        let requested = self.requested(implementation)?;
        let fragment = dir.join(".landlock-rs-config");
        place::write(&fragment, &requested)?;
        let mut make = self.toolchain.make(self.tree());
        make.arg(format!("O={}", dir.display()))
            .arg(format!("KCONFIG_ALLCONFIG={}", fragment.display()))
            .arg("allnoconfig");
        run(&mut make, &self.place.log("configure"), |_| ())
            .context("cannot configure the kernel")?;
        let actual = fs::read_to_string(dir.join(".config")).context("no .config was written")?;
        config::check(&requested, &actual)
    }

    /// Builds the image and what modules need.
    fn compile(&self, implementation: Impl) -> Result<()> {
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
        run(&mut make, &self.place.log("kernel"), |line| {
            if is_progress(line) {
                step.advance();
            }
            step.tick();
        })
        .context("the kernel cannot be built")?;
        step.finish(title);
        Ok(())
    }
}

/// Tells whether a line of the build's output tells of a file that was made: `  CC      init/main.o`.
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
