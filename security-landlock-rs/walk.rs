// SPDX-License-Identifier: GPL-2.0-only

//! Rank 3: path walks, which collect what rules grant.
#![forbid(unsafe_code)]

pub(crate) mod refer;

use crate::{
    domain::Domain,
    kapi::{
        climb::{PathClimb, Step},
        path::{Dentry, Path},
    },
    object::InodeState,
    policy::{access::AccessFs, rule::Grants, verdict::Verdict},
};

/// Decides whether `domain` allows `requested` on the file hierarchy that contains `path`.
///
/// In each layer, rules on `path` and on any directory above it may grant one right or another.
/// May sleep.
pub(crate) fn verdict(domain: &Domain, path: &Path, requested: AccessFs) -> Verdict<AccessFs> {
    let mut left = domain.unfulfilled(requested);

    if left.is_fulfilled() || path.dentry().is_unreachable() {
        return Verdict::Allow;
    }
    let mut climb = PathClimb::new(path);
    loop {
        if let Some(grants) = rule_on(domain, climb.here()) {
            left.grant(grants);
            if left.is_fulfilled() {
                return Verdict::Allow;
            }
        }
        match climb.step() {
            Step::Parent => (),
            Step::Root => return left.into(),
            Step::InternalRoot => return Verdict::Allow,
        }
    }
}

/// Returns what the rule on `dentry` grants, if there is one.
fn rule_on<'a>(domain: &'a Domain, dentry: &Dentry) -> Option<Grants<'a>> {
    let object = dentry.inode()?.blob::<InodeState>().key()?;

    domain.rule_for(object)
}
