// SPDX-License-Identifier: GPL-2.0-only

//! References that others may find under RCU.
//!
//! [`RcuSlot`] holds a weak pointer; whoever finds it under RCU may turn it into a counted
//! reference, an [`RcuArc`], unless the last one is just going away. The memory outlives the last
//! reference by one grace period.
//!
//! C header: [`include/linux/rcupdate.h`](srctree/include/linux/rcupdate.h)

use super::shim;

use core::{cell::UnsafeCell, num::NonZeroUsize, ops::Deref, ptr::NonNull};
use kernel::{
    alloc::flags::GFP_KERNEL_ACCOUNT,
    bindings,
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed, Release},
        rcu::Guard,
        Refcount,
        SpinLockGuard, //
    },
    task::might_sleep,
    types::Opaque,
};

/// A value that is taken out of use when its last reference goes away.
///
/// Its memory is freed later, without running its destructor: readers may still look at it.
/// [`Retire::retire`] has to give away all that it owns.
pub(crate) trait Retire: Send + Sync + Sized {
    /// What the value's lock guards.
    type State: Send;

    /// Returns the lock that is held from the moment the count drops to zero.
    fn lock(&self) -> SpinLockGuard<'_, Self::State>;

    /// Takes the value out of use, once. Empties the slot that leads to it before unlocking.
    fn retire(&self, state: SpinLockGuard<'_, Self::State>);
}

#[pin_data]
#[repr(C)]
struct Node<T> {
    refs: Refcount,
    rcu: Opaque<bindings::kvfree_rcu_head>,
    #[pin]
    value: T,
}

/// A counted reference to a `T`.
///
/// # Invariants
///
/// `node` is valid, came from a `KBox`, and this value owns one of the references it counts.
pub(crate) struct RcuArc<T: Retire> {
    node: NonNull<Node<T>>,
}

// SAFETY: Both give access to `T` from any thread, and may drop it there.
unsafe impl<T: Retire> Send for RcuArc<T> {}
// SAFETY: As above.
unsafe impl<T: Retire> Sync for RcuArc<T> {}

impl<T: Retire> RcuArc<T> {
    /// Allocates a value with one reference, charged to the current task.
    ///
    /// Fails with `ENOMEM`. May sleep.
    pub(crate) fn new<E>(init: impl PinInit<T, E>) -> Result<Self>
    where
        Error: From<E>,
    {
        let node = KBox::try_pin_init(
            try_pin_init!(Node {
                refs: Refcount::new(1),
                rcu: Opaque::uninit(),
                value <- init,
            }? Error),
            GFP_KERNEL_ACCOUNT,
        )?;
        // SAFETY: The node is not moved: it is freed where it is.
        let node = KBox::into_raw(unsafe { Pin::into_inner_unchecked(node) });

        // INVARIANT: The count is one, and this is that reference.
        Ok(Self {
            // SAFETY: A box is never null.
            node: unsafe { NonNull::new_unchecked(node) },
        })
    }

    /// Returns a number that no other value has as long as this one has references.
    pub(crate) fn address(&self) -> NonZeroUsize {
        self.node.addr()
    }

    fn node(&self) -> &Node<T> {
        // SAFETY: By the type invariants.
        unsafe { self.node.as_ref() }
    }
}

impl<T: Retire> Deref for RcuArc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.node().value
    }
}

impl<T: Retire> Clone for RcuArc<T> {
    fn clone(&self) -> Self {
        self.node().refs.inc();
        // INVARIANT: The reference was just counted.
        Self { node: self.node }
    }
}

impl<T: Retire> Drop for RcuArc<T> {
    fn drop(&mut self) {
        might_sleep();

        let node = self.node();
        let refs = node.refs.as_atomic().as_ptr().cast();
        // SAFETY: The count is valid. It does not drop to zero here.
        if unsafe { bindings::refcount_dec_not_one(refs) } {
            return;
        }

        let state = node.value.lock();
        if !node.refs.dec_and_test() {
            return;
        }
        node.value.retire(state);
        // SAFETY: By the type invariants `node` came from a `KBox`, that is, from `kmalloc()`.
        // Nobody counts a reference any more, and who still finds the node is in an RCU read-side
        // critical section.
        unsafe { bindings::kvfree_call_rcu(node.rcu.get(), self.node.as_ptr().cast()) };
    }
}

