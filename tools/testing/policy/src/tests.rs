// SPDX-License-Identifier: GPL-2.0-only

//! One module for each module of the policy.

mod abi;
mod access;
mod address;
mod attr;
mod chosen;
mod errata;
mod inherit;
mod ioctl;
mod layer;
mod log;
mod mode;
mod open;
mod quiet;
mod refer;
mod rule;
mod scope;
mod summary;
mod support;
mod tsync;
mod walk;
