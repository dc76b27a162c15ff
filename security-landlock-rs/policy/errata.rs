// SPDX-License-Identifier: GPL-2.0-only

//! The errata that are fixed.

use super::abi::Abi;

/// A fix that user space may need to know about.
struct Erratum {
    /// Its number in the kernel's documentation, from 1.
    number: u32,
    /// First ABI version that had the bug.
    abi: u32,
}

/// The errata of Linux 7.3.
const ERRATA: [Erratum; 4] = [
    // TCP rights also applied to sockets of other protocols.
    Erratum { number: 1, abi: 4 },
    // Signals between threads of one process were scoped.
    Erratum { number: 2, abi: 6 },
    // Rights of disconnected directories could widen.
    Erratum { number: 3, abi: 1 },
    // Whiteouts were guarded as character devices are.
    Erratum { number: 4, abi: 1 },
];

/// Returns the set of fixed errata: bit `n - 1` stands for erratum `n`.
///
/// A bug in a feature that version `abi` lacks does not count as fixed.
pub(crate) fn fixed(abi: &Abi) -> i32 {
    ERRATA
        .iter()
        .filter(|erratum| erratum.abi <= abi.version())
        .fold(0, |fixed, erratum| {
            fixed | 1i32.wrapping_shl(erratum.number.wrapping_sub(1))
        })
}
