// SPDX-License-Identifier: GPL-2.0-only

//! Paths and directory entries.
//!
//! C headers: [`include/linux/path.h`](srctree/include/linux/path.h),
//! [`include/linux/dcache.h`](srctree/include/linux/dcache.h)

use super::{
    inode::Inode,
    once::{load, read_once},
    shim,
    wrapper::{declare_safe, wrapper},
};

use core::{marker::PhantomData, ops::Deref, ptr::NonNull};
use kernel::{bindings, types::Opaque};

wrapper! {
    /// Wraps the kernel's `struct path`: a directory entry in a mount.
    ///
    /// # Invariants
    ///
    /// A reference to this type proves that the mount and the entry are pinned, and that nobody
    /// changes the path.
    pub(crate) struct Path(path);
}

wrapper! {
    /// Wraps the kernel's `struct vfsmount`: a mount.
    ///
    /// # Invariants
    ///
    /// A reference to this type proves that the mount is pinned. A mount pins its superblock: it
    /// gives up its active reference (`cleanup_mnt()`) after the last reference to it is gone. It
    /// pins its root as well, which never changes.
    struct Mount(vfsmount);
}

declare_safe! { bindings:
    /// Counts one more reference to the mount and to the entry.
    fn path_get(path: &Path);
    /// Takes a reference to the parent.
    fn dget_parent(entry: &Dentry) -> *mut bindings::dentry;
}

impl Mount {
    /// Returns the root of the mount.
    fn root(&self) -> &Dentry {
        // SAFETY: By the type invariants.
        unsafe { Dentry::from_raw((*self.as_ptr()).mnt_root) }
    }
}

impl Path {
    /// Returns the mount.
    fn mount(&self) -> &Mount {
        // SAFETY: By the type invariants, the mount is pinned as long as the path is borrowed.
        unsafe { Mount::from_raw((*self.as_ptr()).mnt) }
    }

    /// Returns the directory entry.
    pub(crate) fn dentry(&self) -> &Dentry {
        // SAFETY: By the type invariants, the entry is pinned as long as the path is borrowed, and
        // so is the mount, which pins the superblock.
        unsafe { Dentry::from_raw((*self.as_ptr()).dentry) }
    }

    /// Returns a `struct path` to another entry in the same mount, without references.
    pub(super) fn with_dentry(&self, dentry: &Dentry) -> bindings::path {
        bindings::path {
            mnt: self.mount().as_ptr(),
            dentry: dentry.as_ptr(),
        }
    }

    /// Returns whether `dentry` is the root of the mount.
    pub(super) fn is_mount_root(&self, dentry: &Dentry) -> bool {
        core::ptr::eq(self.mount().root(), dentry)
    }

    /// Returns the root of the mount.
    pub(crate) fn mount_root(&self) -> OwnedPath {
        let mut root = OwnedPath::from(self);

        root.go_to_mount_root();
        root
    }

    /// Returns the entry of the root of the mount.
    fn root_entry(&self) -> OwnedDentry<'_> {
        self.mount().root().into()
    }

    /// Returns the directory that `child` is in, of which the mount is this one.
    ///
    /// `child` may be renamed concurrently: this is the directory at some point in time. The root
    /// of the mount, which is not in a directory, is returned itself.
    pub(crate) fn directory_of<'a>(&self, child: &'a Dentry) -> OwnedDentry<'a> {
        if self.is_mount_root(child) {
            child.into()
        } else {
            child.parent()
        }
    }

    /// Returns whether the mount is internal to the kernel: user space cannot mount such a file
    /// system.
    pub(crate) fn is_internal(&self) -> bool {
        // `mount(2)` changes other flags, under `mount_lock`; this one never changes once the mount
        // is in use.
        load!(self.mount(), mnt_flags) & bindings::mount_flags_MNT_INTERNAL as i32 != 0
    }
}

/// A path that this value pins.
///
/// # Invariants
///
/// The value owns a reference to the mount and one to the entry.
pub(crate) struct OwnedPath(Path);

impl From<&Path> for OwnedPath {
    fn from(path: &Path) -> Self {
        path_get(path);
        // INVARIANT: The references were just taken.
        Self(Path(Opaque::new(path.with_dentry(path.dentry()))))
    }
}

impl Deref for OwnedPath {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for OwnedPath {
    fn drop(&mut self) {
        // SAFETY: By the type invariants, these references are ours.
        unsafe { bindings::path_put(self.as_ptr()) };
    }
}

impl OwnedPath {
    /// Moves to the mount point of this mount. Returns whether there is one.
    pub(super) fn follow_up(&mut self) -> bool {
        // INVARIANT: The function swaps the references it is given.
        // SAFETY: By the type invariants; `self` is borrowed mutably.
        unsafe { shim::follow_up(self.0.as_ptr()) != 0 }
    }

    /// Moves to the parent entry.
    pub(super) fn ascend(&mut self) {
        self.go_to(|path| path.dentry().parent());
    }

    /// Moves to the root of the mount.
    pub(super) fn go_to_mount_root(&mut self) {
        self.go_to(Path::root_entry);
    }

    /// Moves to another entry of the mount, which `find` returns.
    #[inline(always)]
    fn go_to(&mut self, find: fn(&Path) -> OwnedDentry<'_>) {
        let new = find(self).into_raw();
        let path = self.0.as_ptr();

        // INVARIANT: The path takes over the new reference, and drops the old one. `find` has
        // nothing but the path, whose mount pins the superblock of either entry.
        // SAFETY: By the type invariants, and because `self` is borrowed mutably.
        unsafe { bindings::dput(core::mem::replace(&mut (*path).dentry, new)) };
    }
}

wrapper! {
    /// Wraps the kernel's `struct dentry`, a directory entry.
    ///
    /// # Invariants
    ///
    /// A reference to this type proves that the entry is pinned, and that its superblock stays:
    /// someone counts a reference to the entry, which alone does not pin the superblock, and
    /// someone pins the superblock, for example with a mount of it.
    pub(crate) struct Dentry(dentry);
}

impl Dentry {
    /// Returns the type bits of the flags, which say what the entry leads to.
    fn entry_type(&self) -> u32 {
        load!(self, d_flags) & shim::landlock_rs_const_LANDLOCK_RS_D_ENTRY_TYPE
    }

