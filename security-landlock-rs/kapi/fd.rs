// SPDX-License-Identifier: GPL-2.0-only

//! File descriptors with a typed payload.
//!
//! C header: [`include/linux/anon_inodes.h`](srctree/include/linux/anon_inodes.h)

use super::{
    file::{self, FileExt, Held},
    once::load,
    shim,
    slab::SlabBox,
};

use core::{marker::PhantomData, ops::Deref, ptr::NonNull};
use kernel::{
    bindings,
    error::{
        code::{EBADFD, EINVAL, EPERM},
        to_result,
    },
    ffi::{c_char, c_int},
    prelude::*,
    str::CStr,
    types::ForeignOwnable,
};

/// What a file must be opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Reading: using the payload.
    Read,
    /// Writing: changing the payload.
    Write,
}

/// What a descriptor owns.
pub(crate) type Payload<T> = Pin<SlabBox<T>>;

/// The operations of the descriptors of one type of payload.
///
/// Each payload type has one static value of this type, whose address distinguishes its
/// descriptors from all others.
pub(crate) struct FdType<T: Send + Sync + 'static> {
    operations: bindings::file_operations,
    name: &'static CStr,
    _payload: PhantomData<fn() -> T>,
}

// SAFETY: The operations are constant; any task may use what they point to, which is code, and the
// module.
unsafe impl<T: Send + Sync> Sync for FdType<T> {}

/// Returns the module that contains the operations, which each open descriptor keeps from being
/// unloaded; null if they are part of the kernel.
const fn this_module() -> *mut bindings::module {
    #[cfg(MODULE)]
    return (&raw const bindings::__this_module).cast_mut();

    #[cfg(not(MODULE))]
    core::ptr::null_mut()
}

impl<T: Send + Sync> FdType<T> {
    /// Creates the operations: the mode allows reading and writing, which always fail with
    /// [`EINVAL`]; the last close drops the payload.
    ///
    /// `name` is what `/proc/self/fd` shows.
    pub(crate) const fn new(name: &'static CStr) -> Self {
        Self {
            operations: bindings::file_operations {
                owner: this_module(),
                release: Some(Self::release),
                read: Some(refuse_read),
                write: Some(refuse_write),
                ..pin_init::zeroed()
            },
            name,
            _payload: PhantomData,
        }
    }

    /// Installs a new descriptor for `payload`, closed by `execve(2)`.
    pub(crate) fn install(&'static self, payload: Payload<T>) -> Result<c_int> {
        let data = payload.into_foreign();
        // SAFETY: The name and the operations are static. `release()` takes `data` back.
        let fd = unsafe {
            shim::anon_inode_getfd(
                self.name.as_char_ptr(),
                &self.operations,
                data,
                (bindings::O_RDWR | bindings::O_CLOEXEC) as c_int,
            )
        };

        if fd < 0 {
            // SAFETY: No file was made, so the payload is still ours.
            drop(unsafe { Payload::<T>::from_foreign(data) });
        }
        to_result(fd)?;
        Ok(fd)
    }

    /// Returns the payload of descriptor `fd` of the current task.
    ///
    /// Fails with `EBADF` if there is no such descriptor, [`EBADFD`] if it is of another type, and
    /// [`EPERM`] if it was not opened for `purpose`.
    pub(crate) fn get(&'static self, fd: c_int, purpose: Use) -> Result<HeldPayload<T>> {
        // CAST: the table is indexed by the bits of the number, and has no negative ones.
        let file = file::get(fd as u32)?;

        if !core::ptr::eq(load!(&*file, f_op), &self.operations) {
            return Err(EBADFD);
        }
        let bit = match purpose {
            Use::Read => shim::landlock_rs_const_LANDLOCK_RS_FMODE_CAN_READ,
            Use::Write => shim::landlock_rs_const_LANDLOCK_RS_FMODE_CAN_WRITE,
        };
        if file.mode() & bit == 0 {
            return Err(EPERM);
        }
        let payload = NonNull::new(load!(&*file, private_data).cast()).ok_or(EBADFD)?;
        // INVARIANT: The data of a file with these operations came from `install()`, never changes,
        // and stays until the last use of the file ends.
        Ok(HeldPayload {
            payload,
            _file: file,
        })
    }

    /// Drops the payload with the last reference to the file.
    ///
    /// # Safety
    ///
    /// The VFS calls this once, for a file that [`Self::install`] made.
    unsafe extern "C" fn release(_: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: By the safety contract; nobody uses the data any more.
        drop(unsafe { Payload::<T>::from_foreign((*file).private_data) });
        0
    }
}

/// The payload of a descriptor that the current system call looked up and uses.
///
/// # Invariants
///
/// The payload is that of the file, whose use ends with this value.
pub(crate) struct HeldPayload<T> {
    payload: NonNull<T>,
    _file: Held,
}

impl<T> Deref for HeldPayload<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: By the type invariants. What points to a `T` in a box is the box.
        unsafe { self.payload.as_ref() }
    }
}

/// Gives the file the mode `FMODE_CAN_READ`.
///
/// # Safety
///
/// None: the arguments are not used. The type of the callback is that of an unsafe function.
unsafe extern "C" fn refuse_read(
    _: *mut bindings::file,
    _: *mut c_char,
    _: usize,
    _: *mut bindings::loff_t,
) -> isize {
    EINVAL.to_errno() as isize
}

/// Gives the file the mode `FMODE_CAN_WRITE`.
///
/// # Safety
///
/// As for [`refuse_read`].
unsafe extern "C" fn refuse_write(
    _: *mut bindings::file,
    _: *const c_char,
    _: usize,
    _: *mut bindings::loff_t,
) -> isize {
    EINVAL.to_errno() as isize
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kunit_tests(landlock_fd)]
mod tests {
    use super::*;
    use kernel::c_str;

    static NUMBER_FD: FdType<u32> = FdType::new(c_str!("[landlock-test]"));

    #[test]
    fn descriptors_pin_the_module_that_has_their_code() {
        assert_eq!(!NUMBER_FD.operations.owner.is_null(), cfg!(MODULE));
    }
}
