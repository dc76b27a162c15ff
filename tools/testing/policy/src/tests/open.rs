// SPDX-License-Identifier: GPL-2.0-only

//! Rights that an action needs, for every type of file and every mode.

use super::support::*;
use crate::policy::{
    access::AccessFsRight::{self, *},
    open::{FileType, OpenMode},
};

/// For each type of file: its bits in inode(7), the right to make one, the right to remove one.
const TYPES: [(FileType, u16, AccessFsRight, AccessFsRight); 8] = [
    (FileType::Directory, 0o040000, MakeDir, RemoveDir),
    (FileType::Regular, 0o100000, MakeReg, RemoveFile),
    (FileType::Symlink, 0o120000, MakeSym, RemoveFile),
    (FileType::Fifo, 0o010000, MakeFifo, RemoveFile),
    (FileType::Socket, 0o140000, MakeSock, RemoveFile),
    (FileType::Block, 0o060000, MakeBlock, RemoveFile),
    (FileType::Whiteout, 0o020000, MakeReg, RemoveFile),
    (FileType::Character, 0o020000, MakeChar, RemoveFile),
];

/// Devices: 0:0, then some of which one half or the other is 0, then the last one.
const DEVICES: [u32; 7] = [0, 1, 0x103, 0xff, 0x100, 0x10_0000, u32::MAX];

/// Permissions and set-id bits, which say nothing about the type.
const PERMISSIONS: u16 = 0o007777;

/// For each mode (read, write, execute): what a file needs, and what a directory needs.
///
/// A directory is opened for reading only: the other rows are there so that nothing is let through
/// without any right.
const MODES: [([bool; 3], &[AccessFsRight], &[AccessFsRight]); 8] = [
    ([false, false, false], &[], &[]),
    ([false, false, true], &[Execute], &[Execute]),
    ([false, true, false], &[WriteFile], &[WriteFile]),
    (
        [false, true, true],
        &[WriteFile, Execute],
        &[WriteFile, Execute],
    ),
    ([true, false, false], &[ReadFile], &[ReadDir]),
    ([true, false, true], &[ReadFile, Execute], &[ReadDir]),
    ([true, true, false], &[ReadFile, WriteFile], &[ReadDir]),
    (
        [true, true, true],
        &[ReadFile, WriteFile, Execute],
        &[ReadDir],
    ),
];

/// Positions of the rights that an open file may need later.
const TRUNCATE: usize = 14;
const IOCTL_DEV: usize = 15;

/// Reads a type as inode(7) says; an unknown type is that of a regular file, as is none.
fn file_type(mode: u16, device: u32) -> FileType {
    let device_matches = |file_type| match file_type {
        FileType::Whiteout => device == 0,
        FileType::Character => device != 0,
        _ => true,
    };

    TYPES
        .iter()
        .filter(|(file_type, bits, ..)| *bits == mode & !PERMISSIONS && device_matches(*file_type))
        .map(|(file_type, ..)| *file_type)
        .next()
        .unwrap_or(FileType::Regular)
}

#[test]
fn every_mode_has_the_type_of_its_format_bits() {
    for mode in 0..=u16::MAX {
        for device in DEVICES {
            let found = FileType::from_mode(mode, device);

            assert_eq!(
                found,
                file_type(mode, device),
                "mode {mode:#o} device {device:#x}"
            );
        }
    }
}

#[test]
fn only_device_0_0_is_a_whiteout() {
    for bit in 0..32 {
        assert_eq!(FileType::from_mode(0o020000, 1 << bit), FileType::Character);
        assert_eq!(FileType::from_mode(0o060000, 1 << bit), FileType::Block);
    }
    assert_eq!(FileType::from_mode(0o020644, 0), FileType::Whiteout);
    assert_eq!(FileType::from_mode(0o060644, 0), FileType::Block);
}

#[test]
fn each_type_has_its_right_to_make() {
    for (file_type, _, make, _) in TYPES {
        assert_eq!(file_type.make_right(), make, "{file_type:?}");
    }
}

#[test]
fn only_directories_are_removed_with_a_right_of_their_own() {
    for (file_type, _, _, remove) in TYPES {
        assert_eq!(file_type.remove_right(), remove, "{file_type:?}");
    }
}

#[test]
fn rights_that_are_needed_later_are_decided_when_a_file_is_opened() {
    for (file_type, ..) in TYPES {
        let is_device = matches!(
            file_type,
            FileType::Block | FileType::Character | FileType::Whiteout
        );
        let mut expected = Set::from([TRUNCATE]);

        if is_device {
            expected.insert(IOCTL_DEV);
        }
        assert_eq!(
            set_of(file_type.optional_rights()),
            expected,
            "{file_type:?}"
        );
    }
}

#[test]
fn open_needs_the_rights_of_its_mode() {
    for (file_type, ..) in TYPES {
        for ([read, write, execute], of_file, of_directory) in MODES {
            let needed = match file_type {
                FileType::Directory => of_directory,
                _ => of_file,
            };
            let mode = OpenMode {
                read,
                write,
                execute,
            };

            let required = set_of(mode.required(file_type));
            assert_eq!(required, positions(needed), "{file_type:?} {mode:?}");
        }
    }
}

#[test]
fn only_an_open_for_nothing_needs_nothing() {
    for (file_type, ..) in TYPES {
        for ([read, write, execute], ..) in MODES {
            let mode = OpenMode {
                read,
                write,
                execute,
            };

            let is_for_nothing = !read && !write && !execute;
            assert_eq!(mode.required(file_type).is_empty(), is_for_nothing);
        }
    }
}
