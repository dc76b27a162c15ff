// SPDX-License-Identifier: GPL-2.0-only

//! Open files: what the `kernel` crate's [`LocalFile`] lacks.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h)

use super::{
    blob::{self, FileBlob},
    inode::Inode,
    once::load,
    path::Path,
    shim,
    wrapper::declare_safe,
};

use core::ops::Deref;
use kernel::{
    error::code::EBADF,
    ffi::{c_uint, c_ulong},
    fs::LocalFile,
    prelude::*,
    types::NotThreadSafe,
};

/// An open file, used by the current task.
pub(crate) type File = LocalFile;

declare_safe! { shim:
    /// Looks up any number. What it finds stays until [`Held`] is dropped.
    fn landlock_rs_fdget(fd: c_uint) -> c_ulong;
    /// As above.
    fn landlock_rs_fdget_raw(fd: c_uint) -> c_ulong;
}

/// A file that the current system call looked up and uses.
///
/// Unlike with [`LocalFile::fget`], no reference is counted if nobody else uses the table of
/// descriptors: this task does not change the table while it is in the system call.
///
/// # Invariants
///
/// A lookup returned `word`, which is not 0, and this value ends the use of what it found.
pub(crate) struct Held {
    word: c_ulong,
    /// The table is that of the current task.
    _not_send: NotThreadSafe,
}

impl Held {
    fn new(word: c_ulong) -> Result<Self> {
        if word == 0 {
            return Err(EBADF);
        }
        // INVARIANT: Just checked; the callers are lookups.
        Ok(Self {
            word,
            _not_send: NotThreadSafe,
        })
    }
}

impl Deref for Held {
    type Target = File;

    fn deref(&self) -> &File {
        let flags = shim::landlock_rs_const_LANDLOCK_RS_FDPUT as c_ulong;

        // SAFETY: By the type invariants, the word leads to a file, which the table keeps, or the
        // value. `LocalFile` is transparent, and this is the current task's.
        unsafe { &*((self.word & !flags) as *const File) }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: By the type invariants.
        unsafe { shim::landlock_rs_fdput(self.word) };
    }
}

/// Looks up a descriptor of the current task. Fails with [`EBADF`].
pub(crate) fn get(fd: u32) -> Result<Held> {
    Held::new(landlock_rs_fdget(fd))
}

/// Looks up a descriptor of the current task, including those opened with `O_PATH`.
///
/// Fails with [`EBADF`].
pub(crate) fn get_raw(fd: u32) -> Result<Held> {
    Held::new(landlock_rs_fdget_raw(fd))
}

/// Accessors that [`LocalFile`] lacks.
pub(crate) trait FileExt {
    /// Returns the path that was opened.
    fn path(&self) -> &Path;

    /// Returns the inode.
    fn inode(&self) -> &Inode;

    /// Returns our part of the blob.
    fn blob<T: FileBlob>(&self) -> &T;

    /// Returns the mode bits, which say how the file may be used.
    fn mode(&self) -> u32;

    /// Returns how the file is opened.
    fn open_mode(&self) -> Mode;
}

impl FileExt for File {
    fn path(&self) -> &Path {
        // SAFETY: A file pins its path, and with it the mount, which pins the superblock; the path
        // never changes.
        unsafe { Path::from_raw(&raw const (*self.as_ptr()).__bindgen_anon_1.f_path) }
    }

    fn inode(&self) -> &Inode {
        // SAFETY: The inode is that of the entry of the file's path, which keeps it in use, and the
        // mount of that path pins its superblock. A file never changes either.
        unsafe { Inode::from_raw((*self.as_ptr()).f_inode) }
    }

    fn blob<T: FileBlob>(&self) -> &T {
        // SAFETY: The framework gives each file a zeroed blob with room for all LSMs, and frees it
        // with the file. `T` is `Zeroable` and `Sync`.
        unsafe { &*blob::locate_file((*self.as_ptr()).f_security) }
    }

    fn mode(&self) -> u32 {
        load!(self, f_mode)
    }

    fn open_mode(&self) -> Mode {
        let mode = self.mode();

        Mode {
            read: mode & shim::landlock_rs_const_LANDLOCK_RS_FMODE_READ != 0,
            write: mode & shim::landlock_rs_const_LANDLOCK_RS_FMODE_WRITE != 0,
            execute: self.flags() & shim::landlock_rs_const_LANDLOCK_RS_FMODE_EXEC != 0,
        }
    }
}

/// How a file is opened.
pub(crate) struct Mode {
    /// To read its content.
    pub(crate) read: bool,
    /// To change its content.
    pub(crate) write: bool,
    /// To execute it.
    pub(crate) execute: bool,
}
