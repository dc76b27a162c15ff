// SPDX-License-Identifier: GPL-2.0-only

//! This machine: what lies where, what is installed, and what runs.

pub mod cargo;
pub mod deps;
pub mod files;
pub mod key;
pub mod libraries;
pub mod lock;
pub mod parallel;
pub mod place;
pub mod process;
pub mod toolchain;
pub mod ui;
