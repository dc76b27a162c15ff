// SPDX-License-Identifier: GPL-2.0-only

//! Path walk of a link or a rename to another directory.

use super::rule_on;
use crate::{
    domain::Domain,
    kapi::{
        climb::{MountClimb, PathClimb, Step},
        path::{Dentry, OwnedDentry, OwnedPath, Path},
    },
    policy::{
        blame::Blame,
        open::FileType,
        refer::{Moved, Refusal, Reparent, Required, Side},
    },
};

/// A file that changes its directory, with its type.
#[derive(Clone, Copy)]
pub(crate) struct File<'a> {
    /// Its name, which is not negative.
    pub(crate) dentry: &'a Dentry,
    /// Its type.
    pub(crate) file_type: FileType,
}

/// Decides whether `domain` lets `moved` come into `new_dir`, and `swapped`, if two files change
/// places, into the directory of `moved`.
///
/// Both directories are in the mount of `new_dir`. May sleep.
pub(crate) fn verdict(
    domain: &Domain,
    required: Required,
    moved: File<'_>,
    swapped: Option<File<'_>>,
    new_dir: &Path,
) -> Result<(), Denied> {
    let describe = |file: File<'_>| {
        Moved::new(
            domain.layers(),
            file.file_type,
            rule_on(domain, file.dentry),
        )
    };
    let moved_from = new_dir.directory_of(moved.dentry);
    let mut reparent = Reparent::new(
        domain.layers(),
        required,
        describe(moved),
        swapped.map(describe),
    );

    climb_mount(domain, new_dir, &moved_from, reparent.source());
    climb_mount(domain, new_dir, new_dir.dentry(), reparent.destination());
    climb_to_root(domain, &new_dir.mount_root(), &mut reparent).map_err(|refusal| Denied {
        refusal,
        source: Blame::for_file(&reparent.source().left()),
        destination: Blame::for_file(&reparent.destination().left()),
        old_dir: moved_from,
    })
}

/// A refused change of directory: why, and what is left to grant on each side.
pub(crate) struct Denied {
    /// Why it is refused.
    pub(crate) refusal: Refusal,
    /// Who denies what is left to grant in the directory of the file, if anything is.
    pub(crate) source: Option<Blame>,
    /// Who denies what is left to grant in the other one.
    pub(crate) destination: Option<Blame>,
    /// The directory of the file.
    pub(crate) old_dir: OwnedDentry,
}

/// Grants what rules say from `dir` up to the root of the mount of `mount`.
fn climb_mount(domain: &Domain, mount: &Path, dir: &Dentry, side: &mut Side) {
    if dir.is_unreachable() {
        side.grant_all();
        return;
    }

    let mut climb = MountClimb::new(mount, dir);
    loop {
        if let Some(grants) = rule_on(domain, climb.here()) {
            side.grant(grants);
        }
        if side.is_fulfilled() || !climb.step() {
            return;
        }
    }
}

/// Grants what rules say from `mount_root` up to the real root, and concludes.
fn climb_to_root(
    domain: &Domain,
    mount_root: &OwnedPath,
    reparent: &mut Reparent,
) -> Result<(), Refusal> {
    if reparent.is_fulfilled() || mount_root.dentry().is_unreachable() {
        return Ok(());
    }

    let mut climb = PathClimb::new(mount_root);
    loop {
        reparent.compare();
        if let Some(grants) = rule_on(domain, climb.here()) {
            reparent.grant(grants);
        }
        if reparent.is_fulfilled() {
            return Ok(());
        }
        match climb.step() {
            Step::Parent => (),
            Step::Root => return Err(reparent.refusal()),
            Step::InternalRoot => return Ok(()),
        }
    }
}
