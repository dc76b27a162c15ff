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

use core::ptr::NonNull;
use kernel::{
    bindings, error::code::EBADF, ffi::c_uint, fs::LocalFile, prelude::*, sync::aref::ARef,
};

/// An open file, used by the current task.
pub(crate) type File = LocalFile;

declare_safe! { bindings:
    /// Looks any number up, and takes a reference to what it finds.
    fn fget_raw(fd: c_uint) -> *mut bindings::file;
}

/// Looks up a descriptor of the current task, including those opened with `O_PATH`, which
/// [`LocalFile::fget`] refuses.
///
/// Fails with [`EBADF`].
pub(crate) fn get_raw(fd: u32) -> Result<ARef<File>> {
    let file = NonNull::new(fget_raw(fd)).ok_or(EBADF)?;

    // SAFETY: `fget_raw()` took the reference. `LocalFile` is transparent.
    // INVARIANT: The file is in the table of the current task: as in `LocalFile::fget()`.
    Ok(unsafe { ARef::from_raw(file.cast()) })
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
