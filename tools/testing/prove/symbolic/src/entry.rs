// SPDX-License-Identifier: GPL-2.0-only

//! What the entries share: layers and rules from integers, and verdicts to integers.

mod attr;
mod decide;
mod logs;
mod refer;

use crate::policy::{
    access::{AccessFs, AccessMasks, AccessNet, Scopes},
    blame::{Blame, Blocker},
    grants::Grants,
    layer::{self, Layers},
    mode::Mode,
    unfulfilled::Unfulfilled,
    within,
};

/// An argument was not what an entry takes.
const REFUSED: u64 = u64::MAX;

/// What a layer handles: rights on files, on ports and scopes, from the lowest bits up.
type Handled = u64;

/// A rule: the words that a table of sixteen layers stores for it.
type Rule = [u64; 8];

/// Makes a slice of what an entry is called with.
///
/// # Safety
///
/// There must be `count` values at `first` that live as long as the call.
unsafe fn slice<'a, T>(first: *const T, count: usize) -> &'a [T] {
    // SAFETY: By the safety contract.
    unsafe { core::slice::from_raw_parts(first, count) }
}

fn masks(handled: Handled) -> Option<AccessMasks> {
    Some(AccessMasks {
        fs: AccessFs::parse(handled & 0xffff_ffff).ok()?,
        net: AccessNet::parse(handled >> 32 & 0xffff).ok()?,
        scope: Scopes::parse(handled >> 48).ok()?,
    })
}

fn layers(handled: &[Handled]) -> Option<Layers> {
    let (first, more) = handled.split_first()?;
    let mut layers = Layers::first(masks(*first)?);

    for handled in more {
        layers = layers.stack(masks(*handled)?).ok()?;
    }
    Some(layers)
}

/// As [`layers`]; those in the set `permissive` are.
fn layers_of_modes(handled: &[Handled], permissive: u64) -> Option<Layers> {
    let mut stacked: Option<Layers> = None;

    for (index, handled) in handled.iter().enumerate() {
        let mut layers = match stacked {
            Some(layers) => layers.stack(masks(*handled)?).ok()?,
            None => Layers::first(masks(*handled)?),
        };
        let mode = match permissive >> index & 1 {
            0 => Mode::Enforcing,
            _ => Mode::Permissive,
        };
        layers.set_mode(mode);
        stacked = Some(layers);
    }
    stacked
}

/// Returns what `rule` grants, of as many words as `layers` layers take.
fn grants(rule: &Rule, layers: usize) -> Grants<'_> {
    within::grants(rule.get(..layers.div_ceil(2)).unwrap_or(rule))
}

/// Returns what rules leave of the request that `start` makes of the layers.
///
/// # Safety
///
/// As [`slice`] for each pointer and the count next to it.
unsafe fn left<A: layer::Handled>(
    (handled, count): (*const Handled, usize),
    (rules, met): (*const Rule, usize),
    start: impl FnOnce(&Layers) -> Option<Unfulfilled<A>>,
) -> Option<Unfulfilled<A>> {
    // SAFETY: By the safety contract.
    let (handled, rules) = unsafe { (slice(handled, count), slice(rules, met)) };
    let mut left = start(&layers(handled)?)?;

    for rule in rules {
        left.grant(grants(rule, count));
    }
    Some(left)
}

/// Writes the blame: whether there is one, the layer, what is missing, whether it is quiet.
fn report(blame: Option<Blame>) -> u64 {
    let Some(blame) = blame else {
        return 0;
    };
    let missing = match blame.blocker {
        Blocker::Fs(missing) => u64::from(u32::from(missing)),
        Blocker::Net(missing) => u64::from(u32::from(missing)),
        _ => return REFUSED,
    };

    1 << 63 | (blame.layer.get() as u64) << 40 | u64::from(blame.is_object_quiet) << 32 | missing
}
