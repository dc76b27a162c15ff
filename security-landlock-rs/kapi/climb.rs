// SPDX-License-Identifier: GPL-2.0-only

//! Climbing from a path up to the real root, across mounts.
//!
//! C header: [`include/linux/namei.h`](srctree/include/linux/namei.h)

use super::{
    blob::{self, InodeBlob},
    mark::{mark, Mark},
    once::{load, read_once},
    path::{Dentry, OwnedDentry, OwnedPath, Path},
    shim,
    wrapper::wrapper,
};

use core::{
    marker::PhantomData,
    mem::{ManuallyDrop, MaybeUninit},
    ops::ControlFlow,
    ptr::{self, NonNull},
};
use kernel::types::NotThreadSafe;

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

/// How many entries and mounts a climb without references passes. Not every kernel preempts it, and
/// deeper hierarchies are rare.
const MAX_STEPS: usize = 256;

/// Sees the inodes that a climb without references passes.
pub(crate) trait Visitor {
    /// Our part of the blob of an inode.
    type Blob: InodeBlob;

    /// Looks at an inode, and decides whether to go on. Must not sleep.
    fn visit(&mut self, blob: &Self::Blob) -> ControlFlow<()>;
}

/// A visitor whose climb is not confirmed: what it has seen cannot be used.
pub(crate) struct Unconfirmed<V>(V);

impl<V: Visitor> Unconfirmed<V> {
    /// Makes a visitor ready to climb.
    pub(crate) fn new(visitor: V) -> Self {
        Self(visitor)
    }

    /// Climbs from `start` to the root, across mounts, without references: nothing is written that
    /// other processors use.
    ///
    /// The climb is a single RCU read-side critical section. It returns the visitor if, and only
    /// if, nothing was renamed or mounted meanwhile: then it was one that [`PathClimb`] could have
    /// made. A climb of more than [`MAX_STEPS`] steps has no result either, such as that of an entry
    /// that was moved out of its bind mount: it never gets above the topmost parent.
    #[inline(always)]
    pub(crate) fn climb(&mut self, start: &Path) -> Option<&V> {
        let mut memory = MaybeUninit::uninit();
        let climb = RcuClimb::begin(&mut memory, start)?;
        let (mut mount, mut here) = climb.position();
        let offset = blob::inode_offset();
        let mut steps = MAX_STEPS;

        loop {
            if here.visit(offset, &mut self.0).is_break() {
                return climb.confirm(&self.0);
            }
            while here.is(mount.root()) {
                steps = steps.checked_sub(1)?;
                match climb.follow_up() {
                    Some(above) => (mount, here) = above,
                    None => return climb.confirm(&self.0),
                }
            }
            here = here.parent();
            steps = steps.checked_sub(1)?;
        }
    }
}

wrapper! {
    /// Wraps a `struct dentry` on the way up, which may be out of use.
    ///
    /// # Invariants
    ///
    /// A reference to this type proves that the entry was in use at some time during an
    /// RCU read-side critical section that lasts at least as long as the reference: somebody counted
    /// a reference to it.
    struct PassedDentry(dentry);
}

wrapper! {
    /// Wraps a `struct vfsmount` on the way up, which may be out of use.
    ///
    /// # Invariants
    ///
    /// As [`PassedDentry`].
    struct PassedMount(vfsmount);
}

impl PassedDentry {
    /// Returns whether both are the same entry.
    fn is(&self, other: &Self) -> bool {
        ptr::eq(self, other)
    }

    /// Returns what the entry has, or last had, as its parent: itself if it is the topmost one.
    #[inline(always)]
    fn parent(&self) -> &Self {
        let parent = load!(self, d_parent);

        // INVARIANT: An entry counts a reference to its parent as long as it is in use. Only
        // `__d_move()` changes the parent, of an entry in use, before the reference to the former
        // one is dropped. By the type invariants this entry was in use during the critical section.
        // So was its parent: the last one of that time, or a later one.
        // SAFETY: As a parent, the entry is freed a grace period after the last reference is gone
        // (`dentry_free()`: an entry without `DCACHE_NORCU`, which no parent has). The pointer is
        // never null; what is loaded through it depends on it, and the entry was complete before
        // it became a parent (the barriers of `write_seqlock()`, or of making the child visible).
        unsafe { Self::from_raw(parent) }
    }

