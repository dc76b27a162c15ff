// SPDX-License-Identifier: GPL-2.0-only

//! Carries out the system calls of Landlock with any addresses and sizes.

use crate::execute::{SKIPPED, fd, keep};
use crate::program::{Bytes, Op};
use crate::sys::{Arg, Call, Edge, call};

/// Carries out `op`.
pub fn execute(op: &Op) -> i32 {
    match op {
        Op::RawRuleset {
            attr,
            size,
            flags,
            slot,
        } => with(attr, |attr| {
            let (size, flag) = (Arg::Int(*size as i64), Arg::Int((*flags).into()));
            let result = call(Call::CreateRuleset, [attr, size, flag]);
            if *flags == 0 {
                keep(result, *slot)
            } else {
                result
            }
        }),
        Op::RawRule {
            ruleset,
            kind,
            attr,
            flags,
        } => with(attr, |attr| {
            let (kind, flags) = (Arg::Int(*kind as i64), Arg::Int((*flags).into()));
            call(Call::AddRule, [fd(*ruleset), kind, attr, flags])
        }),
        Op::RawRestrict { ruleset, flags } => {
            let arguments = [*ruleset, *flags as i64].map(Arg::Int);
            call(Call::RestrictSelf, arguments)
        }
        _ => SKIPPED,
    }
}

/// Makes a call with an argument that is an address.
fn with(bytes: &Bytes, action: impl FnOnce(Arg<'_>) -> i32) -> i32 {
    match bytes {
        Bytes::Nowhere(address) => action(Arg::Int(*address as i64)),
        Bytes::Edge(bytes) => match Edge::new(bytes) {
            Ok(edge) => action(Arg::Edge(&edge)),
            Err(error) => error,
        },
    }
}
