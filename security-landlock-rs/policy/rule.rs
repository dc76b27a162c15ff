// SPDX-License-Identifier: GPL-2.0-only

//! Rules in flat tables: what each layer grants on an object.
//!
//! A table is a slice of words that somebody else allocated, all zero at first. It is cut into
//! slots of equal size; a slot holds the key of an object, then the rights that each layer grants
//! on it, two layers to a word:
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
//! linear probing). A third of the slots stay free, so that a search is short; as rules are never
//! removed, it ends at the first free slot. A hit or a miss most often touches one cache line.
//!
//! Besides rights, a half word has a mark that makes the rule quiet in that layer.
//!
//! Keys are addresses of kernel objects, or ports. Whoever could choose them would only slow down
//! their own sandbox.

use super::{
    access::Access,
    layer::{self, LayerIndex},
    quiet::Logging,
};

use core::num::NonZeroU64;

/// What identifies an object in a table.
pub(crate) type Key = NonZeroU64;

/// A table cannot have that many rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManyRules;

/// The size of a table: how many slots there are, and how large each of them is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    slots: usize,
    stride: usize,
}

impl Shape {
    /// Returns the shape of a table for `rules` rules in as many layers as a domain with the
    /// youngest layer `youngest` has.
    pub(crate) fn new(rules: usize, youngest: LayerIndex) -> Result<Self, TooManyRules> {
        let slots = rules
            .checked_add(rules.div_ceil(2))
            .and_then(|slots| slots.checked_add(1))
            .filter(|slots| u32::try_from(*slots).is_ok())
            .ok_or(TooManyRules)?;

        Ok(Self {
            slots,
            stride: layer::words_up_to(youngest).wrapping_add(1),
        })
    }

    /// Returns the number of words of such a table.
    pub(crate) fn words(self) -> Result<usize, TooManyRules> {
        self.slots.checked_mul(self.stride).ok_or(TooManyRules)
    }

    /// Tells whether a table with `rules` rules has room for one more.
    pub(crate) fn has_room(self, rules: usize) -> bool {
        rules.saturating_mul(3).saturating_add(3) <= self.slots.saturating_mul(2)
    }

    /// Returns the slot where the search for `key` starts: a multiplicative hash, scaled down.
    fn home(self, key: Key) -> usize {
        let hash = key.get().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;

        // CAST: `slots` fits 32 bits, as `hash` does; the product shifted back fits as well.
        (hash.wrapping_mul(self.slots as u64) >> 32) as usize
    }

    /// Returns the first word of each slot that may hold `key`, in the order of the search.
    fn probe(self, key: Key) -> impl Iterator<Item = usize> {
        let home = self.home(key);

        (home..self.slots)
            .chain(0..home)
            .map(move |slot| slot.wrapping_mul(self.stride))
    }
}

/// A table to search in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table<'a> {
    shape: Shape,
    words: &'a [u64],
}

impl<'a> Table<'a> {
    /// Reads `words` as a table of this shape.
    pub(crate) fn new(shape: Shape, words: &'a [u64]) -> Self {
        Self { shape, words }
    }

    /// Returns what each layer grants on the object `key`, if there is a rule for it.
    pub(crate) fn find(self, key: Key) -> Option<Grants<'a>> {
        for start in self.shape.probe(key) {
            let slot = self.words.get(start..)?.get(..self.shape.stride)?;
            let (found, grants) = slot.split_first()?;

            if *found == key.get() {
                return Some(Grants::from_words(grants));
            }
            if *found == 0 {
                return None;
            }
        }
        None
    }

    /// Returns every rule, in no particular order.
    pub(crate) fn iter(self) -> impl Iterator<Item = (Key, Grants<'a>)> {
        self.words
            .chunks_exact(self.shape.stride.max(1))
            .filter_map(|slot| {
                let (key, grants) = slot.split_first()?;
                Some((Key::new(*key)?, Grants::from_words(grants)))
            })
    }
}

/// Adds `granted` to the rule for `key` in the layer at `index`; makes the rule if there is none.
///
/// Tells whether the rule is new, or returns [`None`] when every slot is taken, which does not
/// happen as long as [`Shape::has_room`] is heeded.
pub(crate) fn extend<A: Access>(
    shape: Shape,
    words: &mut [u64],
    key: Key,
    index: LayerIndex,
    granted: A,
) -> Option<bool> {
    let (slot, is_new) = claim(shape, words, key)?;
    let word = slot.get_mut(layer::word_of(index).wrapping_add(1))?;

    *word |= layer::pack(index, granted);
    Some(is_new)
}

/// Makes the rule for `key` quiet in the layer at `index`; makes the rule if there is none.
///
/// Returns [`None`] as [`extend`].
pub(crate) fn quieten(shape: Shape, words: &mut [u64], key: Key, index: LayerIndex) -> Option<()> {
    let (slot, _) = claim(shape, words, key)?;

    *slot.get_mut(layer::word_of(index).wrapping_add(1))? |= layer::pack_quiet(index);
    Some(())
}

