// SPDX-License-Identifier: GPL-2.0-only

//! What is remembered of an open file, and which denials are logged.

use super::{left, masks, report, Handled, Rule, REFUSED};
use crate::policy::{
    access::{AccessFs, AccessFsRight, AccessNet, Scope},
    attr::RestrictFlags,
    blame::{Blame, Blocker},
    layer::{LayerIndex, Layers},
    optional::OptionalDenials,
    quiet::{is_quiet, ExecLayers, LogRules, Subdomains},
    unfulfilled::Unfulfilled,
};

/// A file is opened with `requested`, and used later in a way that needs a right: the layer that
/// denies it.
///
/// # Safety
///
/// As [`slice`] for each pointer and the count after it.
#[no_mangle]
pub unsafe extern "C" fn remembers(
    handled: *const Handled,
    count: usize,
    requested: u64,
    rules: *const Rule,
    met: usize,
    is_truncate: bool,
) -> u64 {
    let right = if is_truncate {
        AccessFsRight::Truncate
    } else {
        AccessFsRight::IoctlDev
    };
    let start = |layers: &Layers| Some(Unfulfilled::new(layers, AccessFs::parse(requested).ok()?));
    // SAFETY: By the safety contract.
    let left = unsafe { left((handled, count), (rules, met), start) };

    left.map_or(REFUSED, |left| {
        let word = OptionalDenials::new(&left).into_word();
        let denial = OptionalDenials::from_word(word).denial(right);
        report(denial.map(|(denial, is_quiet)| Blame::fs(denial, is_quiet)))
    })
}

/// Is a denial logged? `kind` is that of what is missing: 0 ptrace, 1 topology, 2 rights on files,
/// 3 rights on ports, 4 an abstract socket, 5 a signal.
#[no_mangle]
pub extern "C" fn logs(
    flags: u32,
    is_muted: bool,
    own_layers: u16,
    layer: usize,
    quiet: Handled,
    kind: u64,
    missing: u64,
    is_object_quiet: bool,
) -> u64 {
    let logged = || {
        let before = if is_muted {
            Subdomains::Muted
        } else {
            Subdomains::Logged
        };
        let rules = LogRules::new(RestrictFlags::parse(flags).ok()?, before);
        let layer = LayerIndex::try_new(layer)?;
        let blocker = match kind {
            0 => Blocker::Ptrace,
            1 => Blocker::ChangeTopology,
            2 => Blocker::Fs(AccessFs::parse(missing).ok()?),
            3 => Blocker::Net(AccessNet::parse(missing).ok()?),
            4 => Blocker::Scope(Scope::AbstractUnixSocket),
            _ => Blocker::Scope(Scope::Signal),
        };
        let blame = Blame {
            layer,
            blocker,
            is_object_quiet,
        };
        let program = ExecLayers::from_bits(own_layers).program(layer);

        Some(rules.is_logged(program) && !is_quiet(masks(quiet)?, blame))
    };

    logged().map_or(REFUSED, u64::from)
}
