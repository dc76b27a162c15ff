// SPDX-License-Identifier: GPL-2.0-only

//! What a rename or a link compares: files, and the directories that they are in.

use super::super::{
    access::{AccessFs, AccessFsRight},
    grants::Grants,
    layer::Layers,
    open::FileType,
    unfulfilled::{Inheritance, Unfulfilled},
};

/// Returns what `layers` deny of all rights to a file that changes its directory.
///
/// Every layer of a domain denies to refer, even one that handles no right on files, of which no
/// rule can grant it.
pub(crate) fn unfulfilled(layers: &Layers) -> Unfulfilled<AccessFs> {
    let mut left = Unfulfilled::new(layers, AccessFs::ALL);

    left.deny_in_all(AccessFsRight::Refer.into());
    left
}

/// A file that changes its directory, and what the rule on the file itself leaves unfulfilled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moved {
    pub(super) left: Unfulfilled<AccessFs>,
    pub(super) file_type: FileType,
}

impl Moved {
    /// Describes a file of type `file_type`; `grants` are those of the rule on it, if there is one.
    ///
    /// Layers in which that rule lets nothing be inherited are left out.
    pub(crate) fn new(layers: &Layers, file_type: FileType, grants: Option<Grants<'_>>) -> Self {
        let mut left = unfulfilled(layers);

        if let Some(grants) = grants {
            left.grant(grants);
            left.forget_stopped();
        }
        Self { left, file_type }
    }

    /// Returns the rights that can be used on the file, or beneath it.
    fn usable(&self) -> AccessFs {
        match self.file_type {
            FileType::Directory => AccessFs::ALL,
            _ => AccessFs::FILE,
        }
    }
}

/// One of the two directories: what rules on it, and above it, do not grant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Side {
    pub(super) left: Unfulfilled<AccessFs>,
    pub(super) required: AccessFs,
    pub(super) inheritance: Inheritance,
}

impl Side {
    pub(super) fn new(layers: &Layers, required: AccessFs, inheritance: Inheritance) -> Self {
        Self {
            left: unfulfilled(layers),
            required: required | AccessFsRight::Refer,
            inheritance,
        }
    }

    /// Takes away what a rule grants that was met next.
    pub(crate) fn grant(&mut self, grants: Grants<'_>) {
        self.left.grant_inherited(grants, self.inheritance);
    }

    /// Grants everything: no rule can be on the directory.
    pub(crate) fn grant_all(&mut self) {
        self.left = self.left.fulfilled();
    }

    /// Returns whether nothing is left to grant.
    pub(crate) fn is_fulfilled(&self) -> bool {
        self.left.is_fulfilled()
    }

    /// Returns which of `all` that the layers deny this side still has to grant.
    pub(super) fn asked(&self, all: AccessFs, is_compared: bool) -> Option<AccessFs> {
        match (self.is_fulfilled(), is_compared) {
            (true, _) => None,
            (false, true) => Some(self.required),
            (false, false) => Some(all),
        }
    }

    /// Returns what is left to grant.
    pub(crate) fn left(&self) -> Unfulfilled<AccessFs> {
        self.left
    }

    /// Returns whether `file` gains nothing when it leaves this directory for `other`.
    pub(super) fn may_lose(&self, file: &Moved, other: &Self) -> bool {
        let denied = self.left.common(&file.left);

        denied.is_left_in(&other.left, file.usable())
    }

    /// Returns whether a right is missing that copying the file would need as well.
    pub(super) fn lacks_right(&self) -> bool {
        let mut left = self.left;

        left.keep(self.required & !AccessFs::from(AccessFsRight::Refer));
        !left.is_fulfilled()
    }
}
