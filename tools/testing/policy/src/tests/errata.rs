// SPDX-License-Identifier: GPL-2.0-only

//! The ABI version and the errata, against the kernel's documentation of both.

use crate::policy::errata::{self, ABI_VERSION};

/// Numbers of the errata of Linux 7.3, with the ABI version in which the mistake came.
const DOCUMENTED: [(i32, i32); 4] = [(1, 4), (2, 6), (3, 1), (4, 1)];

#[test]
fn abi_version_is_one_of_linux() {
    assert!((1..=11).contains(&ABI_VERSION));
}

#[test]
fn errata_of_this_abi_are_told_and_later_ones_are_not() {
    for bit in 0..32 {
        let is_fixed = DOCUMENTED
            .iter()
            .any(|(number, abi)| *number == bit + 1 && *abi <= ABI_VERSION);

        assert_eq!(errata::fixed() & 1 << bit != 0, is_fixed, "bit {bit}");
    }
}

#[test]
fn errata_are_not_taken_for_an_error() {
    assert!(errata::fixed() >= 0);
}
