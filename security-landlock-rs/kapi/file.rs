// SPDX-License-Identifier: GPL-2.0-only

//! Open files.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h)

use super::{
    blob::{self, FileBlob},
    inode::Inode,
    once::load,
    path::Path,
    shim,
    wrapper::{declare_safe, wrapper},
};

use core::{ops::Deref, ptr::NonNull};
use kernel::{bindings, cred::Credential, error::code::EBADF, ffi::c_uint, prelude::*};

wrapper! {
    /// Wraps the kernel's `struct file`.
    ///
    /// # Invariants
    ///
    /// A reference to this type proves that somebody counts a reference to the file.
    pub(crate) struct File(file);
}

declare_safe! { bindings:
    /// Looks any number up, and takes a reference to what it finds.
    fn fget(fd: c_uint) -> *mut bindings::file;
    /// Looks any number up, and takes a reference to what it finds.
    fn fget_raw(fd: c_uint) -> *mut bindings::file;
}

impl File {
    /// Returns the path that was opened.
    pub(crate) fn path(&self) -> &Path {
        // SAFETY: A file pins its path, and with it the mount, which pins the superblock; the path
        // never changes.
        unsafe { Path::from_raw(&raw const (*self.as_ptr()).__bindgen_anon_1.f_path) }
    }

    /// Returns the credentials with which the file was opened.
    pub(crate) fn cred(&self) -> &Credential {
        // SAFETY: A file keeps its credentials, and never changes them.
        unsafe { Credential::from_ptr((*self.as_ptr()).f_cred) }
    }

    /// Returns the inode.
    pub(crate) fn inode(&self) -> &Inode {
        // SAFETY: The inode is that of the entry of the file's path, which keeps it in use, and the
        // mount of that path pins its superblock. A file never changes either.
        unsafe { Inode::from_raw((*self.as_ptr()).f_inode) }
    }

    /// Returns our part of the blob.
    pub(crate) fn blob<T: FileBlob>(&self) -> &T {
        // SAFETY: The framework gives each file a zeroed blob with room for all LSMs, and frees it
        // with the file. `T` is `Zeroable` and `Sync`.
        unsafe { &*blob::locate_file((*self.as_ptr()).f_security) }
    }

    /// Returns the mode bits, with which the file may be used.
    pub(super) fn mode(&self) -> u32 {
        load!(self, f_mode)
    }

    /// Returns for what the file is opened.
    pub(crate) fn open_mode(&self) -> Mode {
        let mode = self.mode();
        let flags = load!(self, f_flags);

        Mode {
            read: mode & shim::landlock_rs_const_LANDLOCK_RS_FMODE_READ != 0,
            write: mode & shim::landlock_rs_const_LANDLOCK_RS_FMODE_WRITE != 0,
            execute: flags & shim::landlock_rs_const_LANDLOCK_RS_FMODE_EXEC != 0,
        }
    }
}

/// For what a file is opened.
pub(crate) struct Mode {
    /// To read its content.
    pub(crate) read: bool,
    /// To change its content.
    pub(crate) write: bool,
    /// To execute it.
    pub(crate) execute: bool,
}

/// A reference to an open file.
///
/// # Invariants
///
/// The value owns a reference to the file.
pub(crate) struct FileRef(NonNull<bindings::file>);

impl FileRef {
    /// Looks a descriptor of the current task up. Fails with [`EBADF`], also for one that was
    /// opened with `O_PATH`.
    pub(super) fn get(fd: i32) -> Result<Self> {
        Self::new(fget(fd as u32))
    }

    /// Looks a descriptor of the current task up, be it opened with `O_PATH` or not. Fails with
    /// [`EBADF`].
    pub(crate) fn get_raw(fd: i32) -> Result<Self> {
        Self::new(fget_raw(fd as u32))
    }

    fn new(file: *mut bindings::file) -> Result<Self> {
        // INVARIANT: The functions return a reference, or null.
        NonNull::new(file).map(Self).ok_or(EBADF)
    }
}

impl Deref for FileRef {
    type Target = File;

    fn deref(&self) -> &File {
        // SAFETY: By the type invariants.
        unsafe { File::from_raw(self.0.as_ptr()) }
    }
}

impl Drop for FileRef {
    fn drop(&mut self) {
        // SAFETY: By the type invariants, the reference is ours.
        unsafe { bindings::fput(self.0.as_ptr()) };
    }
}
