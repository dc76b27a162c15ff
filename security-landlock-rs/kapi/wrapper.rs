// SPDX-License-Identifier: GPL-2.0-only

//! Types that wrap structures of C.

use core::ptr;
use kernel::{
    bindings,
    cred::Credential,
    ffi::c_uint,
    fs::LocalFile,
    sync::{atomic::Atomic, Refcount},
    task::Task,
};

/// A type that wraps a structure of C.
///
/// # Safety
///
/// - The type has the layout of `Raw`, and all of it lies in an `UnsafeCell`: C may change it.
/// - A reference to the type proves that the structure is valid for as long as the reference lives.
pub(super) unsafe trait Wrapper {
    /// The structure.
    type Raw;
}

/// Returns where the structure is.
#[inline]
pub(super) fn raw<W: Wrapper>(wrapper: &W) -> *mut W::Raw {
    ptr::from_ref(wrapper).cast_mut().cast()
}

/// Implements [`Wrapper`] for types of the `kernel` crate.
macro_rules! of_kernel_crate {
    ($($type:ty: $of_c:ident),+ $(,)?) => {$(
        // SAFETY: The type is transparent, and contains an `UnsafeCell`. The `kernel` crate only
        // creates references to valid ones.
        unsafe impl Wrapper for $type {
            type Raw = bindings::$of_c;
        }
    )+};
}

of_kernel_crate! {
    Atomic<isize>: atomic_long_t,
    Credential: cred,
    LocalFile: file,
    Refcount: refcount_t,
    Task: task_struct,
}

/// Defines a type that wraps a structure of C, of which a reference proves what `# Invariants` say.
macro_rules! wrapper {
    ($(#[$doc:meta])+ $visibility:vis struct $type:ident($of_c:ident);) => {
        $(#[$doc])+
        #[repr(transparent)]
        $visibility struct $type(::kernel::types::Opaque<::kernel::bindings::$of_c>);

        // SAFETY: The type is transparent, and `Opaque` is an `UnsafeCell`. References come from
        // `from_raw()`, or from a value that owns a valid structure.
        unsafe impl $crate::kapi::wrapper::Wrapper for $type {
            type Raw = ::kernel::bindings::$of_c;
        }

        impl $type {
            /// Creates a reference to a structure of C.
            ///
            /// # Safety
            ///
            /// For `'a`, `ptr` must be valid, and what the type's invariants say must be true.
            #[inline]
            pub(crate) unsafe fn from_raw<'a>(ptr: *const ::kernel::bindings::$of_c) -> &'a Self {
                // INVARIANT: By the safety contract.
                // SAFETY: By the safety contract; the type is transparent.
                unsafe { &*ptr.cast() }
            }

            /// Returns where the structure is.
            // Not every type passes its structure to C.
            #[allow(dead_code)]
            #[inline]
            pub(in crate::kapi) fn as_ptr(&self) -> *mut ::kernel::bindings::$of_c {
                self.0.get()
            }
        }
    };
}
pub(super) use wrapper;

/// A type of arguments for functions that are [declared as safe](declare_safe).
pub(super) trait Argument {
    /// What C gets.
    type Raw;
}

impl<W: Wrapper> Argument for &W {
    type Raw = *mut W::Raw;
}

impl<T> Argument for &mut T {
    type Raw = *mut T;
}

impl<T> Argument for *mut T {
    type Raw = Self;
}

impl Argument for c_uint {
    type Raw = Self;
}

/// Declares functions of C that are safe to call with any arguments of these types. The comment on
/// each function says why.
///
/// Except for the types of references, the declaration must match what bindgen generated, in the
/// module that is named first.
macro_rules! declare_safe {
    ($generated:ident: $(
        $(#[$reason:meta])+
        $visibility:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)?;
    )+) => {
        // The declarations only differ in what is checked below.
        #[allow(clashing_extern_declarations, improper_ctypes)]
        unsafe extern "C" {
            $(
                $(#[$reason])+
                $visibility safe fn $name($($argument: $type),*) $(-> $result)?;
            )+
        }

        $(const _: () = {
            /// Checks the declaration, and is never called.
            ///
            /// # Safety
            ///
            /// That of the function.
            #[allow(dead_code)]
            unsafe fn same(
                $($argument: <$type as $crate::kapi::wrapper::Argument>::Raw),*
            ) $(-> $result)? {
                // SAFETY: By the safety contract.
                unsafe { $generated::$name($($argument),*) }
            }
        };)+
    };
}
pub(super) use declare_safe;
