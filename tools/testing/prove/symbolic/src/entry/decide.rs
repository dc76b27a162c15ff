// SPDX-License-Identifier: GPL-2.0-only

//! Requests: for rights on files and ports, and for what scopes limit.

use super::{grants, layers, report, slice, Handled, Rule, REFUSED};
use crate::policy::{
    access::{AccessFs, AccessNet, Scope},
    blame::Blame,
    scope,
    unfulfilled::Unfulfilled,
};

/// A request for rights on a file: 1 if it is allowed.
///
/// # Safety
///
/// As [`slice`] for each pointer and the count after it.
#[no_mangle]
pub unsafe extern "C" fn allows_file(
    handled: *const Handled,
    count: usize,
    requested: u64,
    rules: *const Rule,
    met: usize,
) -> u64 {
    // SAFETY: By the safety contract.
    let (handled, rules) = unsafe { (slice(handled, count), slice(rules, met)) };
    let left = layers(handled).zip(AccessFs::parse(requested).ok());

    left.map_or(REFUSED, |(layers, requested)| {
        let mut left = Unfulfilled::new(&layers, requested);

        rules
            .iter()
            .for_each(|rule| left.grant(grants(rule, count)));
        u64::from(left.is_fulfilled())
    })
}

/// A request for rights on a port: 1 if it is allowed.
///
/// # Safety
///
/// As [`slice`] for each pointer and the count after it.
#[no_mangle]
pub unsafe extern "C" fn allows_port(
    handled: *const Handled,
    count: usize,
    requested: u64,
    rules: *const Rule,
    met: usize,
) -> u64 {
    // SAFETY: By the safety contract.
    let (handled, rules) = unsafe { (slice(handled, count), slice(rules, met)) };
    let left = layers(handled).zip(AccessNet::parse(requested).ok());

    left.map_or(REFUSED, |(layers, requested)| {
        let mut left = Unfulfilled::new(&layers, requested);

        rules
            .iter()
            .for_each(|rule| left.grant(grants(rule, count)));
        u64::from(left.is_fulfilled())
    })
}

/// A request for rights on a file of a server with the first `common` layers: who denies it.
///
/// # Safety
///
/// As [`slice`] for each pointer and the count after it.
#[no_mangle]
pub unsafe extern "C" fn blames_file(
    handled: *const Handled,
    count: usize,
    requested: u64,
    rules: *const Rule,
    met: usize,
    common: usize,
) -> u64 {
    // SAFETY: By the safety contract.
    let (handled, rules) = unsafe { (slice(handled, count), slice(rules, met)) };
    let left = layers(handled).zip(AccessFs::parse(requested).ok());

    left.map_or(REFUSED, |(layers, requested)| {
        let mut left = scope::unfulfilled(&layers, common, requested);

        rules
            .iter()
            .for_each(|rule| left.grant(grants(rule, count)));
        report(Blame::for_file(&left))
    })
}

/// A request that no rule can grant, to a server with the first `common` layers: one more than the
/// index of the layer that denies it, or 0.
///
/// # Safety
///
/// As [`slice`] for the pointer and the count after it.
#[no_mangle]
pub unsafe extern "C" fn limits(
    handled: *const Handled,
    count: usize,
    is_signal: bool,
    common: usize,
) -> u64 {
    // SAFETY: By the safety contract.
    let handled = unsafe { slice(handled, count) };
    let kind = if is_signal {
        Scope::Signal
    } else {
        Scope::AbstractUnixSocket
    };

    layers(handled).map_or(REFUSED, |layers| match scope::deciding(&layers, kind) {
        Some(layer) if !scope::lets_reach(layer, common) => layer.get() as u64 + 1,
        _ => 0,
    })
}
