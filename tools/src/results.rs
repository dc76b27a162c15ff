// SPDX-License-Identifier: GPL-2.0-only

//! What guests and their tests print, and what it says.

pub mod console;
pub mod ktap;
pub mod suites;
pub mod tally;
pub mod tap;
pub mod transcript;
