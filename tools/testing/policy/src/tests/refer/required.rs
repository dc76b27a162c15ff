// SPDX-License-Identifier: GPL-2.0-only

//! Links and renames: every action on every pair of file types.
//!
//! From `linux/landlock.h`: "the `LANDLOCK_ACCESS_FS_MAKE_*` right for the respective file type
//! must be granted for the destination directory", and when renaming, the
//! `LANDLOCK_ACCESS_FS_REMOVE_*` right "for the source directory". What is replaced is removed from
//! the destination; an exchange is two renames; a whiteout is made as a regular file (erratum 4).

use crate::policy::{
    access::AccessFsRight::{self, *},
    open::FileType::{self, *},
    refer::{Move, Required},
};
use crate::tests::support::*;

/// Makes or removes one of the files in one of the directories.
#[derive(Clone, Copy)]
pub(super) enum Step {
    MakeOldInDestination,
    RemoveOldFromSource,
    RemoveNewFromDestination,
    MakeNewInSource,
    MakeWhiteoutInSource,
}
use Step::*;

/// What each action does, step by step.
pub(super) const ACTIONS: [(Move, &[Step]); 4] = [
    (Move::Link, &[MakeOldInDestination]),
    (
        Move::Rename,
        &[
            RemoveOldFromSource,
            RemoveNewFromDestination,
            MakeOldInDestination,
        ],
    ),
    (
        Move::RenameWhiteout,
        &[
            RemoveOldFromSource,
            RemoveNewFromDestination,
            MakeOldInDestination,
            MakeWhiteoutInSource,
        ],
    ),
    (
        Move::Exchange,
        &[
            RemoveOldFromSource,
            RemoveNewFromDestination,
            MakeOldInDestination,
            MakeNewInSource,
        ],
    ),
];

/// The right to make a file of each type, and the right to remove it.
pub(super) const TYPES: [(FileType, AccessFsRight, AccessFsRight); 8] = [
    (Directory, MakeDir, RemoveDir),
    (Regular, MakeReg, RemoveFile),
    (Symlink, MakeSym, RemoveFile),
    (Fifo, MakeFifo, RemoveFile),
    (Socket, MakeSock, RemoveFile),
    (Block, MakeBlock, RemoveFile),
    (Whiteout, MakeReg, RemoveFile),
    (Character, MakeChar, RemoveFile),
];

pub(super) type Row = (FileType, AccessFsRight, AccessFsRight);

/// Lists the rights that the steps need: in the source, and in the destination.
pub(super) fn needed(
    steps: &[Step],
    old: Row,
    new: Option<Row>,
) -> (Vec<AccessFsRight>, Vec<AccessFsRight>) {
    let (_, make_old, remove_old) = old;
    let (mut source, mut destination) = (vec![], vec![]);

    for step in steps {
        match step {
            MakeOldInDestination => destination.push(make_old),
            RemoveOldFromSource => source.push(remove_old),
            RemoveNewFromDestination => destination.extend(new.map(|(_, _, remove)| remove)),
            MakeNewInSource => source.extend(new.map(|(_, make, _)| make)),
            MakeWhiteoutInSource => source.push(MakeReg),
        }
    }
    (source, destination)
}

/// Calls `check` for each action, type of the file, and type of the one that has the new name.
fn for_each_case(check: impl Fn(&str, Required, &[AccessFsRight], &[AccessFsRight])) {
    for (action, steps) in ACTIONS {
        for old in TYPES {
            for new in TYPES.into_iter().map(Some).chain([None]) {
                let new_type = new.map(|(new_type, ..)| new_type);
                let (source, destination) = needed(steps, old, new);

                check(
                    &format!("{action:?} {:?} {new_type:?}", old.0),
                    Required::new(action, old.0, new_type),
                    &source,
                    &destination,
                );
            }
        }
    }
}

#[test]
fn source_grants_what_leaves_it_and_what_is_left_in_it() {
    for_each_case(|case, required, source, _| {
        assert_eq!(set_of(required.source), positions(source), "{case}");
    });
}

#[test]
fn destination_grants_what_comes_and_what_it_replaces() {
    for_each_case(|case, required, _, destination| {
        assert_eq!(
            set_of(required.destination),
            positions(destination),
            "{case}"
        );
    });
}

#[test]
fn one_directory_grants_what_both_would() {
    for_each_case(|case, required, source, destination| {
        let both = [source, destination].concat();

        assert_eq!(
            set_of(required.same_directory()),
            positions(&both),
            "{case}"
        );
    });
}

#[test]
fn destination_always_grants_something() {
    for_each_case(|case, required, _, _| assert!(!required.destination.is_empty(), "{case}"));
}

#[test]
fn exchange_is_the_same_seen_from_the_other_file() {
    for (old, ..) in TYPES {
        for (new, ..) in TYPES {
            let there = Required::new(Move::Exchange, old, Some(new));
            let back = Required::new(Move::Exchange, new, Some(old));

            assert_eq!(there.source, back.destination, "{old:?} {new:?}");
            assert_eq!(there.destination, back.source, "{old:?} {new:?}");
        }
    }
}
