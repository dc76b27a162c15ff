// SPDX-License-Identifier: GPL-2.0-only

//! The creator of a domain, for the logs.

use super::{
    shim,
    wrapper::declare_safe, //
};

use kernel::{
    alloc::flags::GFP_KERNEL_ACCOUNT,
    bindings,
    error::{code::ENAMETOOLONG, to_result},
    ffi::c_char,
    prelude::*,
};

declare_safe! { shim:
    /// Writes what belongs to the current task, and takes a reference.
    fn landlock_rs_creator_init(creator: &mut shim::landlock_rs_creator);
}

/// Size in bytes of the longest path of a program, including the suffix of a deleted one.
const EXE_SIZE: usize = bindings::PATH_MAX as usize + 11;

/// The process that created a domain: its identity, user, name and program at that time.
///
/// # Invariants
///
/// - `raw` owns a reference to its `pid`.
/// - `exe` ends with a null byte.
pub(crate) struct Creator {
    raw: shim::landlock_rs_creator,
    exe: KVec<u8>,
}

// SAFETY: Any task may read and drop the reference to the identity of a process; the rest is plain
// data.
unsafe impl Send for Creator {}
// SAFETY: As above.
unsafe impl Sync for Creator {}

impl Creator {
    /// Describes the current task, charged to it. Fails with `ENOMEM`. May sleep.
    pub(crate) fn current() -> Result<Self> {
        let exe = current_exe()?;
        let mut raw = pin_init::zeroed();

        landlock_rs_creator_init(&mut raw);
        // INVARIANT: The reference was just taken; `current_exe()` ends with a null byte.
        Ok(Self { raw, exe })
    }

    pub(super) fn as_ptr(&self) -> *const shim::landlock_rs_creator {
        &self.raw
    }

    /// Returns the path of the program, which ends with a null byte.
    pub(super) fn exe(&self) -> *const c_char {
        self.exe.as_ptr().cast()
    }
}

impl Drop for Creator {
    fn drop(&mut self) {
        // SAFETY: By the type invariants, the reference is ours.
        unsafe { bindings::put_pid(self.raw.pid) };
    }
}

/// Returns the path of the current program, or `(null)` if there is none, with a null byte.
fn current_exe() -> Result<KVec<u8>> {
    let mut buffer = KVec::<u8>::with_capacity(EXE_SIZE, GFP_KERNEL)?;
    // SAFETY: The buffer is valid for writes of `EXE_SIZE` bytes.
    let start = unsafe { shim::landlock_rs_current_exe(buffer.as_mut_ptr().cast(), EXE_SIZE) };

    to_result(start)?;
    let start = usize::try_from(start).map_err(|_| ENAMETOOLONG)?;
    let len = EXE_SIZE.checked_sub(start).ok_or(ENAMETOOLONG)?;
    // SAFETY: The function wrote all bytes from `start`, which is in the buffer, to the end.
    let path = unsafe { core::slice::from_raw_parts(buffer.as_ptr().add(start), len) };
    let mut exe = KVec::new();
    exe.extend_from_slice(path, GFP_KERNEL_ACCOUNT)?;
    Ok(exe)
}
