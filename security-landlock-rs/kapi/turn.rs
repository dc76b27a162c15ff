// SPDX-License-Identifier: GPL-2.0-only

//! Turns: what only one thread of a process may do at a time.
//!
//! C header: [`include/linux/xarray.h`](srctree/include/linux/xarray.h)

use super::{
    shim,
    wrapper::declare_safe, //
};

use kernel::{
    error::{code::EBUSY, to_result},
    ffi::c_int,
    prelude::*,
    types::NotThreadSafe,
};

declare_safe! { shim:
    /// Locks what it changes of the current process. May sleep.
    fn landlock_rs_turn_begin() -> c_int;
}

/// The turn of the current thread, among the threads of its process. Dropping the value ends it.
///
/// It is not a lock: no thread waits for it. So a thread that has it may sleep for as long as it
/// needs, interruptibly or not, and only delays threads that want a turn themselves.
///
/// # Invariants
///
/// The current process is among those in which a thread has a turn, and this value is the only one
/// of the process.
pub(crate) struct Turn(NotThreadSafe);

impl Turn {
    /// Takes the turn. Returns [`None`] if another thread of the process has it.
    ///
    /// Fails with `ENOMEM`. May sleep.
    pub(crate) fn take() -> Result<Option<Self>> {
        match to_result(landlock_rs_turn_begin()) {
            // INVARIANT: The process had no turn, and now has one.
            Ok(()) => Ok(Some(Self(NotThreadSafe))),
            Err(EBUSY) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // SAFETY: By the type invariants, the entry is ours. The value never left the thread,
        // whose process is the same for as long as the thread exists.
        unsafe { shim::landlock_rs_turn_end() };
    }
}