    /// Returns whether the entry leads to a directory.
    pub(crate) fn is_dir(&self) -> bool {
        matches!(
            self.entry_type(),
            shim::landlock_rs_const_LANDLOCK_RS_D_DIRECTORY
                | shim::landlock_rs_const_LANDLOCK_RS_D_AUTODIR
        )
    }

    /// Returns the inode, or [`None`] if nothing has this name.
    ///
    /// An entry that is concurrently getting its inode may still seem to have none.
    pub(crate) fn inode(&self) -> Option<&Inode> {
        if self.entry_type() == shim::landlock_rs_const_LANDLOCK_RS_D_MISS {
            return None;
        }
        let inode = load!(self, d_inode);

        // SAFETY: The entry has a reference to the inode, which only `dentry_unlink_inode()` takes
        // away: for an entry that nobody pins (`__dentry_kill()`), or for one that its caller alone
        // pins (`d_delete()`, which finds a count of 1 and holds `d_lock`). By the type invariants
        // somebody keeps this one pinned for as long as `self` is borrowed: the entry keeps its
        // inode unless that is the caller of `d_delete()`, which is a file system, after the hooks
        // of the operation returned. The inode is in the superblock of the entry, which somebody
        // pins for as long as `self` is borrowed. The inode can be looked at because what is loaded
        // through the pointer depends on it.
        (!inode.is_null()).then(|| unsafe { Inode::from_raw(inode) })
    }

    /// Returns whether the entry is in a file system that user space can only reach through
    /// `/proc/*/fd`, such as that of pipes, or is private to the kernel.
    pub(crate) fn is_unreachable(&self) -> bool {
        let superblock = load!(self, d_sb);
        // SAFETY: By the type invariants the superblock stays, and an entry never changes to
        // another one. Remounting writes other flags with a single store; this one never
        // changes.
        let flags = unsafe { read_once(&raw const (*superblock).s_flags) };
        let no_user = u64::from(shim::landlock_rs_const_LANDLOCK_RS_SB_NOUSER);

        flags & no_user as kernel::ffi::c_ulong != 0 || self.inode().is_some_and(Inode::is_private)
    }

    /// Returns whether the entry has no parent: the root of a file system, or a directory that was
    /// disconnected from it.
    pub(super) fn is_root(&self) -> bool {
        core::ptr::eq(self.parent_ptr(), self.as_ptr())
    }

    /// Returns whether `parent` is the parent of this entry. The caller keeps it from moving.
    pub(crate) fn is_child_of(&self, parent: &Dentry) -> bool {
        core::ptr::eq(self.parent_ptr(), parent.as_ptr())
    }

    /// Returns where the parent is, which may be gone: a rename changes it.
    fn parent_ptr(&self) -> *mut bindings::dentry {
        load!(self, d_parent)
    }

    /// Returns the parent, or the entry itself when it has none.
    pub(crate) fn parent(&self) -> OwnedDentry<'_> {
        // INVARIANT: The reference is ours. The superblock is that of this entry.
        OwnedDentry {
            entry: self.get_parent(),
            _superblock: PhantomData,
        }
    }

    /// Returns a new reference to the parent, or to the entry itself when it has none.
    fn get_parent(&self) -> NonNull<bindings::dentry> {
        // SAFETY: The function never returns null.
        unsafe { NonNull::new_unchecked(dget_parent(self)) }
    }
}

/// An entry that this value pins, for no longer than the superblock is pinned: once that is shut
/// down, there is no way to drop a reference to one of its entries.
///
/// # Invariants
///
/// The value owns a reference to the entry, and somebody pins the superblock of the entry for `'a`.
pub(crate) struct OwnedDentry<'a> {
    entry: NonNull<bindings::dentry>,
    _superblock: PhantomData<&'a Dentry>,
}

impl OwnedDentry<'_> {
    /// Moves to the parent, if the entry has one.
    pub(super) fn ascend(&mut self) {
        // INVARIANT: The reference is ours. The superblock stays the same.
        *self = Self {
            entry: self.get_parent(),
            _superblock: PhantomData,
        };
    }

    fn into_raw(self) -> *mut bindings::dentry {
        core::mem::ManuallyDrop::new(self).entry.as_ptr()
    }
}

impl<'a> From<&'a Dentry> for OwnedDentry<'a> {
    fn from(dentry: &'a Dentry) -> Self {
        // SAFETY: By the invariants of `Dentry` it is pinned, so there is a reference already.
        unsafe { bindings::lockref_get(&raw mut (*dentry.as_ptr()).d_lockref) };
        // INVARIANT: The reference was just taken. By the invariants of `Dentry`.
        Self {
            entry: NonNull::from(dentry).cast(),
            _superblock: PhantomData,
        }
    }
}

impl Deref for OwnedDentry<'_> {
    type Target = Dentry;

    fn deref(&self) -> &Dentry {
        // SAFETY: By the type invariants.
        unsafe { Dentry::from_raw(self.entry.as_ptr()) }
    }
}

impl Drop for OwnedDentry<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariants, the reference is ours, and the superblock is not shut
        // down yet.
        unsafe { bindings::dput(self.entry.as_ptr()) };
    }
}