    /// Shows `visitor` our part of the blob of the inode, which is at `offset`, if there is one.
    #[inline(always)]
    fn visit<V: Visitor>(&self, offset: usize, visitor: &mut V) -> ControlFlow<()> {
        let inode = load!(self, d_inode);
        if inode.is_null() {
            return ControlFlow::Continue(());
        }

        // SAFETY: The entry had the inode at some time during the critical section, so the inode
        // was in use then. It is freed a grace period after its end (`destroy_inode()`, or by its
        // file system, as path lookup under RCU needs that, too). It was complete before the entry
        // had it (`__d_instantiate()`: the barrier of `d_seq`).
        let security = unsafe { read_once(&raw const (*inode).i_security) };
        if security.is_null() {
            return ControlFlow::Continue(());
        }

        // SAFETY: The blob is freed a grace period after the end of the inode as well
        // (`security_inode_free()`). A file system may then use the inode for another file before
        // its memory is freed: it has a new blob, or, without memory, none. Any bits make a blob:
        // what they say does not count, as the entry is out of use.
        visitor.visit(unsafe { &*blob::locate_inode(security, offset) })
    }
}

impl PassedMount {
    /// Returns the root of the mount.
    #[inline(always)]
    fn root(&self) -> &PassedDentry {
        // INVARIANT: A mount counts a reference to its root as long as it is in use.
        // SAFETY: The root never changes, and goes away with the mount (`cleanup_mnt()`): it is
        // freed a grace period later.
        unsafe { PassedDentry::from_raw((*self.as_ptr()).mnt_root) }
    }
}

/// An RCU read-side critical section in which a climb happens.
///
/// # Invariants
///
/// - `path_climb_begin()` has begun it, on this task, with what `climb` points to, and nothing has
///   ended it. It started from a path that is pinned for `'a`.
/// - The mount and the entry in there have been in use since: they are the start, or
///   `path_climb_follow_up()` found them.
struct RcuClimb<'a> {
    climb: NonNull<shim::path_climb>,
    _start: PhantomData<(&'a Path, &'a mut shim::path_climb)>,
    _not_send: NotThreadSafe,
}

impl<'a> RcuClimb<'a> {
    /// Begins at `start`, unless something is being renamed or mounted.
    #[inline(always)]
    fn begin(memory: &'a mut MaybeUninit<shim::path_climb>, start: &'a Path) -> Option<Self> {
        let climb: NonNull<shim::path_climb> = NonNull::from(memory).cast();

        // SAFETY: The function fills `climb`. By the invariants of `Path`, `start` is pinned.
        let has_begun = unsafe { shim::path_climb_begin(climb.as_ptr(), start.as_ptr()) };
        mark(Mark::ClimbBegun);
        // INVARIANT: It has begun at `start`, which is in use as long as it is pinned.
        has_begun.then(|| Self {
            climb,
            _start: PhantomData,
            _not_send: NotThreadSafe,
        })
    }

    /// Returns the mount and the entry where the climb began, or where it last followed a mount up.
    #[inline(always)]
    fn position(&self) -> (&PassedMount, &PassedDentry) {
        // INVARIANT: By the type invariants. A climb that is borrowed has not ended.
        // SAFETY: Both are freed a grace period after their end: a mount by `cleanup_mnt()`, and an
        // entry by `dentry_free()`; one without that delay (`DCACHE_NORCU`) can be the start alone,
        // which is pinned.
        unsafe {
            let path = (*self.climb.as_ptr()).path;
            (
                PassedMount::from_raw(path.mnt),
                PassedDentry::from_raw(path.dentry),
            )
        }
    }

    /// Goes from the mount of the position to its mount point, if there is one.
    #[inline(always)]
    fn follow_up(&self) -> Option<(&PassedMount, &PassedDentry)> {
        // INVARIANT: A mount counts references to its mount point and to the mount of that as long
        // as it is mounted there. `mount_lock` is written to before these are dropped.
        // SAFETY: By the type invariants the mount is not freed, and the section has not ended.
        unsafe { shim::path_climb_follow_up(self.climb.as_ptr()) }.then(|| self.position())
    }

    /// Ends the climb. Returns `state` if nothing was renamed or mounted since it began.
    #[inline(always)]
    fn confirm<T>(self, state: T) -> Option<T> {
        mark(Mark::ClimbEnding);
        ManuallyDrop::new(self).end().then_some(state)
    }

    /// Ends the climb, which must not be used any more. Returns whether it counts.
    #[inline(always)]
    fn end(&mut self) -> bool {
        // SAFETY: By the type invariants, the section has not ended.
        unsafe { shim::path_climb_end(self.climb.as_ptr()) }
    }
}

impl Drop for RcuClimb<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.end();
    }
}
