// SPDX-License-Identifier: GPL-2.0-only

//! Carries out the system calls of Landlock.

use landlock_uapi::rule;

use crate::execute::{SKIPPED, at, fd, keep, number};
use crate::program::{Op, Slot};
use crate::sys::{Arg, Call, call};

/// Largest size of an attribute that programs pass.
const LARGEST: usize = 4096;

/// Carries out `op`.
pub fn execute(op: &Op) -> i32 {
    match op {
        Op::NoNewPrivs => {
            let command = Arg::Int(libc::PR_SET_NO_NEW_PRIVS.into());
            let zero = || Arg::Int(0);
            call(Call::Prctl, [command, Arg::Int(1), zero(), zero(), zero()])
        }
        Op::CreateRuleset {
            attr,
            size,
            flags,
            slot,
        } => create(attr, *size, *flags, *slot),
        Op::AddRulePath {
            ruleset,
            place,
            access,
            flags,
        } => {
            let object = at(Call::Open, place, [(libc::O_PATH | libc::O_CLOEXEC).into()]);
            if object < 0 {
                return object;
            }
            let result = add_path(*ruleset, *access, object, *flags);
            call(Call::Close, [Arg::Int(object.into())]);
            result
        }
        Op::AddRuleSlot {
            ruleset,
            target,
            access,
            flags,
        } => add_path(*ruleset, *access, number(*target), *flags),
        Op::AddRulePort {
            ruleset,
            port,
            access,
            flags,
        } => {
            let attr = [access.to_ne_bytes(), port.to_ne_bytes()].concat();
            add(*ruleset, rule::NET_PORT, Arg::In(&attr), *flags)
        }
        Op::AddRuleType { ruleset, kind } => {
            // The type is looked at before the address.
            add(*ruleset, *kind, Arg::Int(0), 0)
        }
        Op::Restrict { ruleset, flags } => {
            let ruleset = ruleset.map_or(Arg::Int(-1), fd);
            call(Call::RestrictSelf, [ruleset, Arg::Int((*flags).into())])
        }
        _ => SKIPPED,
    }
}

fn create(attr: &[u64; 6], size: usize, flags: u32, slot: Slot) -> i32 {
    let mut bytes = [0; LARGEST];
    for (place, value) in bytes.chunks_exact_mut(8).zip(attr) {
        place.copy_from_slice(&value.to_ne_bytes());
    }
    // A query has no attribute.
    let is_query = flags != 0 && size == size_of_val(attr);
    let (attr, size) = if is_query {
        (Arg::Int(0), 0)
    } else {
        (Arg::In(&bytes), size.min(LARGEST))
    };
    let arguments = [attr, Arg::Int(size as i64), Arg::Int(flags.into())];
    let result = call(Call::CreateRuleset, arguments);
    if flags == 0 {
        keep(result, slot)
    } else {
        result
    }
}

fn add_path(ruleset: Slot, access: u64, object: i32, flags: u32) -> i32 {
    let mut attr = access.to_ne_bytes().to_vec();
    attr.extend(object.to_ne_bytes());
    add(ruleset, rule::PATH_BENEATH, Arg::In(&attr), flags)
}

fn add(ruleset: Slot, kind: u32, attr: Arg<'_>, flags: u32) -> i32 {
    let (kind, flags) = (Arg::Int(kind.into()), Arg::Int(flags.into()));
    call(Call::AddRule, [fd(ruleset), kind, attr, flags])
}
