// SPDX-License-Identifier: GPL-2.0-only

//! Tables of rules in one allocation each, which rulesets and domains share.
//!
//! A table owns what its keys stand for. Only the owner of the single reference changes a table:
//! once it is shared, it stays as it is, and whoever wants to add a rule copies it first.
//!
//! # Charge
//!
//! The memory of a table is charged to the task that allocates it: the one that adds a rule, or
//! that nests a domain. It stays so while any domain uses the table, as with all memory that is
//! handed over with a descriptor. A task that enforces a ruleset of another one allocates nothing
//! for its rules; all that makes another table is a call by the task that is charged for it.
//!
//! C header: [`include/linux/slab.h`](srctree/include/linux/slab.h)

use super::{
    mark::{mark, Mark},
    object::ObjectRef,
    resched, shim,
};
use crate::policy::{
    access::Access,
    grants::{Grants, RuleFlags},
    layer::LayerIndex,
    rule::{self, Key, Shape, Table},
};

use core::{
    marker::PhantomData,
    mem::{self, ManuallyDrop},
    num::NonZeroUsize,
    ops::Deref,
    ptr::NonNull,
    slice,
};
use kernel::{
    bindings,
    error::code::{EINVAL, ENOMEM},
    prelude::*,
    sync::{atomic::Acquire, Refcount},
};

/// Number of slots of a table between two points where other tasks may run.
const PART: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1023);

/// What a table owns, and a key of the table identifies.
///
/// # Safety
///
/// A value and its clones have the same key, from which [`Self::from_key`] makes the value again.
pub(crate) unsafe trait Keyed: Clone {
    /// Returns the key.
    fn key(&self) -> Key;

    /// Takes back a value that was forgotten.
    ///
    /// # Safety
    ///
    /// A value with this key must have been forgotten, once for each time that one is taken back.
    unsafe fn from_key(key: Key) -> Self;
}

// SAFETY: A key is itself, and owns nothing.
unsafe impl Keyed for Key {
    fn key(&self) -> Key {
        *self
    }

    unsafe fn from_key(key: Key) -> Self {
        key
    }
}

// SAFETY: The key is the address, in which the lowest bit is free, and clones have the same one.
unsafe impl Keyed for ObjectRef {
    fn key(&self) -> Key {
        key_of_address(self.address())
    }

    unsafe fn from_key(key: Key) -> Self {
        // CAST: an address has no more than 64 bits.
        let address = (key.get() & !Key::MIN.get()) as usize;

        // SAFETY: By the safety contract.
        unsafe { Self::from_address(address) }
    }
}

/// Returns the key of rules on the object at `address`.
#[inline]
pub(crate) fn key_of_address(address: NonZeroUsize) -> Key {
    // Objects are aligned, so the lowest bit is free; a key must not be zero.
    // CAST: an address has no more than 64 bits.
    Key::MIN | (address.get() as u64)
}

/// What comes before the words of a table.
struct Header {
    refs: Refcount,
    count: u32,
    shape: Shape,
}

/// A reference to a table.
///
/// # Invariants
///
/// - The memory came from `landlock_rs_table_alloc()`. It has a header and, after it, as many words
///   as its shape says. This value owns one of the references that the header counts.
/// - For each key in the words, a value was forgotten, which the table owns.
/// - Count and words only change through the value that owns the single reference.
pub(crate) struct SharedTable<T: Keyed> {
    header: NonNull<Header>,
    _owns: PhantomData<T>,
}

// SAFETY: Any task may read a table, and drop what it owns if that is so for each of its values.
unsafe impl<T: Keyed + Send + Sync> Send for SharedTable<T> {}
// SAFETY: As above.
unsafe impl<T: Keyed + Send + Sync> Sync for SharedTable<T> {}

/// A value for a table: one to be given away, or one to be cloned.
pub(crate) enum Given<'a, T> {
    /// The table takes it over, or drops it if there is a rule for it already.
    Owned(T),
    /// The table gets a clone unless there is a rule for it already.
    Lent(&'a T),
}

impl<T: Keyed> Given<'_, T> {
    fn key(&self) -> Key {
        match self {
            Self::Owned(value) => value.key(),
            Self::Lent(value) => value.key(),
        }
    }

    /// Gives up a value.
    fn forget(self) {
        match self {
            Self::Owned(value) => mem::forget(value),
            Self::Lent(value) => mem::forget(value.clone()),
        }
    }
}

impl<T: Keyed> SharedTable<T> {
    /// Allocates a table without rules, charged to the current task: of `shape`, or with as many
    /// more slots as its memory has room for.
    ///
    /// Fails with [`ENOMEM`]. May sleep.
    #[inline]
    pub(crate) fn new(shape: Shape) -> Result<Self> {
        const HEADER: usize = size_of::<Header>();
        let words = shape.words().or(Err(ENOMEM))?;
        let mut size = words
            .checked_mul(size_of::<u64>())
            .and_then(|size| size.checked_add(HEADER))
            .ok_or(ENOMEM)?;
        // SAFETY: Allocates memory, and writes its size.
        let memory = unsafe { shim::landlock_rs_table_alloc(&mut size) };
        let place = NonNull::new(memory.cast::<Header>()).ok_or(ENOMEM)?;
        let header = Header {
            refs: Refcount::new(1),
            count: 0,
            shape: shape.filling(size.saturating_sub(HEADER) / size_of::<u64>()),
        };

        // SAFETY: The memory is large enough and fresh. It is aligned for words, as the header is.
        unsafe { place.write(header) };
        // INVARIANT: The words are zero: there is no key. The size was made for those of `shape`,
        // and `filling()` takes no more than there are.
        Ok(Self {
            header: place,
            _owns: PhantomData,
        })
    }

