// SPDX-License-Identifier: GPL-2.0-only

//! What the samples share: a sandbox as a profile.
//!
//! From the ground up: [`rights`] and [`object`] have names for what the kernel numbers;
//! [`profile`] is a sandbox as data, [`options`] as a command line; [`sandbox`] enforces it.

#![deny(unsafe_code)]

pub mod object;
pub mod options;
pub mod profile;
pub mod rights;
pub mod sandbox;
pub mod syscall;
