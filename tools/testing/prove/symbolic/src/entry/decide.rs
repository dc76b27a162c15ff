// SPDX-License-Identifier: GPL-2.0-only

//! Requests: for rights on files and ports, and for what scopes limit.

use super::{grants, layers, left, report, slice, Handled, Rule, REFUSED};
use crate::policy::{
    access::{AccessFs, AccessFsRight, AccessNet, Scope},
    blame::Blame,
    grants::GrantedUnion,
    layer::{LayerIndex, Layers},
    request::{Request, Verdict},
    scope,
    summary::Summary,
    unfulfilled::{Inheritance, Unfulfilled},
    within,
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

/// A request for rights on a file, with rules that may stop those after them: the layer that denies
/// it.
///
/// # Safety
///
/// As [`slice`] for each pointer and the count after it.
#[no_mangle]
pub unsafe extern "C" fn stops(
    handled: *const Handled,
    count: usize,
    requested: u64,
    rules: *const Rule,
    met: usize,
) -> u64 {
    // SAFETY: By the safety contract.
    let (handled, rules) = unsafe { (slice(handled, count), slice(rules, met)) };
    let left = || {
        let layers = layers(handled)?;
        let mut left = Unfulfilled::new(&layers, AccessFs::parse(requested).ok()?);

        for rule in rules {
            left.grant_inherited(grants(rule, handled.len()), Inheritance::Stops);
        }
        Some(left)
    };

    left().map_or(REFUSED, |left| report(Blame::for_file(&left)))
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

/// The short way to the verdict on a request to open a file, which the first `met` of `count` rules
/// are on: what [`Request::verdict`] blames, or whom the file remembers for a right that is needed
/// later.
///
/// # Safety
///
/// As [`slice`] for each pointer and the count after it.
#[no_mangle]
pub unsafe extern "C" fn decides(
    handled: *const Handled,
    layers: usize,
    requested: &[u64; 3],
    rules: *const Rule,
    count: usize,
    met: usize,
) -> u64 {
    // SAFETY: By the safety contract.
    let (handled, rules) = unsafe { (slice(handled, layers), slice(rules, count)) };

    decide(handled, requested, rules, met).unwrap_or(REFUSED)
}

fn decide(handled: &[Handled], requested: &[u64; 3], rules: &[Rule], met: usize) -> Option<u64> {
    let parse = |rights: u64| AccessFs::parse(rights).ok();
    let [required, optional, is_truncate] = *requested;
    let request = Request {
        required: parse(required)?,
        optional: parse(optional)?,
    };
    let summary = summary(handled, rules)?;
    let layers = layers(handled)?;
    let Some(mut search) = summary.search(request.all()) else {
        return Some(QUIET);
    };

    for rule in rules.get(..met)? {
        search.meet(&layers, grants(rule, handled.len()));
    }
    let verdict = summary.verdict(&layers, request, &search);

    Some(conclude(verdict, is_truncate))
}

/// A request to open a file, with rules that are met: what [`Request::verdict`] blames, or whom the
/// file remembers for a right that is needed later. The layers in `permissive` are.
///
/// # Safety
///
/// As [`slice`] for each pointer and the count after it.
#[no_mangle]
pub unsafe extern "C" fn permits(
    handled: *const Handled,
    count: usize,
    requested: &[u64; 4],
    rules: *const Rule,
    met: usize,
) -> u64 {
    // SAFETY: By the safety contract.
    let (handled, rules) = unsafe { (slice(handled, count), slice(rules, met)) };

    permit(handled, requested, rules).unwrap_or(REFUSED)
}

fn permit(handled: &[Handled], requested: &[u64; 4], rules: &[Rule]) -> Option<u64> {
    let [required, optional, is_truncate, permissive] = *requested;
    let request = Request {
        required: AccessFs::parse(required).ok()?,
        optional: AccessFs::parse(optional).ok()?,
    };
    let layers = super::layers_of_modes(handled, permissive)?;
    let mut left = request.unfulfilled(&layers);

    for rule in rules {
        left.grant(grants(rule, handled.len()));
    }
    Some(conclude(request.verdict(&layers, left), is_truncate))
}

/// Writes whom a verdict blames, or whom the file remembers for a right that is needed later.
fn conclude(verdict: Verdict, is_truncate: u64) -> u64 {
    match verdict {
        Err(blame) => report(Some(blame)),
        Ok(denials) => {
            let right = match is_truncate {
                0 => AccessFsRight::IoctlDev,
                _ => AccessFsRight::Truncate,
            };
            let denial = denials.denial(right);
            LATER | report(denial.map(|(denial, is_quiet)| Blame::fs(denial, is_quiet)))
        }
    }
}

/// There is a quiet rule: the way is not short.
const QUIET: u64 = 1 << 62;

/// The request is allowed, and the denial is one of what comes later.
const LATER: u64 = 1 << 61;

/// Stacks the rulesets of a domain, each with what its rules grant.
fn summary(handled: &[Handled], rules: &[Rule]) -> Option<Summary> {
    let mut summary = Summary::NONE;

    for layer in 0..handled.len() {
        let mut union = GrantedUnion::none();
        for rule in rules {
            let rule = grants(rule, handled.len());
            let index = LayerIndex::try_new(layer)?;
            union.add(within::in_layer(rule, index), rule.flags(index));
        }
        summary = summary.stack(&layers(handled.get(..=layer)?)?, union);
    }
    Some(summary)
}
