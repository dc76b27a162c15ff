// SPDX-License-Identifier: GPL-2.0-only

//! Rank 3: path walks, which collect the rights that rules grant.
#![forbid(unsafe_code)]

pub(crate) mod reparent;

use crate::{
    domain::Domain,
    kapi::{
        climb::{PathClimb, Step},
        path::{Dentry, Path},
    },
    log, object,
    policy::{
        access::AccessFs,
        grants::Grants,
        optional::OptionalDenials,
        request::{Request, Verdict},
        summary::Search,
        unfulfilled::Unfulfilled,
    },
};

/// Returns the verdict of `domain` on `request` for the file hierarchy that contains `path`.
///
/// In each layer, rules on `path` and on any directory above it may grant one right or another.
/// May sleep.
pub(crate) fn verdict(domain: &Domain, path: &Path, request: Request) -> Verdict {
    let summary = domain.summary();
    if summary.handled(request.all()).is_empty() || path.dentry().is_unreachable() {
        return Ok(OptionalDenials::NONE);
    }

    match search(domain, path, request.all()) {
        Some(search) => summary.verdict(domain.layers(), request, &search),
        None => {
            let left = request.unfulfilled(domain.layers());
            request.verdict(climb(domain, path, left))
        }
    }
}

/// Removes from `left`, of a request to `domain`, what rules grant on `path` and above it.
///
/// May sleep.
pub(crate) fn grant(
    domain: &Domain,
    path: &Path,
    mut left: Unfulfilled<AccessFs>,
) -> Unfulfilled<AccessFs> {
    if left.is_fulfilled() {
        return left;
    }
    if path.dentry().is_unreachable() {
        return left.fulfilled();
    }
    match search(domain, path, left.denied()) {
        Some(search) => {
            search.grant(&mut left);
            left
        }
        None => climb(domain, path, left),
    }
}

/// Searches for `rights` on `path` and above it.
///
/// Returns [`None`] if that does not decide a request: a quiet rule changes what is logged, each
/// rule on the way is traced, or the way may end in a hierarchy where everything is allowed.
#[inline]
fn search(domain: &Domain, path: &Path, rights: AccessFs) -> Option<Search> {
    let mut search = domain.summary().search(rights)?;
    if log::is_match_traced() || path.is_internal() {
        return None;
    }
    if search.is_over() {
        return Some(search);
    }

    let mut climb = PathClimb::new(path);
    loop {
        if let Some(grants) = rule_on(domain, climb.here()) {
            search.meet(domain.layers(), grants);
            if search.is_over() {
                return Some(search);
            }
        }
        match climb.step() {
            Step::Parent => (),
            Step::Root => return Some(search),
            Step::InternalRoot => return None,
        }
    }
}

/// Removes from `left` what rules grant on `path` and above it, layer by layer.
#[cold]
fn climb(domain: &Domain, path: &Path, mut left: Unfulfilled<AccessFs>) -> Unfulfilled<AccessFs> {
    let traced = log::traced_request(|| left.denied());
    let mut climb = PathClimb::new(path);
    loop {
        if let Some(grants) = rule_on(domain, climb.here()) {
            log::match_on_file(domain, traced, climb.here(), grants);
            left.grant(grants);
            if left.is_fulfilled() {
                return left;
            }
        }
        match climb.step() {
            Step::Parent => (),
            Step::Root => return left,
            Step::InternalRoot => return left.fulfilled(),
        }
    }
}

/// Returns what the rule on `dentry` grants, if there is one.
fn rule_on<'a>(domain: &'a Domain, dentry: &Dentry) -> Option<Grants<'a>> {
    let key = object::key_on(dentry.inode()?)?;

    domain.rule_for(key)
}
