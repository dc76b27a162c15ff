// SPDX-License-Identifier: GPL-2.0-only

//! Credentials: those of tasks, and new ones that no task uses yet.
//!
//! C header: [`include/linux/cred.h`](srctree/include/linux/cred.h)

use super::blob::{self, CredBlob};

use core::{mem::ManuallyDrop, ptr::NonNull};
use kernel::{bindings, cred::Credential, error::code::ENOMEM, prelude::*, types::NotThreadSafe};

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
    /// `commit_creds()` changes the task that calls it.
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

    /// Makes the current task use these credentials. This never fails.
    pub(crate) fn commit(self) {
        let this = ManuallyDrop::new(self);

        // SAFETY: By the type invariants, this task prepared `ptr` and nobody else uses it.
        // `ManuallyDrop` keeps `abort_creds()` from running as well.
        unsafe { bindings::commit_creds(this.ptr.as_ptr()) };
    }
}

impl Drop for PreparedCred {
    fn drop(&mut self) {
        // SAFETY: By the type invariants, `ptr` was prepared; `commit()` never drops `self`.
        unsafe { bindings::abort_creds(self.ptr.as_ptr()) };
    }
}
