// SPDX-License-Identifier: GPL-2.0-only

//! Climbing from a path up to the real root, across mounts.
//!
//! C header: [`include/linux/namei.h`](srctree/include/linux/namei.h)

use super::path::{Dentry, OwnedDentry, OwnedPath, Path};

/// What a step up leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A directory further up.
    Parent,
    /// Nothing: this was the root of the mount namespace, or of a detached mount.
    Root,
    /// Nothing: this was the root of a hierarchy that is internal to the kernel, such as a
    /// namespace in `/proc/self/ns`.
    InternalRoot,
}

/// A position on the way up.
///
/// It holds references to the mount and to the current entry, so that concurrent renames and
/// unmounts are safe. Dropping them may sleep.
pub(crate) struct PathClimb {
    path: OwnedPath,
}

impl PathClimb {
    /// Starts at `path`.
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.into() }
    }

    /// Returns the current entry.
    pub(crate) fn here(&self) -> &Dentry {
        self.path.dentry()
    }

    /// Goes one step up.
    ///
    /// From the root of a mount, the step leads to the parent of the mount point: the mount point
    /// itself is hidden by the mount. A directory that was moved out of its bind mount has a root
    /// other than that of the mount: the climb continues at the root of the mount, so that the
    /// rules of both hierarchies count (erratum 3).
    pub(crate) fn step(&mut self) -> Step {
        while self.path.is_mount_root(self.path.dentry()) {
            if !self.path.follow_up() {
                return Step::Root;
            }
        }

        if !self.path.dentry().is_root() {
            self.path.ascend();
        } else if self.path.is_internal() {
            return Step::InternalRoot;
        } else {
            self.path.go_to_mount_root();
        }
        Step::Parent
    }
}

/// A position on the way up within one mount.
///
/// It holds a reference to the current entry. Dropping it may sleep.
pub(crate) struct MountClimb<'a> {
    mount: &'a Path,
    here: OwnedDentry<'a>,
}

impl<'a> MountClimb<'a> {
    /// Starts at `dir`, in the mount of `mount`.
    pub(crate) fn new(mount: &'a Path, dir: &'a Dentry) -> Self {
        Self {
            mount,
            here: dir.into(),
        }
    }

    /// Returns the current entry.
    pub(crate) fn here(&self) -> &Dentry {
        &self.here
    }

    /// Goes one step up, unless this is the root of the mount, or of a directory that was
    /// disconnected from it.
    pub(crate) fn step(&mut self) -> bool {
        if self.mount.is_mount_root(&self.here) || self.here.is_root() {
            return false;
        }
        self.here.ascend();
        true
    }
}
