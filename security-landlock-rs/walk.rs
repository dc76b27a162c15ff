// SPDX-License-Identifier: GPL-2.0-only

//! Rank 3: path walk of one request.
#![forbid(unsafe_code)]

use crate::{
    domain::Domain,
    kapi::{
        climb::{PathClimb, Step},
        path::{Dentry, Path},
    },
    object::InodeState,
    policy::{access::AccessFs, layer::Unfulfilled, verdict::Verdict},
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
        if grant(domain, climb.here(), &mut left) {
            return Verdict::Allow;
        }
        match climb.step() {
            Step::Parent => (),
            Step::Root => return left.into(),
            Step::InternalRoot => return Verdict::Allow,
        }
    }
}

/// Takes away what the rule on `dentry` grants. Tells whether nothing is left.
fn grant(domain: &Domain, dentry: &Dentry, left: &mut Unfulfilled<AccessFs>) -> bool {
    let object = dentry
        .inode()
        .and_then(|inode| inode.blob::<InodeState>().key());
    let Some(grants) = object.and_then(|object| domain.rule_for(object)) else {
        return false;
    };

    left.grant(grants);
    left.is_fulfilled()
}
