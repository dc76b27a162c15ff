// SPDX-License-Identifier: GPL-2.0-only

//! As much of the kernel's crate of this name as the object protocol uses, on loom.
//!
//! Where an operation of the kernel orders more than it does here, what holds here holds there.

pub mod model;
pub mod sync;

pub mod alloc {
    //! Allocations, which are not charged to anybody.

    pub mod flags {
        //! Flags of an allocation.

        /// Stands for all of them.
        #[derive(Clone, Copy)]
        pub struct Flags;

        /// May sleep.
        pub const GFP_KERNEL_ACCOUNT: Flags = Flags;
    }

    /// A box whose allocation is known to the model.
    pub struct KBox<T>(Box<T>);

    impl<T> std::ops::Deref for KBox<T> {
        type Target = T;

        fn deref(&self) -> &T {
            &self.0
        }
    }

    impl<T: 'static> KBox<T> {
        /// Allocates memory for `value`.
        pub fn try_pin_init<E>(
            value: Result<T, E>,
            _: flags::Flags,
        ) -> Result<std::pin::Pin<Self>, E> {
            crate::task::might_sleep();
            // SAFETY: The box is not moved out of.
            Ok(unsafe { std::pin::Pin::new_unchecked(Self(Box::new(value?))) })
        }

        /// Gives the memory away; the model takes it back.
        pub fn leak<'a>(this: Self) -> &'a mut T {
            let memory = Box::into_raw(this.0);

            // SAFETY: The box has just given it away.
            unsafe { crate::model::allocated(memory) };
            // SAFETY: It came from a box. The model does not look into it.
            unsafe { &mut *memory }
        }
    }
}

pub mod bindings {
    //! What C offers.
    #![allow(non_camel_case_types)]

    use crate::{model, sync::atomic::Atomic};
    use loom::sync::atomic::Ordering::{Relaxed, Release};
    use std::ffi::c_void;

    /// The counter of `Refcount`.
    pub type refcount_t = Atomic<i32>;
    /// The counter of releases.
    pub type atomic_long_t = Atomic<isize>;
    /// What RCU keeps in an object.
    pub struct kvfree_rcu_head;

    /// Gives up a reference that is not the last one.
    ///
    /// # Safety
    ///
    /// `refs` must be valid.
    pub unsafe fn refcount_dec_not_one(refs: *mut refcount_t) -> bool {
        // SAFETY: By the safety contract.
        unsafe { &*refs }.update(Release, |count| (count != 1).then(|| count - 1))
    }

    /// Counts a reference unless there is none.
    ///
    /// # Safety
    ///
    /// `refs` must be valid.
    pub unsafe fn refcount_inc_not_zero(refs: *mut refcount_t) -> bool {
        // SAFETY: By the safety contract.
        unsafe { &*refs }.update(Relaxed, |count| (count != 0).then(|| count + 1))
    }

    /// Frees `memory` after a grace period.
    ///
    /// # Safety
    ///
    /// `memory` must have been allocated, and not freed.
    pub unsafe fn kvfree_call_rcu(_: *mut kvfree_rcu_head, memory: *mut c_void) {
        model::free_after_grace_period(memory.addr());
    }

    /// Frees `memory` at once.
    ///
    /// # Safety
    ///
    /// `memory` must have been allocated, and not freed.
    pub unsafe fn kvfree(memory: *const c_void) {
        model::free(memory.addr());
    }

    /// Frees `memory` at once.
    ///
    /// # Safety
    ///
    /// `memory` must have been allocated, and not freed.
    pub unsafe fn kfree(memory: *mut c_void) {
        model::free(memory.addr());
    }
}

pub mod error {
    //! Errors, all of which are the same here.

    pub mod code {
        //! Their numbers.

        use crate::prelude::Error;

        /// An argument is wrong.
        pub const EINVAL: Error = Error;
        /// There is no memory.
        pub const ENOMEM: Error = Error;
    }
}

pub mod types {
    //! Memory of C.

    /// Memory that only C looks at.
    pub struct Opaque<T>(std::cell::UnsafeCell<std::mem::MaybeUninit<T>>);

    impl<T> Opaque<T> {
        /// Leaves the memory as it is.
        pub fn uninit() -> Self {
            Self(std::cell::UnsafeCell::new(std::mem::MaybeUninit::uninit()))
        }

        /// Returns where it is.
        pub fn get(&self) -> *mut T {
            self.0.get().cast()
        }
    }
}

pub mod task {
    //! The running thread.

    /// Fails if the thread must not sleep.
    pub fn might_sleep() {
        crate::model::assert_may_sleep();
    }
}

pub mod prelude {
    //! What every file sees.

    pub use crate::{alloc::KBox, try_pin_init};
    pub use macros::pin_data;
    pub use std::pin::Pin;

    /// An error number.
    #[derive(Debug)]
    pub struct Error;

    /// The result of what may fail.
    pub type Result<T = (), E = Error> = std::result::Result<T, E>;

    /// Types for which zero bytes are a value.
    ///
    /// # Safety
    ///
    /// They are.
    pub unsafe trait Zeroable: Sized {
        /// Returns that value.
        fn zeroed() -> Self {
            // SAFETY: By the safety contract.
            unsafe { std::mem::zeroed() }
        }
    }
}

/// Makes the value of a structure, in place in the kernel.
#[macro_export]
macro_rules! try_pin_init {
    ($name:ident { $($fields:tt)* }? $error:ty) => {
        Ok::<_, $error>($crate::try_pin_init!(@fields $name [] $($fields)*))
    };
    (@fields $name:ident [$($done:tt)*]) => { $name { $($done)* } };
    (@fields $name:ident [$($done:tt)*] $field:ident: $value:expr, $($rest:tt)*) => {
        $crate::try_pin_init!(@fields $name [$($done)* $field: $value,] $($rest)*)
    };
    (@fields $name:ident [$($done:tt)*] $field:ident <- $value:expr, $($rest:tt)*) => {
        $crate::try_pin_init!(@fields $name [$($done)* $field: $value,] $($rest)*)
    };
}

/// Makes a lock.
#[macro_export]
macro_rules! new_spinlock {
    ($value:expr, $name:literal) => {
        $crate::sync::SpinLock::new($value)
    };
}
