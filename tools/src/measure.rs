// SPDX-License-Identifier: GPL-2.0-only

//! What is measured: instructions and bytes in a guest, times on this processor.

pub mod bench;
pub mod figure;
pub mod native;
