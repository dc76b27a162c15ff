// SPDX-License-Identifier: GPL-2.0-only

//! Which rights an action needs: opening, creating or removing a file.

use super::access::{AccessFs, AccessFsRight};

/// Type of a file, as far as rights depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileType {
    /// Directory.
    Directory,
    /// Regular file, or one of an unknown type.
    Regular,
    /// Symbolic link.
    Symlink,
    /// Named pipe.
    Fifo,
    /// UNIX domain socket.
    Socket,
    /// Block device.
    Block,
    /// Character device 0:0, with which overlay file systems hide a name.
    Whiteout,
    /// Any other character device.
    Character,
}

impl FileType {
    /// Reads the type bits of `mode` (`S_IFMT` in [inode(7)]); `device` is that of a device file,
    /// with 0 for 0:0.
    ///
    /// No type at all stands for a regular file, as in `mknod(2)`.
    ///
    /// [inode(7)]: https://man7.org/linux/man-pages/man7/inode.7.html
    pub(crate) fn from_mode(mode: u16, device: u32) -> Self {
        match mode & 0o170000 {
            0o040000 => Self::Directory,
            0o120000 => Self::Symlink,
            0o010000 => Self::Fifo,
            0o140000 => Self::Socket,
            0o060000 => Self::Block,
            0o020000 if device == 0 => Self::Whiteout,
            0o020000 => Self::Character,
            _ => Self::Regular,
        }
    }

    /// Returns the right to create a file of this type.
    ///
    /// A whiteout gives access to no device: creating one is like creating a regular file (erratum
    /// 4).
    pub(crate) fn make_right(self) -> AccessFsRight {
        match self {
            Self::Directory => AccessFsRight::MakeDir,
            Self::Regular | Self::Whiteout => AccessFsRight::MakeReg,
            Self::Symlink => AccessFsRight::MakeSym,
            Self::Fifo => AccessFsRight::MakeFifo,
            Self::Socket => AccessFsRight::MakeSock,
            Self::Block => AccessFsRight::MakeBlock,
            Self::Character => AccessFsRight::MakeChar,
        }
    }

    /// Returns the rights that are checked when a file of this type is opened, but only needed
    /// later, if at all.
    pub(crate) fn optional_rights(self) -> AccessFs {
        if self.is_device() {
            AccessFsRight::Truncate | AccessFsRight::IoctlDev
        } else {
            AccessFsRight::Truncate.into()
        }
    }

    /// Returns whether this is a device. A whiteout is one as well when it is opened.
    fn is_device(self) -> bool {
        matches!(self, Self::Block | Self::Character | Self::Whiteout)
    }

    /// Returns the right to remove a file of this type.
    pub(crate) fn remove_right(self) -> AccessFsRight {
        match self {
            Self::Directory => AccessFsRight::RemoveDir,
            _ => AccessFsRight::RemoveFile,
        }
    }
}

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OpenMode {
    /// Its content can be read.
    pub(crate) read: bool,
    /// Its content can be changed.
    pub(crate) write: bool,
    /// It is about to be executed.
    pub(crate) execute: bool,
}

impl OpenMode {
    /// Returns the rights that opening a file of type `file_type` in this mode needs.
    ///
    /// There are none for `O_PATH`. A directory can only be opened for reading.
    pub(crate) fn required(self, file_type: FileType) -> AccessFs {
        if self.read && file_type == FileType::Directory {
            return AccessFsRight::ReadDir.into();
        }

        let mut required = AccessFs::empty();
        if self.read {
            required |= AccessFsRight::ReadFile;
        }
        if self.write {
            required |= AccessFsRight::WriteFile;
        }
        if self.execute {
            required |= AccessFsRight::Execute;
        }
        required
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_open)]
mod tests {
    use super::*;

    #[test]
    fn whiteout_is_made_as_a_regular_file() {
        let whiteout = FileType::from_mode(0o020000, 0);
        let null = FileType::from_mode(0o020000, 0x103);

        assert_eq!(whiteout.make_right(), AccessFsRight::MakeReg);
        assert_eq!(null.make_right(), AccessFsRight::MakeChar);
    }

    #[test]
    fn mode_without_type_is_a_regular_file() {
        assert_eq!(FileType::from_mode(0o644, 0), FileType::Regular);
    }

    #[test]
    fn directory_needs_read_dir_alone() {
        let read = OpenMode {
            read: true,
            write: false,
            execute: true,
        };

        assert_eq!(
            read.required(FileType::Directory),
            AccessFsRight::ReadDir.into()
        );
        assert_eq!(
            read.required(FileType::Regular),
            AccessFsRight::ReadFile | AccessFsRight::Execute
        );
    }

    #[test]
    fn path_descriptor_needs_nothing() {
        let path_only = OpenMode {
            read: false,
            write: false,
            execute: false,
        };

        assert!(path_only.required(FileType::Directory).is_empty());
    }
}
