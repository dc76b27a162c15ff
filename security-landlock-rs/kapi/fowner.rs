// SPDX-License-Identifier: GPL-2.0-only

//! Owners of open files, which get SIGIO and SIGURG.
//!
//! `f_owner->lock` of a file protects the owner, and what our part of the file's blob stores about
//! the task that set it. The kernel takes the lock around the hooks, with interrupts disabled, or
//! in an interrupt.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h)

use super::{
    blob::{self, FileBlob},
    once::load,
    wrapper::wrapper,
};

use core::{marker::PhantomData, ops::Deref, ptr::NonNull};
use kernel::{bindings, sync::rcu, task::Task};

wrapper! {
    /// The owner of an open file; wraps `struct fown_struct`.
    ///
    /// # Invariants
    ///
    /// A reference to this type proves that the file is there, and that the current task or
    /// interrupt holds `f_owner->lock`, at least for reading.
    pub(crate) struct FileOwner(fown_struct);
}

impl FileOwner {
    /// Returns the task that is the owner, as a thread or as a process.
    ///
    /// There is none if the owner is a process group or a session, or is gone.
    pub(crate) fn task<'g>(&self, _guard: &'g rcu::Guard) -> Option<&'g Task> {
        // By the type invariants, the lock is held that guards both members.
        let pid = load!(self, pid);

        match load!(self, pid_type) {
            pid_type @ (bindings::pid_type_PIDTYPE_PID | bindings::pid_type_PIDTYPE_TGID) => {
                // SAFETY: The owner has a reference to `pid`, if it is not null. A task that is
                // found has references until a grace period after nobody finds it any more, and the
                // guard proves the RCU read-side critical section. `Task` is transparent.
                unsafe { bindings::pid_task(pid, pid_type).cast::<Task>().as_ref() }
            }
            _ => None,
        }
    }

    /// Returns what the file stores about the task that set the owner.
    pub(crate) fn record<T: FileBlob>(&self) -> &T::Owner {
        // SAFETY: By the type invariants the lock is held, for as long as `self` is borrowed.
        unsafe { &*self.record_ptr::<T>() }
    }

    fn record_ptr<T: FileBlob>(&self) -> *mut T::Owner {
        // SAFETY: By the type invariants the file is there, to which its owner leads. The framework
        // gave it a zeroed blob with room for all LSMs, and `T` is `Zeroable` and `Sync`.
        let blob = unsafe { &*blob::locate_file::<T>((*(*self.as_ptr()).file).f_security) };

        blob.owner().as_ptr()
    }
}

/// The owner of an open file, being changed.
///
/// # Invariants
///
/// The lock of `owner` is held for writing, and this is the only value that stands for that.
pub(crate) struct FileOwnerMut<'a> {
    owner: &'a FileOwner,
    _exclusive: PhantomData<&'a mut FileOwner>,
}

impl FileOwnerMut<'_> {
    /// Creates the value from a file's owner of C.
    ///
    /// # Safety
    ///
    /// For the lifetime of the value, `ptr` must be valid, and the caller must hold its lock for
    /// writing, and make no other reference from it.
    #[inline]
    pub(crate) unsafe fn from_raw(ptr: NonNull<bindings::fown_struct>) -> Self {
        // INVARIANT: By the safety contract.
        Self {
            // SAFETY: By the safety contract.
            owner: unsafe { FileOwner::from_raw(ptr.as_ptr()) },
            _exclusive: PhantomData,
        }
    }

    /// Returns what the file stores about the task that set the owner, to change it.
    pub(crate) fn record<T: FileBlob>(&mut self) -> &mut T::Owner {
        // SAFETY: By the type invariants the lock is held for writing, and `self` is borrowed for
        // as long as the reference lives.
        unsafe { &mut *self.owner.record_ptr::<T>() }
    }
}

impl Deref for FileOwnerMut<'_> {
    type Target = FileOwner;

    fn deref(&self) -> &FileOwner {
        self.owner
    }
}