/// A value found under RCU: it may have no references any more, but its memory is still there.
///
/// # Invariants
///
/// `node` stays valid for `'g`.
pub(crate) struct Found<'g, T: Retire> {
    node: &'g Node<T>,
}

impl<'g, T: Retire> Found<'g, T> {
    /// Counts a reference, unless the last one is gone.
    pub(crate) fn try_get(&self) -> Option<RcuArc<T>> {
        let refs = self.node.refs.as_atomic().as_ptr().cast();

        // INVARIANT: The reference is counted when the function returns true.
        // SAFETY: The count is valid, by the type invariants.
        unsafe { shim::landlock_rs_refcount_inc_not_zero(refs) }.then(|| RcuArc {
            node: NonNull::from(self.node),
        })
    }

    /// Returns the value.
    pub(crate) fn value(&self) -> &'g T {
        &self.node.value
    }
}

/// A weak pointer to a `T` that has references; empty when all bytes are zero.
///
/// # Invariants
///
/// The pointer is null or was published: its node is freed after a grace period only.
#[repr(transparent)]
pub(crate) struct RcuSlot<T: Retire> {
    node: UnsafeCell<*mut Node<T>>,
}

// SAFETY: All accesses to the pointer are atomic.
unsafe impl<T: Retire> Send for RcuSlot<T> {}
// SAFETY: As above.
unsafe impl<T: Retire> Sync for RcuSlot<T> {}
// SAFETY: A null pointer is an empty slot.
unsafe impl<T: Retire> Zeroable for RcuSlot<T> {}

impl<T: Retire> RcuSlot<T> {
    /// Returns [`RcuArc::address`] of the value that the slot leads to.
    ///
    /// The address may belong to another value as soon as this returns, unless the caller knows
    /// that the value it compares with has references.
    #[inline]
    pub(crate) fn address(&self) -> Option<NonZeroUsize> {
        // SAFETY: An aligned pointer, read at once (as `READ_ONCE()` does) and not dereferenced.
        NonZeroUsize::new(unsafe { self.node.get().read_volatile() }.addr())
    }

    /// Returns the value that the slot leads to, for as long as `_guard` lives.
    pub(crate) fn find<'g>(&self, _guard: &'g Guard) -> Option<Found<'g, T>> {
        // SAFETY: An aligned pointer, read at once. What is read through it depends on it, as
        // after `rcu_dereference()`.
        let node = unsafe { self.node.get().read_volatile() };

        // SAFETY: By the type invariants the node outlives this RCU read-side critical section.
        let node = unsafe { node.as_ref() }?;
        // INVARIANT: As above.
        Some(Found { node })
    }

    /// Makes the slot lead to `value`. Nobody else may change the slot meanwhile.
    pub(crate) fn publish(&self, value: &RcuArc<T>) {
        // INVARIANT: `RcuArc` frees its node after a grace period, and `Retire` empties the slot.
        // SAFETY: The pointer is valid and only accessed atomically.
        unsafe { Atomic::<*mut Node<T>>::from_ptr(self.node.get()) }
            .store(value.node.as_ptr(), Release);
    }

    /// Empties the slot if it leads to `value`, whose lock must be held.
    ///
    /// Who sees the slot empty sees all that was written before, once it used a read barrier.
    pub(crate) fn withdraw(&self, value: &T) {
        // SAFETY: The pointer is valid and only accessed atomically.
        let slot = unsafe { Atomic::<*mut Node<T>>::from_ptr(self.node.get()) };
        let node = slot.load(Relaxed);

        let found = node
            .addr()
            .wrapping_add(core::mem::offset_of!(Node<T>, value));

        if found == core::ptr::from_ref(value).addr() {
            // Only the holder of the lock of `value` empties a slot that leads to it.
            slot.store(core::ptr::null_mut(), Release);
        }
    }
}
