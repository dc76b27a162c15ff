// SPDX-License-Identifier: GPL-2.0-only

//! A guest with the Landlock that the user asks for.

use anyhow::{Result, ensure};

use crate::cli;
use crate::guest::Guest;
use crate::kernel::{Impl, Workshop};

/// Creates a guest as `asked`; `name` is that of the console's log.
pub fn guest(workshop: &Workshop, asked: &cli::Guest, name: &str) -> Result<Guest> {
    ensure!(
        asked.abi.is_none() || matches!(asked.implementation, Impl::Rust | Impl::Builtin),
        "C Landlock has the latest ABI only: take IMPL=rust or IMPL=builtin"
    );
    let mut guest = Guest::new(workshop, asked.implementation, name)?;
    guest.set_abi(asked.abi);
    Ok(guest)
}
