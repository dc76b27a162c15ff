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
    policy::{access::AccessFs, grants::Grants, unfulfilled::Unfulfilled},
};

/// Returns what `domain` denies of `requested` on the file hierarchy that contains `path`.
///
/// In each layer, rules on `path` and on any directory above it may grant one right or another.
/// May sleep.
pub(crate) fn unfulfilled(
    domain: &Domain,
    path: &Path,
    requested: AccessFs,
) -> Unfulfilled<AccessFs> {
    grant(domain, path, domain.unfulfilled(requested))
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
