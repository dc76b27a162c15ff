// SPDX-License-Identifier: GPL-2.0-only

//! Arguments of the system calls: 0 if they are taken, 1 for `EINVAL`, 2 for `ENOMSG`.

use super::Handled;
use crate::policy::{
    access::{AccessFs, AccessMasks, AccessNet},
    attr::{
        AttrError, Enforced, NetPortAttr, PathBeneathAttr, Query, RestrictFlags, RuleType,
        RulesetAttr,
    },
    grants::RuleFlags,
};

/// What a structure was read as, for a successful call only.
fn answer<T>(parsed: Result<T, AttrError>, write: impl FnOnce(T)) -> u64 {
    match parsed {
        Ok(parsed) => {
            write(parsed);
            0
        }
        Err(AttrError::Invalid) => 1,
        Err(AttrError::Useless) => 2,
    }
}

fn word(masks: AccessMasks) -> Handled {
    let [fs, net, scope] = [masks.fs.into(), masks.net.into(), masks.scope.into()].map(u32::into);
    let fs: u64 = fs;

    fs | net << 32 | scope << 48
}

/// `struct landlock_ruleset_attr`; writes what is handled, and what is quiet.
#[no_mangle]
pub extern "C" fn parses_ruleset(members: &[u64; 6], out: &mut [u64; 2]) -> u64 {
    answer(RulesetAttr::parse(*members), |attr| {
        *out = [word(attr.handled), word(attr.quiet)];
    })
}

fn flags(is_quiet: bool) -> RuleFlags {
    if is_quiet {
        RuleFlags::QUIET
    } else {
        RuleFlags::NONE
    }
}

/// `struct landlock_path_beneath_attr`; writes the rights and the descriptor.
#[no_mangle]
pub extern "C" fn parses_path(
    bytes: &[u8; 12],
    handled: u64,
    is_quiet: bool,
    out: &mut [u64; 2],
) -> u64 {
    let Ok(handled) = AccessFs::parse(handled) else {
        return super::REFUSED;
    };

    answer(
        PathBeneathAttr::parse(*bytes, handled, flags(is_quiet)),
        |attr| {
            *out = [u32::from(attr.allowed).into(), attr.parent_fd as u32 as u64];
        },
    )
}

/// `struct landlock_net_port_attr`; writes the rights and the port.
#[no_mangle]
pub extern "C" fn parses_port(
    bytes: &[u8; 16],
    handled: u64,
    is_quiet: bool,
    out: &mut [u64; 2],
) -> u64 {
    let Ok(handled) = AccessNet::parse(handled) else {
        return super::REFUSED;
    };

    answer(
        NetPortAttr::parse(*bytes, handled, flags(is_quiet)),
        |attr| {
            *out = [u32::from(attr.allowed).into(), attr.port.number().into()];
        },
    )
}

/// The flags of `landlock_create_ruleset(2)`; writes what is asked.
#[no_mangle]
pub extern "C" fn parses_query(flags: u32, has_attr: bool, size: usize, out: &mut [u64; 2]) -> u64 {
    answer(Query::parse(flags, has_attr, size), |query| {
        let asked = match query {
            Query::Create => 0,
            Query::AbiVersion => 1,
            Query::Errata => 2,
            Query::Extensions => 1 << 31,
        };
        *out = [asked, 0];
    })
}

/// The type and the flags of `landlock_add_rule(2)`, for a ruleset that may have quiet rules;
/// writes the type, and whether the rule is quiet.
#[no_mangle]
pub extern "C" fn parses_rule(
    kind: u32,
    flags: u32,
    may_be_quiet: bool,
    out: &mut [u64; 2],
) -> u64 {
    let parse = || {
        let flags = RuleFlags::parse(flags)?;
        let kind = RuleType::parse(kind)?;

        flags.check_useful(may_be_quiet)?;
        if kind == RuleType::NetPort {
            flags.check_on_port()?;
        }
        Ok((kind, flags))
    };

    answer(parse(), |(kind, flags)| {
        *out = [
            1 + u64::from(kind == RuleType::NetPort),
            flags.bits().into(),
        ];
    })
}

/// The arguments of `landlock_restrict_self(2)`; writes whether there is a ruleset, and the flags.
#[no_mangle]
pub extern "C" fn parses_restrict(fd: i32, flags: u32, out: &mut [u64; 2]) -> u64 {
    answer(RestrictFlags::parse(flags), |flags| {
        let has_ruleset = flags.enforced(fd) != Enforced::FlagsOnly;

        *out = [has_ruleset.into(), u32::from(flags).into()];
    })
}
