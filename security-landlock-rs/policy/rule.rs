// SPDX-License-Identifier: GPL-2.0-only

//! Rules in flat tables: what each layer grants on an object.
//!
//! A table is a slice of words, initially zero, which the caller allocates. It consists of slots of
//! equal size; a slot holds the key of an object, followed by the rights that each layer grants on
//! it, two layers to a word:
//!
//! ```text
//!  word      0       1          2          ...            one layer:       2 words, 16 bytes
//!        +-------+----------+----------+---               two layers:      2 words, 16 bytes
//!        |  key  | layer 0  | layer 2  |                  sixteen layers:  9 words, 72 bytes
//!        |       | layer 1  | layer 3  |
//!        +-------+----------+----------+---
//! ```
//!
//! The slot of a key is the first free one from a place that depends on the key (open addressing,
//! linear probing). A fourth of the slots stay free, so that searches are short; as rules are never
//! removed, a search ends at the first free slot. A hit or a miss usually touches one cache line.
//!
//! Next to the rights, each half of a word has marks, the flags of the rule in that layer.
//!
//! # Chosen keys
//!
//! Keys are ports, which user space chooses, or addresses of kernel objects, which timing may leak.
//! Keys whose searches all start in the same few slots would make a table of n rules take n² steps
//! to fill, in one system call. So the place of a key depends on a random [`Multiplier`] as well,
//! and each table has one of its own, which goes with the table:
//!
//! - An attacker who chooses keys in advance knows no multiplier. Any set of keys takes as many
//!   steps as a random one: one or two besides the first for each rule, as a fourth of the slots
//!   is free.
//! - An attacker who times searches in a table may learn about its multiplier, and can then add
//!   rules that take long to find, until the table is full: one search for each system call, and no
//!   search takes more steps than there are rules. A domain may share such a table: it is searched
//!   once for each port or directory of a request, and never for many keys at once. To grow a
//!   table, to copy one, and to nest a domain is what takes a step for each rule within one system
//!   call; the rules then go to a new table, which has a new multiplier.
//!
//! One multiplication would do for an attacker, but not for ordinary keys: contiguous ports, and
//! objects of one slab, are arithmetic progressions, which a tenth of all multipliers puts in few
//! places. With a second one, of the halves of the product folded upon each other, none does.

use super::{
    access::Access,
    grants::{Grants, RuleFlags},
    layer::{self, LayerIndex},
};

use core::num::{NonZeroU64, NonZeroUsize};

/// What identifies an object in a table.
pub(crate) type Key = NonZeroU64;

/// A table cannot have that many rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManyRules;

/// What determines, together with a key, where the search for it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Multiplier(u64);

impl Multiplier {
    /// For a table of few rules: no choice of keys makes its searches long.
    pub(crate) const FIXED: Self = Self(0x9e37_79b9_7f4a_7c15);

    /// Creates a multiplier from random bits, which must be fresh for each table.
    pub(crate) fn new(random: u64) -> Self {
        // Odd factors lose nothing: different keys have different products.
        Self(random | 1)
    }

    /// Returns 32 bits that depend on every bit of `key`.
    fn hash(self, key: Key) -> u64 {
        let product = key.get().wrapping_mul(self.0);

        (product ^ product >> 32).wrapping_mul(self.0) >> 32
    }
}

/// The layout of a table: the number of slots, their size, and where the search for a key starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    slots: u32,
    stride: u32,
    multiplier: Multiplier,
}

impl Shape {
    /// The shape of a table for one rule in one layer.
    pub(crate) const FIRST: Self = Self {
        slots: 2,
        stride: 2,
        multiplier: Multiplier::FIXED,
    };

    /// Returns the shape of a table for `rules` rules in as many layers as a domain with the
    /// youngest layer `youngest` has.
    pub(crate) fn new(
        rules: usize,
        youngest: LayerIndex,
        multiplier: Multiplier,
    ) -> Result<Self, TooManyRules> {
        let slots = rules
            .checked_add(rules.div_ceil(3))
            .and_then(|slots| u32::try_from(slots).ok())
            .ok_or(TooManyRules)?;

        Ok(Self {
            slots: slots.max(1),
            // CAST: there are few layers.
            stride: layer::words_up_to(youngest).wrapping_add(1) as u32,
            multiplier,
        })
    }

    /// Returns the same shape with as many slots as `words` words have room for, if that is more.
    pub(crate) fn filling(self, words: usize) -> Self {
        let slots = words / self.stride().max(1);

        Self {
            slots: self.slots.max(u32::try_from(slots).unwrap_or(u32::MAX)),
            ..self
        }
    }

