// SPDX-License-Identifier: GPL-2.0-only

//! Credentials: those of tasks, and new ones that no task uses yet.
//!
//! C header: [`include/linux/cred.h`](srctree/include/linux/cred.h)

use super::{
    blob::{self, CredBlob},
    shim,
};

use core::{mem::ManuallyDrop, ptr::NonNull};
use kernel::{
    bindings, cred::Credential, error::code::ENOMEM, prelude::*, sync::aref::ARef,
    types::NotThreadSafe,
};

/// Returns the blob of `cred`. It is read-only, as many tasks may use `cred`.
pub(crate) fn blob<T: CredBlob>(cred: &Credential) -> &T {
    // SAFETY: `cred` is valid. The framework gave it a zeroed blob with room for all LSMs, and `T`
    // is `Zeroable`. Nothing changes the blob before `cred_free`, when there is no user left:
    // `PreparedCred::blob()` needs credentials that are not in use.
    unsafe { &*blob::locate_cred((*cred.as_ptr()).security) }
}

/// New credentials that no task uses yet. Dropping the value gives them up.
///
/// # Invariants
///
/// `ptr` came from `prepare_creds()` on the current task, and this value is its only user.
pub(crate) struct PreparedCred {
    ptr: NonNull<bindings::cred>,
    /// These are the credentials that the current task will have.
    _not_send: NotThreadSafe,
}

impl PreparedCred {
    /// Copies the credentials of the current task.
    ///
    /// Fails with [`ENOMEM`]. May sleep.
    pub(crate) fn new() -> Result<Self> {
        // SAFETY: `prepare_creds()` only needs a current task, which system calls have.
        let ptr = unsafe { bindings::prepare_creds() };

        // INVARIANT: `ptr` is fresh and was given to nobody else.
        Ok(Self {
            ptr: NonNull::new(ptr).ok_or(ENOMEM)?,
            _not_send: NotThreadSafe,
        })
    }

    /// Returns the blob of these credentials, to be changed.
    pub(crate) fn blob<T: CredBlob>(&mut self) -> &mut T {
        // SAFETY: As in `blob()`. By the type invariants nobody else uses the credentials, and
        // `self` is borrowed for as long as the reference lives.
        unsafe { &mut *blob::locate_cred((*self.ptr.as_ptr()).security) }
    }

    /// Makes the credentials ready to be used: nobody changes them any more.
    pub(crate) fn publish(self) -> NewCred {
        let new = ManuallyDrop::new(self).ptr.cast();

        NewCred {
            // SAFETY: By the type invariants, the reference of `prepare_creds()` is ours.
            // `ManuallyDrop` keeps `abort_creds()` from dropping it as well.
            new: unsafe { ARef::from_raw(new) },
            old: current_cred(),
        }
    }
}

/// Returns the credentials of the current task.
fn current_cred() -> ARef<Credential> {
    // SAFETY: The credentials of the current task stay until it replaces them, so they have
    // references while we make one more.
    unsafe { Credential::from_ptr(shim::landlock_rs_current_cred()) }.into()
}

/// New credentials, for one thread of a process or several. Dropping the value gives them up.
///
/// # Invariants
///
/// Nobody changes the blob of `new` any more.
#[derive(Clone)]
pub(crate) struct NewCred {
    new: ARef<Credential>,
    /// What the credentials were copied from. As it is not freed, nothing else has its address.
    old: ARef<Credential>,
}

impl NewCred {
    /// Returns the blob of these credentials.
    pub(crate) fn blob<T: CredBlob>(&self) -> &T {
        blob(&self.new)
    }

    /// Tells whether the current task has the very credentials that these were copied from.
    pub(crate) fn replaces_current(&self) -> bool {
        self.old.as_ptr() == current_cred().as_ptr()
    }

    /// Makes the current task use these credentials. This never fails.
    pub(crate) fn commit(self) {
        let new = ARef::into_raw(self.new);

        // SAFETY: `new` is a reference to credentials that `prepare_creds()` made, and
        // `commit_creds()` takes it over. System calls, and works of a thread, do not override the
        // credentials of the current task.
        unsafe { bindings::commit_creds(new.as_ptr().cast()) };
    }
}

impl Drop for PreparedCred {
    fn drop(&mut self) {
        // SAFETY: By the type invariants, `ptr` was prepared; `publish()` never drops `self`.
        unsafe { bindings::abort_creds(self.ptr.as_ptr()) };
    }
}
