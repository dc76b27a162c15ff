// SPDX-License-Identifier: GPL-2.0-only

//! Kernels and the module: what they are built from, and builds of them.

pub mod build;
pub mod config;
pub mod debian;
pub mod module;
pub mod module_sources;
pub mod patch;
pub mod source;
pub mod store;
pub mod variant;

pub use build::Workshop;
pub use variant::{Flavor, Impl};
