// SPDX-License-Identifier: GPL-2.0-only

//! Random programs around Landlock: made from a seed, run in a guest, told apart by digests.
//!
//! `generate` makes a `program`. `runner` gives it a `stage` with namespaces of its own, where
//! each `actor` executes operations (`execute`) in turn; `logs` reads what the kernel says. The
//! `outcome` is all of that, comparable between kernels; `coverage` counts what was reached.
//! `pairs` are programs whose actors act at the same time.

#![deny(unsafe_code)]

pub mod actor;
mod audit;
mod board;
mod choice;
pub mod coverage;
mod errno;
mod execute;
pub mod generate;
pub mod job;
mod logs;
mod normalise;
pub mod outcome;
pub mod pairs;
pub mod program;
mod race;
pub mod runner;
pub mod selection;
mod stage;
mod sys;
mod tree;
