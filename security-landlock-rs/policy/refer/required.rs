// SPDX-License-Identifier: GPL-2.0-only

//! What a rename or a link requires of the directories, whether they differ or not.

use super::super::{access::AccessFs, open::FileType};

/// What a rename or a link does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    /// Gives a file a second name.
    Link,
    /// Moves a file, over another one if there is one.
    Rename,
    /// Moves a file and leaves a whiteout behind (`RENAME_WHITEOUT`).
    RenameWhiteout,
    /// Exchanges two files (`RENAME_EXCHANGE`).
    Exchange,
}

/// What the two directories must grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Required {
    /// In the directory that the file is in.
    pub(crate) source: AccessFs,
    /// In the directory that it enters.
    pub(crate) destination: AccessFs,
}

impl Required {
    /// Returns the rights for `action` on a file of type `old`; `new` is the type of the file that
    /// already has the new name, if there is one.
    pub(crate) fn new(action: Move, old: FileType, new: Option<FileType>) -> Self {
        let mut required = Self {
            source: AccessFs::empty(),
            destination: old.make_right().into(),
        };

        if action != Move::Link {
            required.source |= old.remove_right();
            if let Some(new) = new {
                required.destination |= new.remove_right();
            }
        }
        match (action, new) {
            (Move::RenameWhiteout, _) => {
                required.source |= FileType::Whiteout.make_right();
            }
            (Move::Exchange, Some(new)) => required.source |= new.make_right(),
            _ => (),
        }
        required
    }

    /// Returns what a directory that is both source and destination must grant.
    pub(crate) fn same_directory(self) -> AccessFs {
        self.source | self.destination
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_refer_required)]
mod tests {
    use super::super::super::access::AccessFsRight::{MakeDir, MakeReg, RemoveDir, RemoveFile};
    use super::*;

    #[test]
    fn link_only_creates() {
        let required = Required::new(Move::Link, FileType::Regular, None);

        assert!(required.source.is_empty());
        assert_eq!(required.destination, MakeReg.into());
    }

    #[test]
    fn rename_removes_what_it_replaces() {
        let required = Required::new(Move::Rename, FileType::Directory, Some(FileType::Directory));

        assert_eq!(required.source, RemoveDir.into());
        assert_eq!(required.destination, MakeDir | RemoveDir);
    }

    #[test]
    fn exchange_asks_the_same_of_both_sides() {
        let required = Required::new(Move::Exchange, FileType::Regular, Some(FileType::Directory));

        assert_eq!(required.source, RemoveFile | MakeDir);
        assert_eq!(required.destination, RemoveDir | MakeReg);
    }

    #[test]
    fn whiteout_is_created_in_the_source() {
        let required = Required::new(Move::RenameWhiteout, FileType::Directory, None);

        assert_eq!(required.source, RemoveDir | MakeReg);
        assert_eq!(required.destination, MakeDir.into());
    }
}
