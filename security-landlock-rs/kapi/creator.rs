// SPDX-License-Identifier: GPL-2.0-only

//! The creator of a domain, for the logs.

use super::{
    shim,
    slab::Slab,
    wrapper::declare_safe, //
};

use core::{mem::MaybeUninit, slice};
use kernel::{
    alloc::{flags::GFP_KERNEL_ACCOUNT, Vec},
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

/// The path of a program, with a null byte.
type Exe = Vec<u8, Slab>;

/// The process that created a domain: its identity, user, name and program at that time.
///
/// # Invariants
///
/// - `raw` owns a reference to its `pid`.
/// - `exe` ends with a null byte.
pub(crate) struct Creator {
    raw: shim::landlock_rs_creator,
    exe: Exe,
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

/// Size in bytes up to which a path is made without an allocation, as most are.
const SHORT_SIZE: usize = 128;

/// Returns the path of the current program, or `(null)` if there is none, with a null byte.
fn current_exe() -> Result<Exe> {
    let mut short = [MaybeUninit::uninit(); SHORT_SIZE];

    if let Some(exe) = write_exe(&mut short)? {
        return Ok(exe);
    }
    let mut long = KVec::<u8>::with_capacity(EXE_SIZE, GFP_KERNEL)?;

    write_exe(long.spare_capacity_mut())?.ok_or(ENAMETOOLONG)
}

/// Returns what [`current_exe`] does, unless it is longer than `buffer`.
fn write_exe(buffer: &mut [MaybeUninit<u8>]) -> Result<Option<Exe>> {
    let size = buffer.len();
    // SAFETY: The buffer is valid for writes of that many bytes.
    let start = unsafe { shim::landlock_rs_current_exe(buffer.as_mut_ptr().cast(), size) };

    match to_result(start) {
        Err(error) if error == ENAMETOOLONG => return Ok(None),
        result => result?,
    }
    let start = usize::try_from(start).map_err(|_| ENAMETOOLONG)?;
    let path = buffer.get(start..).ok_or(ENAMETOOLONG)?;
    // SAFETY: The function wrote all bytes from `start` to the end.
    let path = unsafe { slice::from_raw_parts(path.as_ptr().cast::<u8>(), path.len()) };
    let mut exe = Exe::new();

    exe.extend_from_slice(path, GFP_KERNEL_ACCOUNT)?;
    Ok(Some(exe))
}
