// SPDX-License-Identifier: GPL-2.0-only

//! Requests: for rights on files and ports, and for what scopes limit.

use super::{layers, left, report, slice, Handled, Rule, REFUSED};
use crate::policy::{
    access::{AccessFs, AccessNet, Scope},
    blame::Blame,
    layer::Layers,
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
    let start = |layers: &Layers| Some(Unfulfilled::new(layers, AccessFs::parse(requested).ok()?));
    // SAFETY: By the safety contract.
    let left = unsafe { left((handled, count), (rules, met), start) };

    left.map_or(REFUSED, |left| left.is_fulfilled().into())
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
    let start = |layers: &Layers| Some(Unfulfilled::new(layers, AccessNet::parse(requested).ok()?));
    // SAFETY: By the safety contract.
    let left = unsafe { left((handled, count), (rules, met), start) };

    left.map_or(REFUSED, |left| left.is_fulfilled().into())
}

/// A request for rights on a file of a server with the first `common` layers: the layer
/// that denies it.
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
    let start = |layers: &Layers| {
        let requested = AccessFs::parse(requested).ok()?;
        Some(scope::unfulfilled(layers, common, requested))
    };
    // SAFETY: By the safety contract.
    let left = unsafe { left((handled, count), (rules, met), start) };

    left.map_or(REFUSED, |left| report(Blame::for_file(&left)))
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

    layers(handled).map_or(REFUSED, |layers| {
        match scope::scoping_layer(&layers, kind) {
            Some(layer) if !scope::is_within(layer, common) => layer.get() as u64 + 1,
            _ => 0,
        }
    })
}
