// SPDX-License-Identifier: GPL-2.0-only

//! Locks, counters and RCU.

use crate::model;

use std::ops::{Deref, DerefMut};

/// A lock under which a thread must not sleep.
pub struct SpinLock<T>(loom::sync::Mutex<T>);

impl<T> SpinLock<T> {
    /// Makes a lock around `value`.
    pub fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }

    /// Waits for the lock.
    pub fn lock(&self) -> SpinLockGuard<'_, T> {
        let guard = self.0.lock().expect("nobody panics with a lock");

        model::touched(self);
        model::enter_atomic();
        SpinLockGuard {
            lock: self,
            guard: Some(guard),
        }
    }
}

/// A lock that is held.
pub struct SpinLockGuard<'a, T> {
    lock: &'a SpinLock<T>,
    guard: Option<loom::sync::MutexGuard<'a, T>>,
}

impl<T> Deref for SpinLockGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guard.as_ref().expect("locked until it is dropped")
    }
}

impl<T> DerefMut for SpinLockGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.guard.as_mut().expect("locked until it is dropped")
    }
}

impl<T> Drop for SpinLockGuard<'_, T> {
    fn drop(&mut self) {
        self.guard = None;
        model::touched(self.lock);
        model::leave_atomic();
    }
}

/// A reference counter.
pub struct Refcount(atomic::Atomic<i32>);

impl Refcount {
    /// Starts with `count`.
    pub fn new(count: i32) -> Self {
        Self(atomic::Atomic::new(count))
    }

    /// Counts one more.
    pub fn inc(&self) {
        assert_ne!(self.0.fetch_add(1, atomic::Relaxed), 0, "counted from zero");
    }

    /// Counts one less, and returns whether none is left.
    pub fn dec_and_test(&self) -> bool {
        let before = self.0.fetch_sub(1, atomic::Release);

        assert!(before > 0, "counted below zero");
        if before == 1 {
            loom::sync::atomic::fence(loom::sync::atomic::Ordering::Acquire);
        }
        before == 1
    }

    /// Returns the counter itself.
    pub fn as_atomic(&self) -> &atomic::Atomic<i32> {
        &self.0
    }
}

pub mod atomic {
    //! Atomic variables.

    use crate::model;
    use loom::sync::atomic::{AtomicUsize, Ordering};
    use std::{marker::PhantomData, ptr, sync::atomic::AtomicPtr};

    /// An order of memory.
    pub trait Order {
        /// As a load.
        const LOAD: Ordering;
        /// As a store.
        const STORE: Ordering;
        /// As both at once.
        const BOTH: Ordering;
    }

    macro_rules! orders {
        ($($name:ident: $load:ident $store:ident $both:ident;)*) => { $(
            /// As in the kernel, or weaker.
            pub struct $name;

            impl Order for $name {
                const LOAD: Ordering = Ordering::$load;
                const STORE: Ordering = Ordering::$store;
                const BOTH: Ordering = Ordering::$both;
            }
        )* };
    }
    orders! {
        Relaxed: Relaxed Relaxed Relaxed;
        Acquire: Acquire Relaxed Acquire;
        Release: Relaxed Release Release;
        Full: Acquire Release AcqRel;
    }

    /// What fits in an atomic variable.
    pub trait Value: Copy {
        /// Returns the bits.
        fn into_bits(self) -> usize;
        /// Returns the value that has them.
        fn from_bits(bits: usize) -> Self;
    }

    impl Value for i32 {
        fn into_bits(self) -> usize {
            self as usize
        }
        fn from_bits(bits: usize) -> Self {
            bits as Self
        }
    }

    impl Value for isize {
        fn into_bits(self) -> usize {
            self as usize
        }
        fn from_bits(bits: usize) -> Self {
            bits as Self
        }
    }

    impl<T> Value for *mut T {
        fn into_bits(self) -> usize {
            self.expose_provenance()
        }
        fn from_bits(bits: usize) -> Self {
            ptr::with_exposed_provenance_mut(bits)
        }
    }

    /// An atomic variable. Memory of zeroes is one as well: it becomes one of loom's when it is
    /// used first.
    pub struct Atomic<T> {
        variable: AtomicPtr<AtomicUsize>,
        value: PhantomData<T>,
    }

    impl<T> Drop for Atomic<T> {
        fn drop(&mut self) {
            let variable = *self.variable.get_mut();

            if !variable.is_null() {
                // SAFETY: It came from a box, and nobody else frees it.
                drop(unsafe { Box::from_raw(variable) });
            }
        }
    }

    impl<T: Value> Atomic<T> {
        /// Starts with `value`.
        pub fn new(value: T) -> Self {
            let variable = Box::new(AtomicUsize::new(value.into_bits()));

            Self {
                variable: AtomicPtr::new(Box::into_raw(variable)),
                value: PhantomData,
            }
        }

        /// Does `what` to the variable, and looks whether its memory is still there.
        fn access<R>(&self, what: impl FnOnce(&AtomicUsize) -> R) -> R {
            use std::sync::atomic::Ordering::SeqCst;

            if self.variable.load(SeqCst).is_null() {
                let first = Box::into_raw(Box::new(AtomicUsize::new(0)));
                self.variable.store(first, SeqCst);
            }
            // SAFETY: It is never null from now on, and freed with `self`.
            let result = what(unsafe { &*self.variable.load(SeqCst) });

            model::touched(self);
            result
        }

        /// Returns where the variable is.
        pub fn as_ptr(&self) -> *mut T {
            ptr::from_ref(self).cast_mut().cast()
        }

        /// Reads it.
        pub fn load<O: Order>(&self, _: O) -> T {
            T::from_bits(self.access(|variable| variable.load(O::LOAD)))
        }

        /// Writes it.
        pub fn store<O: Order>(&self, value: T, _: O) {
            self.access(|variable| variable.store(value.into_bits(), O::STORE));
        }

        /// Adds, in any order.
        pub fn add(&self, value: T, order: Relaxed) {
            self.fetch_add(value, order);
        }

        /// Adds, and returns what was there before.
        pub fn fetch_add<O: Order>(&self, value: T, _: O) -> T {
            T::from_bits(self.access(|variable| variable.fetch_add(value.into_bits(), O::BOTH)))
        }

        /// Subtracts, and returns what was there before.
        pub fn fetch_sub<O: Order>(&self, value: T, _: O) -> T {
            T::from_bits(self.access(|variable| variable.fetch_sub(value.into_bits(), O::BOTH)))
        }

        /// Changes the value unless `change` has none, and returns whether it did.
        pub fn update(&self, order: Ordering, change: impl Fn(T) -> Option<T>) -> bool {
            let new = |bits| change(T::from_bits(bits)).map(T::into_bits);

            self.access(|variable| variable.fetch_update(order, Ordering::Relaxed, new).is_ok())
        }
    }
}

pub mod barrier {
    //! Barriers.

    pub use super::atomic::Full;

    /// Orders all before it and all after it.
    pub fn smp_mb(_: Full) {
        loom::sync::atomic::fence(loom::sync::atomic::Ordering::AcqRel);
    }
}

pub mod rcu {
    //! Read-copy-update.

    use crate::model;

    /// A read-side critical section.
    pub struct Guard(());

    /// Enters one.
    pub fn read_lock() -> Guard {
        model::enter_reader();
        Guard(())
    }

    impl Drop for Guard {
        fn drop(&mut self) {
            model::leave_reader();
        }
    }
}
