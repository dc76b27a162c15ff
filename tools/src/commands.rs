// SPDX-License-Identifier: GPL-2.0-only

//! What `make` calls, but for the checks and the whole test.

use std::path::Path;

use anyhow::Result;

use crate::host::cargo::{self, POLICY};
use crate::host::lock::Lock;
use crate::host::place::Place;
use crate::host::toolchain::Toolchain;
use crate::host::{deps, ui};
use crate::kernel::{Flavor, Workshop, module};

pub mod abi;
pub mod analyzer;
mod asked;
pub mod clients;
pub mod coverage;
pub mod debug;
pub mod demo;
pub mod extensions;
pub mod fresh;
pub mod in_guest;
pub mod shell;
pub mod slot;
pub mod suites;
pub mod test;

/// `make module`: builds the module, against another kernel if one is given.
pub fn build_module(place: &Place, kdir: Option<&Path>, kernel_src: Option<&Path>) -> Result<()> {
    let module = match kdir {
        Some(kdir) => {
            let lock = Lock::new(&place.cache);
            lock.take()?;
            deps::ensure(place)?;
            module::build_for(place, &Toolchain::find(place)?, kdir)?
        }
        None => {
            let workshop = Workshop::open(place, kernel_src, Flavor::Plain)?;
            module::Modules::build(&workshop)?.landlock
        }
    };
    ui::say("module", module.display());
    Ok(())
}

/// `make policy`: the host's tests of the pure policy.
pub fn policy(place: &Place) -> Result<usize> {
    cargo::test(place, "policy", POLICY)
}
