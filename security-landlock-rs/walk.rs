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
pub(crate) fn verdict(domain: &Domain, path: &Path, requested: AccessFs) -> Verdict {
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
fn grant(domain: &Domain, dentry: &Dentry, left: &mut Unfulfilled) -> bool {
    let inode = dentry.inode();
    let Some(grants) = inode.and_then(|inode| domain.rule_for(inode.blob::<InodeState>())) else {
        return false;
    };

    left.grant(grants);
    left.is_fulfilled()
}
