// SPDX-License-Identifier: GPL-2.0-only

//! Kernels that run as programs, for the processor of this machine.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::host::place;
use crate::host::toolchain::Toolchain;
use crate::host::ui::Step;
use crate::kernel::build::follow;
use crate::kernel::{Impl, Workshop, config};

/// Name of the architecture in the kernel's tree.
const ARCH: &str = "um";

/// Number of files that a first build makes, more or less.
const USUAL_TOTAL: usize = 1100;

/// Returns the kernel with `implementation`, built if it is not in the cache.
///
/// The module cannot be loaded: User-Mode Linux knows no relocation that goes through a global
/// offset table, and the compiler makes such ones for Rust.
pub fn find(workshop: &Workshop, implementation: Impl) -> Result<PathBuf> {
    workshop.lock()?;
    Builder::new(workshop, implementation)?.image()
}

/// What a kernel is built from, and where.
struct Builder<'a> {
    workshop: &'a Workshop<'a>,
    implementation: Impl,
    toolchain: Toolchain,
    /// The configuration that is asked for.
    requested: String,
    key: String,
    /// The build folder, which all implementations share.
    dir: PathBuf,
}

impl<'a> Builder<'a> {
    /// Prepares for `implementation`.
    fn new(workshop: &'a Workshop<'a>, implementation: Impl) -> Result<Self> {
        let fragments = ["um.config"].iter().chain(implementation.fragments());
        let requested = config::read(workshop.place, fragments)?;
        let name = format!("{}-{ARCH}", place::name(workshop.tree()));
        let source = workshop.source_key().add("arch", ARCH);
        Ok(Self {
            toolchain: workshop.toolchain.for_arch(ARCH),
            key: workshop.finish_key(source, &requested, implementation)?,
            dir: workshop.place.cache.join("build").join(name),
            requested,
            implementation,
            workshop,
        })
    }

    /// Returns the kernel, built if it is not in the cache.
    fn image(&self) -> Result<PathBuf> {
        let cache = &self.workshop.place.cache;
        let image = cache.join("kernel").join(&self.key).join("linux");
        if !image.exists() {
            self.prepare()?;
            self.store(&image)?;
        }
        Ok(image)
    }

    /// Keeps the program of the build folder as `image`.
    fn store(&self, image: &Path) -> Result<()> {
        place::make_dir(image.parent().context("path without a parent")?)?;
        let partial = image.with_extension("partial");
        fs::copy(self.dir.join("linux"), &partial).context("no native kernel was built")?;
        fs::rename(&partial, image).context("cannot keep the native kernel")
    }

    /// Brings the build folder into the state of this kernel.
    fn prepare(&self) -> Result<()> {
        let state = self.dir.join(".landlock-rs-key");
        if fs::read_to_string(&state).unwrap_or_default() == self.key {
            return Ok(());
        }
        place::write(&state, "")?;
        self.workshop.change_tree(self.implementation)?;
        self.configure()?;
        self.compile()?;
        place::write(&state, &self.key)
    }

    /// Configures the build folder.
    fn configure(&self) -> Result<()> {
        let make = self.toolchain.make(self.workshop.tree());
        let log = self.workshop.place.log("configure-native");
        config::apply(make, &self.dir, &self.requested, &log)
    }

    /// Builds the program and what modules need.
    fn compile(&self) -> Result<()> {
        let mut step = if self.dir.join("linux").exists() {
            Step::new("kernel", "updating native Linux")
        } else {
            Step::counted("kernel", "building native Linux", USUAL_TOTAL)
        };
        let mut make = self.toolchain.make(self.workshop.tree());
        make.arg(format!("O={}", self.dir.display())).arg("all");
        let log = self.workshop.place.log("kernel-native");
        follow(&mut make, &log, &mut step).context("the native kernel cannot be built")?;
        step.finish("native Linux");
        Ok(())
    }
}
