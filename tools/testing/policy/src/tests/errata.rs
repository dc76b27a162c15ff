// SPDX-License-Identifier: GPL-2.0-only

//! The errata, against the kernel's documentation of them.

use crate::policy::{
    abi::{Abi, Extensions},
    errata,
};

/// Numbers of the errata of Linux 7.3, with the ABI version in which the mistake came.
const DOCUMENTED: [(i32, u32); 4] = [(1, 4), (2, 6), (3, 1), (4, 1)];

#[test]
fn errata_of_each_abi_are_told_and_later_ones_are_not() {
    for version in 1..=Abi::MAX {
        for bit in 0..32 {
            let is_fixed = DOCUMENTED
                .iter()
                .any(|(number, abi)| *number == bit + 1 && *abi <= version);
            let fixed = errata::fixed(Abi::of(version, Extensions::Off));

            assert_eq!(fixed & 1 << bit != 0, is_fixed, "bit {bit} of {version}");
        }
    }
}

#[test]
fn errata_are_not_taken_for_an_error() {
    assert!(errata::fixed(Abi::of(Abi::MAX, Extensions::Off)) >= 0);
}
