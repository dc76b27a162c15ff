// SPDX-License-Identifier: GPL-2.0-only

//! Rights and sets of rights. Their values are compared with those of `linux/landlock.h` when the
//! module is built (`ffi/uapi.rs`).

use super::support::*;
use crate::policy::access::{
    Access, AccessFs, AccessMasks, AccessNet, AccessNetRight, Scope, Scopes, UnknownAccess,
};

use proptest::prelude::*;

#[test]
fn there_are_as_many_rights_as_this_abi_has() {
    assert_eq!(bits(AccessFs::ALL), FS_BITS);
}

#[test]
fn rights_on_files_are_those_that_the_documentation_lists() {
    assert_eq!(set_of(AccessFs::FILE), on_files().collect());
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
fn there_are_as_many_rights_on_ports_and_scopes() {
    assert_eq!(u64::from(u32::from(AccessNet::ALL)), NET_BITS);
    assert_eq!(u64::from(u32::from(Scopes::ALL)), SCOPE_BITS);
}

#[test]
fn one_unknown_bit_of_a_port_is_enough_to_be_refused() {
    for bit in (0..64).map(|bit| 1 << bit) {
        let expected = match bit & NET_BITS {
            0 => Err(UnknownAccess),
            _ => Ok(bit),
        };
        let parsed = AccessNet::parse(bit);

        assert_eq!(parsed.map(|net| u64::from(u32::from(net))), expected);
        assert_eq!(AccessNet::parse(NET_BITS | bit).is_ok(), expected.is_ok());
    }
}

#[test]
fn one_unknown_scope_is_enough_to_be_refused() {
    for bit in 0..SCOPE_COUNT {
        assert_eq!(Scopes::parse(1 << bit).map(u32::from), Ok(1 << bit));
    }
    for bit in SCOPE_COUNT..64 {
        assert_eq!(Scopes::parse(1 << bit), Err(UnknownAccess));
        assert_eq!(Scopes::parse(1 << bit | SCOPE_BITS), Err(UnknownAccess));
    }
}

#[test]
fn ruleset_that_has_scopes_only_is_not_empty() {
    let only_scope = AccessMasks {
        scope: Scope::Signal.into(),
        ..AccessMasks::default()
    };

    assert!(!only_scope.is_empty());
    assert_eq!(only_scope.with_initially_denied(), only_scope);
}

#[test]
fn rights_on_ports_are_no_rights_on_files() {
    let only_net = AccessMasks {
        net: AccessNetRight::BindTcp.into(),
        ..AccessMasks::default()
    };

    assert!(!only_net.is_empty());
    assert_eq!(only_net.with_initially_denied(), only_net);
}

proptest! {
    #[test]
    fn stored_bits_of_ports_and_scopes_lose_what_is_unknown(stored: u32) {
        let kept = u32::from(AccessNet::from_stored(stored));

        prop_assert_eq!(u64::from(kept), u64::from(stored) & NET_BITS);
        let kept = u32::from(Scopes::from_stored(stored));
        prop_assert_eq!(u64::from(kept), u64::from(stored) & SCOPE_BITS);
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