/// Copies a rule of another table, that of a parent domain, where it has no more layers.
///
/// Returns [`None`] when every slot is taken.
pub(crate) fn inherit(shape: Shape, words: &mut [u64], key: Key, grants: Grants<'_>) -> Option<()> {
    let (slot, _) = claim(shape, words, key)?;
    let copied = slot.iter_mut().skip(1).zip(grants.words);

    copied.for_each(|(to, from)| *to = *from);
    Some(())
}

/// Returns the slot of `key`, taken now if it was not before, which the second value tells.
fn claim(shape: Shape, words: &mut [u64], key: Key) -> Option<(&mut [u64], bool)> {
    let free = |start: &usize| matches!(words.get(*start), Some(found) if *found == 0 || *found == key.get());
    let start = shape.probe(key).find(free)?;
    let slot = words.get_mut(start..)?.get_mut(..shape.stride)?;
    let first = slot.first_mut()?;
    let is_new = *first == 0;

    *first = key.get();
    Some((slot, is_new))
}

/// What each layer grants on one object, packed as [`super::layer`] says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grants<'a> {
    words: &'a [u64],
}

impl<'a> Grants<'a> {
    /// Reads the words of a slot that follow its key.
    pub(super) fn from_words(words: &'a [u64]) -> Self {
        Self { words }
    }

    /// Returns what the oldest layer grants, which is the only one of a ruleset.
    pub(crate) fn of_oldest<A: Access>(self) -> A {
        let first = self.words.first().copied().unwrap_or(0);

        layer::unpack(LayerIndex::new::<0>(), first)
    }

    /// Returns what the rule says about logs in the layer at `index`.
    pub(crate) fn logging(self, index: LayerIndex) -> Logging {
        let word = self.words.get(layer::word_of(index)).copied().unwrap_or(0);

        if word & layer::pack_quiet(index) == 0 {
            Logging::Normal
        } else {
            Logging::Quiet
        }
    }

    /// Returns the packed rights, oldest layers first.
    pub(super) fn words(self) -> impl Iterator<Item = u64> + 'a {
        self.words.iter().copied()
    }
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

    fn grants_of(table: Table<'_>, key: Key) -> Option<u64> {
        table.find(key)?.words().next()
    }

    #[test]
    fn rules_for_one_object_add_up() {
        let Ok(shape) = Shape::new(1, OLDEST) else {
            return;
        };
        let mut words = [0; 6];

        let first = extend(shape, &mut words, KEY, OLDEST, AccessFs::from(ReadFile));
        let second = extend(shape, &mut words, KEY, OLDEST, AccessFs::from(WriteFile));

        let both = layer::pack(OLDEST, ReadFile | WriteFile);
        assert_eq!((first, second), (Some(true), Some(false)));
        assert_eq!(grants_of(Table::new(shape, &words), KEY), Some(both));
    }

    #[test]
    fn layers_stay_apart() {
        let Ok(shape) = Shape::new(1, NEXT) else {
            return;
        };
        let mut words = [0; 6];

        let _ = extend(shape, &mut words, KEY, OLDEST, AccessFs::from(ReadFile));
        let _ = extend(shape, &mut words, KEY, NEXT, AccessFs::from(WriteFile));

        let packed = layer::pack(OLDEST, AccessFs::from(ReadFile))
            | layer::pack(NEXT, AccessFs::from(WriteFile));
        assert_eq!(grants_of(Table::new(shape, &words), KEY), Some(packed));
    }

    #[test]
    fn rule_is_quiet_in_one_layer() {
        let Ok(shape) = Shape::new(1, NEXT) else {
            return;
        };
        let mut words = [0; 6];

        let _ = extend(shape, &mut words, KEY, OLDEST, AccessFs::ALL);
        let _ = quieten(shape, &mut words, KEY, NEXT);

        let found = Table::new(shape, &words).find(KEY);
        let logging = |index| found.map(|grants| grants.logging(index));
        assert_eq!(logging(OLDEST), Some(Logging::Normal));
        assert_eq!(logging(NEXT), Some(Logging::Quiet));
    }

    #[test]
    fn quiet_rule_grants_no_right() {
        let Ok(shape) = Shape::new(1, OLDEST) else {
            return;
        };
        let mut words = [0; 6];

        let _ = quieten(shape, &mut words, KEY, OLDEST);
        let granted = Table::new(shape, &words).find(KEY).map(Grants::of_oldest);
        assert_eq!(granted, Some(AccessFs::empty()));

        let _ = extend(shape, &mut words, KEY, OLDEST, AccessFs::ALL);
        let granted = Table::new(shape, &words).find(KEY).map(Grants::of_oldest);
        assert_eq!(granted, Some(AccessFs::ALL));
    }

    #[test]
    fn full_table_refuses_and_finds_nothing_more() {
        let Ok(shape) = Shape::new(0, OLDEST) else {
            return;
        };
        let mut words = [0; 2];
        let other = Key::MAX;

        assert!(extend(shape, &mut words, KEY, OLDEST, AccessFs::from(ReadFile)).is_some());
        assert!(extend(shape, &mut words, other, OLDEST, AccessFs::from(ReadFile)).is_none());
        assert!(Table::new(shape, &words).find(other).is_none());
    }
}
