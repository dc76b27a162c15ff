// SPDX-License-Identifier: GPL-2.0-only

//! What the samples share: a sandbox as a profile, and denials as the kernel traces them.
//!
//! From the ground up: [`rights`] and [`object`] have names for what the kernel numbers;
//! [`profile`] is a sandbox as data, [`options`] as a command line; [`sandbox`] enforces it.
//! [`event`] parses trace events, [`explain`] puts a denial into words, [`learn`] turns denials
//! into a profile. Only [`sandbox`], [`syscall`] and [`trace`] talk to the kernel.

#![deny(unsafe_code)]

pub mod event;
pub mod explain;
pub mod learn;
pub mod object;
pub mod options;
pub mod profile;
pub mod rights;
pub mod sandbox;
pub mod syscall;
pub mod trace;
