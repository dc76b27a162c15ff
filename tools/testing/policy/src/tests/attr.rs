// SPDX-License-Identifier: GPL-2.0-only

//! Arguments of the system calls, against the manual pages and `linux/landlock.h`.

use super::support::*;
use crate::policy::{
    access::{AccessFs, AccessNet},
    address::Port,
    attr::{
        AttrError, Enforced, NetPortAttr, PathBeneathAttr, Query, RestrictFlags, RuleType,
        RulesetAttr,
    },
    grants::RuleFlags,
};

use proptest::prelude::*;
use std::mem::{offset_of, size_of};

/// The flags of `landlock_create_ruleset(2)`.
const CREATE_RULESET_VERSION: u32 = 1;
const CREATE_RULESET_ERRATA: u32 = 2;
const CREATE_RULESET_EXTENSIONS: u32 = 1 << 31;

/// The known bits of each member of `struct landlock_ruleset_attr`.
const KNOWN: [u64; 3] = [FS_BITS, NET_BITS, SCOPE_BITS];

/// Layout of the structure of a rule in user space.
#[repr(C, packed)]
struct UserPathBeneath {
    allowed_access: u64,
    parent_fd: i32,
}

/// What the manual page of `landlock_create_ruleset(2)` says about flags.
fn query(flags: u32, has_attr: bool, size: usize) -> Result<Query, AttrError> {
    if flags == 0 {
        return Ok(Query::Create);
    }
    if has_attr || size > 0 {
        return Err(AttrError::Invalid);
    }
    if flags == CREATE_RULESET_VERSION {
        return Ok(Query::AbiVersion);
    }
    if flags == CREATE_RULESET_ERRATA {
        return Ok(Query::Errata);
    }
    if flags == CREATE_RULESET_EXTENSIONS {
        return Ok(Query::Extensions);
    }
    Err(AttrError::Invalid)
}

/// What it says about the structure: an unknown bit anywhere is worse than no bit, and so is a quiet
/// one that is not handled.
fn ruleset(members: [u64; RulesetAttr::MEMBERS]) -> Result<[u64; RulesetAttr::MEMBERS], AttrError> {
    let (handled, quiet) = members.split_at(3);
    for (member, known) in handled.iter().zip(KNOWN) {
        if member | known != known {
            return Err(AttrError::Invalid);
        }
    }
    for (member, handled) in quiet.iter().zip(handled) {
        if member & !handled != 0 {
            return Err(AttrError::Invalid);
        }
    }
    if handled.iter().all(|member| *member == 0) {
        return Err(AttrError::Useless);
    }
    Ok(members)
}

/// What the manual page of `landlock_add_rule(2)` says: a rule without right is useless, and is
/// told so even if the rest makes no sense; all rights have to be handled.
fn path_beneath(allowed: u64, fd: i32, handled: u64) -> Result<(u64, i32), AttrError> {
    if allowed == 0 {
        return Err(AttrError::Useless);
    }
    if allowed | handled != handled {
        return Err(AttrError::Invalid);
    }
    Ok((allowed, fd))
}

/// Returns the members of the structure that say what is handled.
fn members_of(attr: RulesetAttr) -> [u64; RulesetAttr::MEMBERS] {
    [
        bits(attr.handled.fs),
        net_bits(attr.handled.net),
        u64::from(u32::from(attr.handled.scope)),
        bits(attr.quiet.fs),
        net_bits(attr.quiet.net),
        u64::from(u32::from(attr.quiet.scope)),
    ]
}

fn net_bits(rights: AccessNet) -> u64 {
    u64::from(u32::from(rights))
}

/// What the manual page of `landlock_add_rule(2)` says of a port: as [`path_beneath`], and then the
/// port has to be one.
fn net_port(allowed: u64, port: u64, handled: u64) -> Result<(u64, Port), AttrError> {
    if allowed == 0 {
        return Err(AttrError::Useless);
    }
    if allowed | handled != handled || port > 65535 {
        return Err(AttrError::Invalid);
    }
    Ok((allowed, Port::new(port as u16)))
}

fn parse_net_port(allowed: u64, port: u64, handled: u64) -> Result<(u64, Port), AttrError> {
    let handled = AccessNet::parse(handled).expect("it is known");
    let mut bytes = [0; NetPortAttr::SIZE];
    let (mask, number) = bytes.split_at_mut(8);
    mask.copy_from_slice(&allowed.to_ne_bytes());
    number.copy_from_slice(&port.to_ne_bytes());

    NetPortAttr::parse(bytes, handled, RuleFlags::NONE)
        .map(|attr| (net_bits(attr.allowed), attr.port))
}

