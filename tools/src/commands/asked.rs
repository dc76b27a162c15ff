// SPDX-License-Identifier: GPL-2.0-only

//! A guest with the Landlock that the user asks for.

use anyhow::{Result, ensure};

use crate::cli;
use crate::guest::Guest;
use crate::kernel::{Impl, Workshop};

/// Creates a guest as `asked`; `name` is that of the console's log.
pub fn guest(workshop: &Workshop, asked: &cli::Guest, name: &str) -> Result<Guest> {
    check_abi(asked.implementation, asked.abi)?;
    ensure!(
        asked.ext.is_none() || has_parameters(asked.implementation),
        "C Landlock has no extensions: take IMPL=rust or IMPL=builtin"
    );
    let mut guest = Guest::new(workshop, asked.implementation, name)?;
    guest.set_abi(asked.abi);
    if asked.ext.is_some() {
        guest.offer_extensions();
    }
    Ok(guest)
}

/// Returns whether `implementation` can be told what to offer.
fn has_parameters(implementation: Impl) -> bool {
    matches!(implementation, Impl::Rust | Impl::Builtin)
}

/// Fails if `implementation` does not have the version `abi` of the ABI.
pub fn check_abi(implementation: Impl, abi: Option<u32>) -> Result<()> {
    ensure!(
        abi.is_none() || has_parameters(implementation),
        "C Landlock has the latest ABI only: take IMPL=rust or IMPL=builtin"
    );
    Ok(())
}