    fn header(&self) -> &Header {
        // SAFETY: By the type invariants, nobody changes it while there is another reference, and
        // this value, if it has the only one, is borrowed.
        unsafe { self.header.as_ref() }
    }

    fn words(&self) -> &[u64] {
        let len = self.shape().words().unwrap_or(0);

        // SAFETY: As for the header, after which there are that many words.
        unsafe { slice::from_raw_parts(self.header.add(1).cast().as_ptr(), len) }
    }

    /// Returns the shape.
    #[inline]
    pub(crate) fn shape(&self) -> Shape {
        self.header().shape
    }

    /// Returns the number of rules.
    pub(crate) fn count(&self) -> usize {
        // CAST: a kernel with this module has 64 bits, or no memory for that many rules.
        self.header().count as usize
    }

    /// Returns the table, to search it.
    #[inline]
    pub(crate) fn table(&self) -> Table<'_> {
        Table::new(self.shape(), self.words())
    }

    /// Returns whether there is another reference, so that the table must not change.
    ///
    /// A table of which there is one reference stays so for as long as this one is not cloned.
    pub(crate) fn is_shared(&self) -> bool {
        // Pairs with the release of the last owner before, in `drop()`, which has read the table.
        self.header().refs.as_atomic().load(Acquire) != 1
    }

    /// Returns what may change, if the table is not shared.
    fn parts_mut(&mut self) -> Option<(Shape, &mut u32, &mut [u64])> {
        if self.is_shared() {
            return None;
        }
        let (shape, len) = (self.shape(), self.words().len());

        // SAFETY: By the type invariants. This is the only reference, and it is borrowed mutably.
        unsafe {
            let words = slice::from_raw_parts_mut(self.header.add(1).cast().as_ptr(), len);
            Some((shape, &mut (*self.header.as_ptr()).count, words))
        }
    }

    /// Adds `granted` to the rule for `given` in the layer at `index`, as [`rule::extend`] does.
    ///
    /// Fails with [`EINVAL`] if the table is full or shared.
    #[inline]
    pub(crate) fn extend<A: Access>(
        &mut self,
        given: Given<'_, T>,
        index: LayerIndex,
        granted: A,
        flags: RuleFlags,
    ) -> Result {
        let (shape, count, words) = self.parts_mut().ok_or(EINVAL)?;
        let is_new = rule::extend(shape, words, given.key(), index, granted, flags);

        if is_new.ok_or(EINVAL)? {
            mark(Mark::RuleInTable);
            // INVARIANT: The key was not in the words before, and is now.
            given.forget();
            *count = count.wrapping_add(1);
        }
        Ok(())
    }

    /// Copies all rules of `parent` to this table, which has none. May sleep.
    ///
    /// Fails with [`EINVAL`] if the table is full or shared.
    pub(crate) fn inherit(&mut self, parent: &Self) -> Result {
        let (shape, count, words) = self.parts_mut().ok_or(EINVAL)?;

        parent.rules().try_for_each(|(value, grants)| {
            rule::inherit(shape, words, value.key(), grants).ok_or(EINVAL)?;
            // INVARIANT: The key was not in the words before, and is now.
            mem::forget((*value).clone());
            *count = count.wrapping_add(1);
            Ok(())
        })
    }

    /// Returns every rule, with a point to reschedule after some of them: a step may sleep.
    pub(crate) fn rules(&self) -> impl Iterator<Item = (Lent<'_, T>, Grants<'_>)> {
        let parts = resched::between(self.table().parts(PART));

        parts.flat_map(Table::iter).map(|(key, grants)| {
            // SAFETY: By the type invariants. `Lent` forgets the value again.
            let value = unsafe { T::from_key(key) };

            (Lent(ManuallyDrop::new(value), PhantomData), grants)
        })
    }
}

/// A value that a table owns.
pub(crate) struct Lent<'a, T>(ManuallyDrop<T>, PhantomData<&'a T>);

impl<T> Deref for Lent<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Keyed> Clone for SharedTable<T> {
    fn clone(&self) -> Self {
        self.header().refs.inc();
        // INVARIANT: The reference was just counted.
        Self {
            header: self.header,
            _owns: PhantomData,
        }
    }
}

impl<T: Keyed> Drop for SharedTable<T> {
    /// May sleep if the last reference goes away.
    fn drop(&mut self) {
        if !self.header().refs.dec_and_test() {
            return;
        }
        if mem::needs_drop::<T>() {
            self.rules()
                .for_each(|(value, _)| drop(ManuallyDrop::into_inner(value.0)));
        }
        // SAFETY: By the type invariants. There is no reference any more.
        unsafe { bindings::kvfree(self.header.as_ptr().cast()) };
    }
}