#[test]
fn rule_for_a_port_is_as_long_as_two_members() {
    assert_eq!(NetPortAttr::SIZE, 16);
}

#[test]
fn rule_for_a_port_is_checked_in_the_documented_order() {
    let ports = [
        0,
        1,
        80,
        255,
        256,
        65535,
        65536,
        65536 + 80,
        1 << 32,
        u64::MAX,
    ];

    for handled in 0..=NET_BITS {
        for bit in (0..64).map(|bit| 1 << bit).chain([0]) {
            for allowed in [bit, bit | handled] {
                for port in ports {
                    let parsed = parse_net_port(allowed, port, handled);

                    assert_eq!(
                        parsed,
                        net_port(allowed, port, handled),
                        "{allowed:#x} {port}"
                    );
                }
            }
        }
    }
}

#[test]
fn every_port_is_a_port() {
    for port in 0..=65535 {
        assert_eq!(parse_net_port(1, port, 1), net_port(1, port, 1));
    }
}

fn parse_path_beneath(allowed: u64, fd: i32, handled: u64) -> Result<(u64, i32), AttrError> {
    let handled = AccessFs::parse(handled).expect("it is known");
    let mut bytes = [0; PathBeneathAttr::SIZE];
    let (mask, descriptor) = bytes.split_at_mut(offset_of!(UserPathBeneath, parent_fd));
    mask.copy_from_slice(&allowed.to_ne_bytes());
    descriptor.copy_from_slice(&fd.to_ne_bytes());

    PathBeneathAttr::parse(bytes, handled, RuleFlags::NONE)
        .map(|attr| (bits(attr.allowed), attr.parent_fd))
}

/// No bit, one or two bits, all bits, and numbers between them.
fn telling_flags() -> Vec<u32> {
    let pairs = (0..32).flat_map(|a| (0..32).map(move |b| 1u32 << a | 1 << b));

    (0..300)
        .chain(pairs)
        .chain([u32::MAX, u32::MAX - 1])
        .collect()
}

#[test]
fn any_argument_next_to_a_question_is_refused() {
    for flags in telling_flags() {
        for has_attr in [false, true] {
            for size in [0, 1, 7, 8, 9, 4096, usize::MAX] {
                let parsed = Query::parse(flags, has_attr, size);

                assert_eq!(
                    parsed,
                    query(flags, has_attr, size),
                    "{flags:#x} {has_attr} {size}"
                );
            }
        }
    }
}

#[test]
fn only_paths_and_ports_have_a_rule_type() {
    for rule_type in telling_flags() {
        let expected = match rule_type {
            1 => Ok(RuleType::PathBeneath),
            2 => Ok(RuleType::NetPort),
            _ => Err(AttrError::Invalid),
        };

        assert_eq!(RuleType::parse(rule_type), expected, "{rule_type}");
    }
}

#[test]
fn rule_has_a_flag_at_each_end() {
    const BOTH: RuleFlags = RuleFlags::QUIET.with(RuleFlags::NO_INHERIT);

    for flags in telling_flags() {
        let expected = match flags {
            0 => Ok(RuleFlags::NONE),
            1 => Ok(RuleFlags::QUIET),
            0x8000_0000 => Ok(RuleFlags::NO_INHERIT),
            0x8000_0001 => Ok(BOTH),
            _ => Err(AttrError::Invalid),
        };

        assert_eq!(RuleFlags::parse(flags), expected, "{flags:#x}");
    }
}

/// The flags of `landlock_restrict_self(2)`, as bits: this ABI has the lowest ones, extensions the
/// highest one.
const RESTRICT_BITS: u32 = 0x8000_001f;

/// The flag that is good without a ruleset, and the one that may be there as well.
const LOG_SUBDOMAINS_OFF: u32 = 4;
const TSYNC: u32 = 8;

#[test]
fn flags_of_restrict_self_are_those_of_this_abi() {
    for flags in telling_flags() {
        let expected = match flags & !RESTRICT_BITS {
            0 => Ok(flags),
            _ => Err(AttrError::Invalid),
        };

        assert_eq!(
            RestrictFlags::parse(flags).map(u32::from),
            expected,
            "{flags:#x}"
        );
    }
}