    /// Returns the number of slots.
    pub(crate) fn slots(self) -> usize {
        // CAST: a kernel with this module has 64 bits, or no memory for that many slots.
        self.slots as usize
    }

    /// Returns the number of words of a slot.
    fn stride(self) -> usize {
        // CAST: there are few layers.
        self.stride as usize
    }

    /// Returns the number of words of such a table.
    pub(crate) fn words(self) -> Result<usize, TooManyRules> {
        self.slots().checked_mul(self.stride()).ok_or(TooManyRules)
    }

    /// Returns whether a table with `rules` rules has room for one more.
    pub(crate) fn has_room(self, rules: usize) -> bool {
        rules < self.slots().saturating_mul(3) / 4
    }

    /// Returns the slot where the search for `key` starts: its hash, scaled down.
    pub(crate) fn home(self, key: Key) -> usize {
        let scaled = self.multiplier.hash(key).wrapping_mul(self.slots.into());

        // CAST: both factors have 32 bits, so their product shifted back is less than `slots`.
        (scaled >> 32) as usize
    }

    /// Returns the first word of the slot of `words` that has `key`, or of the free one where the
    /// search for it ends. [`None`] if every slot has another key.
    #[inline]
    fn search(self, words: &[u64], key: Key) -> Option<usize> {
        let mut start = self.home(key).wrapping_mul(self.stride());

        // One more than there are slots, for the step back to the first one.
        for _ in 0..self.slots.saturating_add(1) {
            match words.get(start) {
                Some(found) if *found == key.get() || *found == 0 => return Some(start),
                Some(_) => start = start.wrapping_add(self.stride()),
                None => start = 0,
            }
        }
        None
    }
}

/// A table, to be searched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table<'a> {
    shape: Shape,
    words: &'a [u64],
}

impl<'a> Table<'a> {
    /// Interprets `words` as a table of this shape.
    pub(crate) fn new(shape: Shape, words: &'a [u64]) -> Self {
        Self { shape, words }
    }

    /// Returns what each layer grants on the object `key`, if there is a rule for it.
    #[inline]
    pub(crate) fn find(self, key: Key) -> Option<Grants<'a>> {
        let start = self.shape.search(self.words, key)?;
        let slot = self.words.get(start..)?.get(..self.shape.stride())?;
        let (found, grants) = slot.split_first()?;

        (*found == key.get()).then(|| Grants::from_words(grants))
    }

    /// Returns every rule, in no particular order.
    pub(crate) fn iter(self) -> impl Iterator<Item = (Key, Grants<'a>)> {
        self.words
            .chunks_exact(self.shape.stride().max(1))
            .filter_map(|slot| {
                let (key, grants) = slot.split_first()?;
                Some((Key::new(*key)?, Grants::from_words(grants)))
            })
    }

    /// Cuts the table into parts of at most `slots` slots, of which only [`Self::iter`] makes
    /// sense: a caller that reads all rules may stop between two parts.
    pub(crate) fn parts(self, slots: NonZeroUsize) -> impl Iterator<Item = Table<'a>> {
        let words = self.shape.stride().saturating_mul(slots.get()).max(1);

        self.words
            .chunks(words)
            .map(move |part| Self::new(self.shape, part))
    }
}

/// Adds `granted` and `flags` to the rule for `key` in the layer at `index`; creates the rule if
/// there is none.
///
/// Returns whether the rule is new, or [`None`] if every slot is taken, which [`Shape::has_room`]
/// rules out.
#[inline]
pub(crate) fn extend<A: Access>(
    shape: Shape,
    words: &mut [u64],
    key: Key,
    index: LayerIndex,
    granted: A,
    flags: RuleFlags,
) -> Option<bool> {
    let (slot, is_new) = claim(shape, words, key)?;
    let word = slot.get_mut(layer::word_of(index).wrapping_add(1))?;

    *word |= layer::pack(index, granted) | layer::pack_marks(index, flags.mark());
    Some(is_new)
}

/// Copies a rule of another table, that of a parent domain, which has no more layers.
///
/// Returns [`None`] if every slot is taken.
#[inline]
pub(crate) fn inherit(shape: Shape, words: &mut [u64], key: Key, grants: Grants<'_>) -> Option<()> {
    let (slot, _) = claim(shape, words, key)?;
    let copied = slot.iter_mut().skip(1).zip(grants.words());

    // They are zero so far. The compiler would turn a copy of so few words into a call.
    copied.for_each(|(to, from)| *to |= from);
    Some(())
}

