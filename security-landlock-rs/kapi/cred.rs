// SPDX-License-Identifier: GPL-2.0-only

//! Credentials: those of tasks, and new ones that no task uses yet.
//!
//! # Changes of a blob
//!
//! Only the single user of credentials changes our part of their blob. There is one before anything
//! else can find them, and again once nothing can:
//!
//! | from, to | single user | changes it through |
//! |---|---|---|
//! | `prepare_creds()` or `prepare_kernel_cred()`, its return | that function (`cred_prepare`) | `ffi` |
//! | `key_change_session_keyring()`, its `commit_creds()` | that function (`cred_transfer`) | `ffi` |
//! | `prepare_exec_creds()`, `commit_creds()` | `execve(2)` (`bprm_creds_for_exec`) | `ffi` |
//! | [`PreparedCred::new`], [`PreparedCred::publish`] | that value | [`PreparedCred::blob`] |
//! | last reference and a grace period, `kfree()` | `put_cred_rcu()` (`cred_free`) | `ffi` |
//!
//! Everything else only reads: with a reference ([`blob()`]), or within the RCU read-side critical
//! section in which a task had them ([`blob_of_task`]).
//!
//! C header: [`include/linux/cred.h`](srctree/include/linux/cred.h)

use super::{
    blob::{self, CredBlob},
    shim::{self, safe},
    wrapper::declare_safe,
};

use core::{mem::ManuallyDrop, ptr::NonNull};
use kernel::{
    bindings,
    cred::Credential,
    error::code::{ENOMEM, EPERM},
    prelude::*,
    sync::{aref::ARef, rcu},
    task::Task,
    types::NotThreadSafe,
};

declare_safe! { shim:
    /// Returns a pointer.
    fn landlock_rs_current_cred() -> *const bindings::cred;
    /// Compares addresses.
    fn landlock_rs_current_has_cred(cred: &Credential) -> bool;
}

declare_safe! { bindings:
    /// Copies the credentials of the current task, or returns null.
    fn prepare_creds() -> *mut bindings::cred;
}

/// Returns the blob of `cred`.
pub(crate) fn blob<T: CredBlob>(cred: &Credential) -> &T {
    // SAFETY: `cred` has a reference as long as it is borrowed. The framework gave it a zeroed
    // blob with room for all LSMs, and `T` is `Zeroable`. Nothing changes the blob meanwhile: see
    // above.
    unsafe { &*blob::locate_cred((*cred.as_ptr()).security) }
}

/// Returns the blob of the credentials that `task` has to others, its objective ones.
///
/// The credentials themselves are not given out: if the task replaces them, they may have no
/// reference left, and must not get one again.
pub(crate) fn blob_of_task<'g, T: CredBlob>(task: &Task, _guard: &'g rcu::Guard) -> &'g T {
    let cred = safe::landlock_rs_task_cred(task);

    // SAFETY: The guard proves the RCU read-side critical section. The objective credentials of a
    // task are freed a grace period after their last reference is gone: `access_override_creds()`
    // is alone in freeing some without (`non_rcu`), and those are subjective ones. Until then
    // nobody changes the blob: see above. The framework gave them a zeroed one with room for all
    // LSMs, and `T` is `Zeroable`.
    unsafe { &*blob::locate_cred((*cred).security) }
}

/// What `prepare_creds()` returned.
///
/// # Invariants
///
/// This value is the only user of the credentials, and owns their only reference.
struct Unused(NonNull<bindings::cred>);

impl Drop for Unused {
    fn drop(&mut self) {
        // SAFETY: By the type invariants.
        unsafe { bindings::abort_creds(self.0.as_ptr()) };
    }
}

/// New credentials that no task uses yet. Dropping the value gives them up.
///
/// # Invariants
///
/// `prepare_creds()` made `new`, as a copy of `old`.
pub(crate) struct PreparedCred {
    new: Unused,
    old: ARef<Credential>,
}

impl PreparedCred {
    /// Copies the credentials of the current task.
    ///
    /// Fails with [`ENOMEM`]. May sleep.
    pub(crate) fn new() -> Result<Self> {
        let old = current_cred();
        // INVARIANT: The credentials are fresh and were given to nobody else. The current task did
        // not replace its own in between.
        Ok(Self {
            new: Unused(NonNull::new(prepare_creds()).ok_or(ENOMEM)?),
            old,
        })
    }

    /// Returns the blob of these credentials, to be changed.
    pub(crate) fn blob<T: CredBlob>(&mut self) -> &mut T {
        // SAFETY: As in `blob()`. By the type invariants nobody else uses the credentials, and
        // `self` is borrowed for as long as the reference lives.
        unsafe { &mut *blob::locate_cred((*self.new.0.as_ptr()).security) }
    }

    /// Makes the credentials ready to be used: they no longer change.
    pub(crate) fn publish(self) -> NewCred {
        let Self { new, old } = self;
        let new = ManuallyDrop::new(new).0.cast();

        // INVARIANT: By those of `PreparedCred`. The only value that could change the blob is gone.
        NewCred {
            // SAFETY: By the type invariants, the reference of `prepare_creds()` is ours.
            // `ManuallyDrop` keeps `abort_creds()` from dropping it as well.
            new: unsafe { ARef::from_raw(new) },
            old,
        }
    }
}