#[test]
fn only_muting_later_domains_needs_no_ruleset() {
    let extended = (0..32).map(|flags| flags | 1 << 31);

    for flags in (0..32).chain(extended) {
        for fd in [i32::MIN, -100, -2, -1, 0, 1, 3, i32::MAX] {
            let expected = match (flags & !TSYNC, fd) {
                (LOG_SUBDOMAINS_OFF, -1) => Enforced::FlagsOnly,
                _ => Enforced::Ruleset(fd),
            };

            assert_eq!(RestrictFlags::parse(flags).unwrap().enforced(fd), expected);
        }
    }
}

#[test]
fn ruleset_needs_the_member_of_the_first_abi_only() {
    assert_eq!(RulesetAttr::MIN_MEMBERS * size_of::<u64>(), 8);
}

#[test]
fn rule_is_as_long_as_the_packed_structure() {
    assert_eq!(PathBeneathAttr::SIZE, size_of::<UserPathBeneath>());
    assert_eq!(offset_of!(UserPathBeneath, allowed_access), 0);
    assert_eq!(
        PathBeneathAttr::SIZE - offset_of!(UserPathBeneath, parent_fd),
        4
    );
}

#[test]
fn each_bit_of_a_member_is_known_or_refused() {
    for member in 0..RulesetAttr::MEMBERS {
        for bit in 0..64 {
            let mut members = [0; RulesetAttr::MEMBERS];
            members[member] = 1 << bit;

            let parsed = RulesetAttr::parse(members);
            assert_eq!(parsed.map(members_of), ruleset(members));
        }
    }
}

#[test]
fn rule_grants_handled_rights_only() {
    for handled in 0..=FS_BITS {
        for bit in 0..64 {
            let alone = 1 << bit;
            let besides = alone | handled;

            for allowed in [alone, besides] {
                let parsed = parse_path_beneath(allowed, 3, handled);
                assert_eq!(
                    parsed,
                    path_beneath(allowed, 3, handled),
                    "{allowed:#x} {handled:#x}"
                );
            }
        }
    }
}

proptest! {
    #[test]
    fn question_is_read_as_documented(flags: u32, has_attr: bool, size: usize) {
        prop_assert_eq!(Query::parse(flags, has_attr, size), query(flags, has_attr, size));
    }

    #[test]
    fn rule_type_and_flags_above_the_known_ones_are_refused(value in 3u32..1 << 31) {
        prop_assert_eq!(RuleType::parse(value), Err(AttrError::Invalid));
        prop_assert_eq!(RuleType::parse(value | 1 << 31), Err(AttrError::Invalid));
        prop_assert_eq!(RuleFlags::parse(value), Err(AttrError::Invalid));
    }

    #[test]
    fn ruleset_is_read_as_documented(
        any: [u64; RulesetAttr::MEMBERS],
        masks in prop::array::uniform(prop_oneof![
            Just(0),
            Just(FS_BITS),
            Just(FS_BITS << 1),
            Just(u64::MAX),
        ]),
    ) {
        let members = std::array::from_fn(|member| {
            let masks: [u64; RulesetAttr::MEMBERS] = masks;
            any[member] & masks[member]
        });
        let parsed = RulesetAttr::parse(members);

        prop_assert_eq!(parsed.map(members_of), ruleset(members));
    }

    #[test]
    fn rule_is_read_as_documented(
        any: u64,
        mask in prop_oneof![Just(0), Just(FS_BITS), Just(u64::MAX)],
        handled in 0..=FS_BITS,
        is_handled: bool,
        fd: i32,
    ) {
        let allowed = any & if is_handled { handled } else { mask };

        prop_assert_eq!(
            parse_path_beneath(allowed, fd, handled),
            path_beneath(allowed, fd, handled)
        );
    }

    #[test]
    fn any_bytes_are_a_mask_and_then_a_descriptor(bytes: [u8; 12], handled in 0..=FS_BITS) {
        let (mask, fd) = bytes.split_at(8);
        let mask = u64::from_ne_bytes(mask.try_into().unwrap());
        let fd = i32::from_ne_bytes(fd.try_into().unwrap());
        let parsed = PathBeneathAttr::parse(
            bytes,
            AccessFs::parse(handled).unwrap(),
            RuleFlags::NONE,
        );

        prop_assert_eq!(
            parsed.map(|attr| (bits(attr.allowed), attr.parent_fd)),
            path_beneath(mask, fd, handled)
        );
    }
}