/// Returns the slot of `key`, and whether it has just been taken for it.
#[inline]
fn claim(shape: Shape, words: &mut [u64], key: Key) -> Option<(&mut [u64], bool)> {
    let start = shape.search(words, key)?;
    let slot = words.get_mut(start..)?.get_mut(..shape.stride())?;
    let first = slot.first_mut()?;
    let is_new = *first == 0;

    *first = key.get();
    Some((slot, is_new))
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_rule)]
mod tests {
    use super::super::access::{
        AccessFs,
        AccessFsRight::{ReadFile, WriteFile},
    };
    use super::*;

    const KEY: Key = Key::MIN;
    const OLDEST: LayerIndex = LayerIndex::new::<0>();
    const NEXT: LayerIndex = LayerIndex::new::<1>();
    const ANY: Multiplier = Multiplier(0x0123_4567_89ab_cdef);

    /// A table with room for a rule in one layer or two, in which all rules are for [`KEY`].
    struct Small {
        shape: Shape,
        words: [u64; 6],
    }

    impl Small {
        fn new(youngest: LayerIndex) -> Result<Self, TooManyRules> {
            Ok(Self {
                shape: Shape::new(1, youngest, ANY)?,
                words: [0; 6],
            })
        }

        fn add(&mut self, index: LayerIndex, granted: AccessFs, flags: RuleFlags) -> Option<bool> {
            extend(self.shape, &mut self.words, KEY, index, granted, flags)
        }

        fn find(&self) -> Option<Grants<'_>> {
            Table::new(self.shape, &self.words).find(KEY)
        }
    }

    #[test]
    fn rules_for_one_object_add_up() -> Result<(), TooManyRules> {
        let mut table = Small::new(OLDEST)?;

        let first = table.add(OLDEST, AccessFs::from(ReadFile), RuleFlags::NONE);
        let second = table.add(OLDEST, AccessFs::from(WriteFile), RuleFlags::NONE);

        let both = layer::pack(OLDEST, ReadFile | WriteFile);
        assert_eq!((first, second), (Some(true), Some(false)));
        assert_eq!(table.find().and_then(|g| g.words().next()), Some(both));
        Ok(())
    }

    #[test]
    fn layers_stay_apart() -> Result<(), TooManyRules> {
        let mut table = Small::new(NEXT)?;

        let _ = table.add(OLDEST, AccessFs::from(ReadFile), RuleFlags::NONE);
        let _ = table.add(NEXT, AccessFs::from(WriteFile), RuleFlags::NONE);

        let packed = layer::pack(OLDEST, AccessFs::from(ReadFile))
            | layer::pack(NEXT, AccessFs::from(WriteFile));
        assert_eq!(table.find().and_then(|g| g.words().next()), Some(packed));
        Ok(())
    }

    #[test]
    fn rule_is_quiet_in_one_layer() -> Result<(), TooManyRules> {
        let mut table = Small::new(NEXT)?;

        let _ = table.add(OLDEST, AccessFs::ALL, RuleFlags::NONE);
        let _ = table.add(NEXT, AccessFs::empty(), RuleFlags::QUIET);

        let flags = |index| table.find().map(|grants| grants.flags(index));
        assert_eq!(flags(OLDEST), Some(RuleFlags::NONE));
        assert_eq!(flags(NEXT), Some(RuleFlags::QUIET));
        Ok(())
    }

    #[test]
    fn quiet_rule_grants_no_right() -> Result<(), TooManyRules> {
        let mut table = Small::new(OLDEST)?;

        let _ = table.add(OLDEST, AccessFs::empty(), RuleFlags::QUIET);
        let granted = table.find().map(Grants::of_ruleset);
        assert_eq!(granted, Some(AccessFs::empty()));

        let _ = table.add(OLDEST, AccessFs::ALL, RuleFlags::NONE);
        let granted = table.find().map(Grants::of_ruleset);
        assert_eq!(granted, Some(AccessFs::ALL));
        Ok(())
    }

    #[test]
    fn full_table_refuses_and_finds_nothing_more() -> Result<(), TooManyRules> {
        let shape = Shape::new(0, OLDEST, ANY)?;
        let mut words = [0; 2];
        let (other, rights, log) = (Key::MAX, AccessFs::ALL, RuleFlags::NONE);
        let mut add = |key| extend(shape, &mut words, key, OLDEST, rights, log);

        assert!(add(KEY).is_some());
        assert!(add(other).is_none());
        assert!(Table::new(shape, &words).find(other).is_none());
        Ok(())
    }
}
