// SPDX-License-Identifier: GPL-2.0-only

//! Rights and sets of rights, against the values of `linux/landlock.h`.

use super::support::*;
use crate::policy::access::{
    Access, AccessFs,
    AccessFsRight::{self, *},
    AccessMasks, UnknownAccess,
};

use proptest::prelude::*;

/// The rights on files with their values in `linux/landlock.h`.
const FS_RIGHTS: [(AccessFsRight, u64); FS_COUNT] = [
    (Execute, 0x1),
    (WriteFile, 0x2),
    (ReadFile, 0x4),
    (ReadDir, 0x8),
    (RemoveDir, 0x10),
    (RemoveFile, 0x20),
    (MakeChar, 0x40),
    (MakeDir, 0x80),
    (MakeReg, 0x100),
    (MakeSock, 0x200),
    (MakeFifo, 0x400),
    (MakeBlock, 0x800),
    (MakeSym, 0x1000),
    (Refer, 0x2000),
    (Truncate, 0x4000),
];

#[test]
fn rights_have_the_values_of_the_user_space_api() {
    for (right, value) in FS_RIGHTS {
        assert_eq!(bits(right.into()), value, "{right:?}");
        assert_eq!(AccessFs::parse(value), Ok(right.into()), "{right:?}");
    }
}

#[test]
fn there_are_as_many_rights_as_this_abi_has() {
    assert_eq!(bits(AccessFs::ALL), FS_BITS);
}

#[test]
fn rights_on_files_are_those_that_the_documentation_lists() {
    let on_files = ON_FILES.into_iter().filter(|right| *right < FS_COUNT);

    assert_eq!(set_of(AccessFs::FILE), on_files.collect());
}

#[test]
fn one_unknown_bit_is_enough_to_be_refused() {
    for bit in (0..64).map(|bit| 1 << bit) {
        let is_known = bit & FS_BITS != 0;

        assert_eq!(AccessFs::parse(bit).is_ok(), is_known, "{bit:#x}");
        assert_eq!(AccessFs::parse(FS_BITS | bit).is_ok(), is_known, "{bit:#x}");
    }
}

#[test]
fn masks_are_empty_when_nothing_is_handled() {
    assert!(AccessMasks::default().is_empty());
    for right in 0..FS_COUNT {
        assert!(!handling(some_right(right)).is_empty(), "{right}");
    }
}

#[test]
fn refer_is_denied_by_whoever_handles_anything() {
    for handled in [0, 1, 1 << REFER, FS_BITS & !(1 << REFER), FS_BITS].map(fs) {
        let denied = handling(handled).with_initially_denied();

        assert_eq!(
            set_of(denied.fs),
            denied_by(&set_of(handled)),
            "{handled:?}"
        );
    }
}

proptest! {
    #[test]
    fn parse_keeps_known_bits_and_refuses_all_others(any in masked_u64()) {
        let expected = match any & !FS_BITS {
            0 => Ok(any),
            _ => Err(UnknownAccess),
        };

        prop_assert_eq!(AccessFs::parse(any).map(bits), expected);
    }

    #[test]
    fn stored_bits_lose_what_is_unknown(stored: u32) {
        let kept = bits(AccessFs::from_stored(stored));

        prop_assert_eq!(kept, u64::from(stored) & FS_BITS);
    }

    #[test]
    fn subset_is_that_of_sets(a in any_set(), b in any_set()) {
        let both = a.union(&b).copied().collect();

        prop_assert_eq!(rights(&a).is_subset(rights(&b)), a.is_subset(&b));
        prop_assert!(rights(&a).is_subset(rights(&both)));
        prop_assert_eq!(rights(&a).is_empty(), a.is_empty());
    }

    #[test]
    fn operators_are_those_of_sets(a in any_set(), b in any_set()) {
        let (left, right) = (rights(&a), rights(&b));

        prop_assert_eq!(set_of(left | right), &a | &b);
        prop_assert_eq!(set_of(left & right), &a & &b);
        prop_assert_eq!(set_of(left & !right), &a - &b);
        prop_assert_eq!(set_of(left ^ right), &a ^ &b);
    }
}

/// Any bits, most often those that stand for rights.
fn masked_u64() -> impl Strategy<Value = u64> {
    (
        any::<u64>(),
        prop_oneof![Just(FS_BITS), Just(FS_BITS << 1 | 1), Just(u64::MAX)],
    )
        .prop_map(|(bits, mask)| bits & mask)
}