/// Returns the credentials of the current task.
fn current_cred() -> ARef<Credential> {
    // SAFETY: The credentials of the current task stay until it replaces them, so they have
    // references while we make one more.
    unsafe { Credential::from_ptr(landlock_rs_current_cred()) }.into()
}

/// New credentials, for those threads that have what they were copied from. Dropping the value
/// gives them up.
///
/// # Invariants
///
/// - `prepare_creds()` made `new`, as a copy of `old` but for the blob.
/// - The blob of `new` no longer changes.
#[derive(Clone)]
pub(crate) struct NewCred {
    new: ARef<Credential>,
    /// As it is not freed, no other credentials have its address.
    old: ARef<Credential>,
}

impl NewCred {
    /// Returns the blob of these credentials.
    pub(crate) fn blob<T: CredBlob>(&self) -> &T {
        blob(&self.new)
    }

    /// Lets the current thread [commit](ReadyCred::commit) the credentials.
    ///
    /// Fails with [`EPERM`] if it does not have the credentials that these were copied from, and
    /// would gain or lose privileges that Landlock knows nothing of, or if it overrides them.
    pub(crate) fn for_current(&self) -> Result<ReadyCred> {
        if !landlock_rs_current_has_cred(&self.old) {
            return Err(EPERM);
        }
        // INVARIANT: Just checked; by the type invariants.
        Ok(ReadyCred {
            new: self.new.clone(),
            _not_send: NotThreadSafe,
        })
    }
}

/// New credentials that the current thread may use. Dropping the value gives them up.
///
/// If a thread commits several of these, the last one counts.
///
/// # Invariants
///
/// - `prepare_creds()` made `new` from credentials that the current thread had, as its objective
///   and its subjective ones, when this value was created.
/// - The blob of `new` no longer changes.
pub(crate) struct ReadyCred {
    new: ARef<Credential>,
    _not_send: NotThreadSafe,
}

impl ReadyCred {
    /// Makes the current thread use these credentials. This never fails.
    pub(crate) fn commit(self) {
        let new = ARef::into_raw(self.new);

        // SAFETY: By the type invariants `prepare_creds()` made `new`, for this thread.
        // `commit_creds()` takes over the reference. The thread did not override its credentials,
        // and has come back here since: the kernel only overrides them for the time of a call.
        unsafe { bindings::commit_creds(new.as_ptr().cast()) };
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
impl NewCred {
    /// Calls `f` while the current task overrides its credentials with these: what it does itself
    /// is checked against them (subjective), what others do to it against its own (objective).
    ///
    /// `f` cannot commit others meanwhile: a [`ReadyCred`] of before is not [`Send`], and `f` gets
    /// no new one.
    pub(crate) fn override_while<T>(&self, f: impl FnOnce() -> T + Send) -> T {
        // SAFETY: Below, `self` has a reference to the credentials for as long as they are used,
        // and what is put back is what the task had.
        let exchange = |cred| unsafe { shim::landlock_rs_override_creds(cred) };
        let own = exchange(self.new.as_ptr());
        let result = f();

        exchange(own);
        result
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kunit_tests(landlock_cred)]
mod tests {
    use super::*;
    use crate::kapi::once::load;
    use kernel::current;

    #[test]
    fn credentials_that_are_given_up_leave_no_reference() -> Result {
        let own = current_cred();
        let usage = || load!(&*own, usage.counter);
        let before = usage();

        drop(PreparedCred::new()?);
        drop(PreparedCred::new()?.publish());
        drop(PreparedCred::new()?.publish().for_current()?);

        assert_eq!(usage(), before);
        Ok(())
    }

    #[test]
    fn credentials_are_for_threads_that_have_what_they_were_copied_from() -> Result {
        let first = PreparedCred::new()?.publish();
        let second = PreparedCred::new()?.publish();
        assert!(second.for_current().is_ok());

        first.for_current()?.commit();

        assert!(first.for_current().is_err());
        assert!(second.for_current().is_err());
        assert!(PreparedCred::new()?.publish().for_current().is_ok());
        Ok(())
    }

    #[test]
    fn overriding_credentials_are_for_what_the_task_does_itself() -> Result {
        let own = current_cred();
        let other = PreparedCred::new()?.publish();

        let objective = || {
            let _guard = rcu::read_lock();
            safe::landlock_rs_task_cred(current!())
        };
        let seen = other.override_while(|| (current_cred(), objective()));

        assert_eq!(seen.0.as_ptr(), other.new.as_ptr());
        assert_eq!(seen.1, own.as_ptr());
        assert_eq!(current_cred().as_ptr(), own.as_ptr());
        Ok(())
    }

    #[test]
    fn task_that_overrides_its_credentials_gets_no_new_ones() -> Result {
        let other = PreparedCred::new()?.publish();

        let copies = other.override_while(|| {
            let of_overriding = PreparedCred::new()?.publish();
            Ok::<_, Error>((other.for_current(), of_overriding.for_current()))
        })?;

        assert!(copies.0.is_err());
        assert!(copies.1.is_err());
        assert!(other.for_current().is_ok());
        Ok(())
    }
}
