// SPDX-License-Identifier: GPL-2.0-only

//! Rule tables in one allocation each, for rulesets and for domains.

use crate::{
    kapi::{random, resched},
    policy::{
        access::Access,
        grants::{Grants, Logging},
        layer::LayerIndex,
        rule::{self, Key, Multiplier, Shape, Table, TooManyRules},
    },
};

use core::{marker::PhantomData, num::NonZeroUsize};
use kernel::{
    alloc::{
        flags::{self, GFP_KERNEL_ACCOUNT},
        Flags,
    },
    error::code::{E2BIG, EINVAL},
    prelude::*,
};

/// Returns how tables are allocated: charged to the caller, and without a warning if user space
/// requests more than there is.
pub(crate) fn table_flags() -> Flags {
    GFP_KERNEL_ACCOUNT | flags::__GFP_NOWARN
}

/// The layer of a ruleset, which has only one.
const ONLY: LayerIndex = LayerIndex::new::<0>();

/// Minimum number of rules that a table has room for, once it has a rule.
const FIRST_ROOM: usize = 4;

/// Up to how many rules a table needs no random number, which costs more than the longest search.
const FEW: usize = 16;

/// Number of slots of a table, or of rules, between two points where other tasks may run.
pub(super) const PART: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1023);

/// Rules of one or more layers, keyed by object.
///
/// The table does not own its objects: the owner of the table also owns references to them.
pub(crate) struct Rules<A> {
    shape: Shape,
    words: KVVec<u64>,
    count: usize,
    _rights: PhantomData<A>,
}

impl<A: Access> Rules<A> {
    /// Creates a table without rules, for a ruleset.
    pub(crate) fn new() -> Result<Self> {
        Self::with_room(0, ONLY)
    }

    /// Creates a table for `rules` rules, with a multiplier of its own unless there are [`FEW`].
    /// Fails with `ENOMEM`, or with [`E2BIG`].
    ///
    /// A table for no rules takes no memory: most tables of ports have none.
    fn with_room(rules: usize, youngest: LayerIndex) -> Result<Self> {
        let multiplier = match rules {
            0..=FEW => Multiplier::FIXED,
            _ => Multiplier::new(random::u64()),
        };
        let shape = Shape::new(rules, youngest, multiplier).map_err(too_many)?;
        let words = match rules {
            0 => KVVec::new(),
            _ => KVVec::zeroed(shape.words().map_err(too_many)?, table_flags())?,
        };

        Ok(Self {
            shape,
            words,
            count: 0,
            _rights: PhantomData,
        })
    }

    fn table(&self) -> Table<'_> {
        Table::new(self.shape, &self.words)
    }

    /// Returns every rule, with a point to reschedule after some of them: a step may sleep.
    fn rules(&self) -> impl Iterator<Item = (Key, Grants<'_>)> {
        resched::between(self.table().parts(PART)).flat_map(Table::iter)
    }

    /// Returns the number of rules.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Returns what the rule for `key` grants, if there is one.
    #[inline]
    pub(crate) fn find(&self, key: Key) -> Option<Grants<'_>> {
        self.table().find(key)
    }

    /// Grants `allowed` on an object in the only layer of a ruleset, in addition to what is granted
    /// already.
    ///
    /// Returns whether the rule is new. If `logging` says so, the rule becomes quiet, and stays so.
    /// Fails like [`Self::with_room`], and changes nothing then. May sleep.
    pub(crate) fn extend(&mut self, key: Key, allowed: A, logging: Logging) -> Result<bool> {
        if !self.shape.has_room(self.count) {
            *self = self.grown()?;
        }
        self.insert(key, ONLY, allowed, logging)
    }

    /// Returns the same rules in a table with twice the room.
    fn grown(&self) -> Result<Self> {
        let room = self.count.saturating_mul(2).max(FIRST_ROOM);
        let mut grown = Self::with_room(room, ONLY)?;

        if self.count > 0 {
            grown.inherit(self)?;
        }
        Ok(grown)
    }

    /// Returns the rules of `parent` and, as layer `youngest`, those of a ruleset.
    ///
    /// Fails as [`Self::with_room`]. May sleep.
    pub(crate) fn merge(
        parent: Option<&Self>,
        youngest: LayerIndex,
        ruleset: &Self,
    ) -> Result<Self> {
        let count = match parent {
            Some(parent) => parent.count.saturating_add(ruleset.missing_in(parent)),
            None => ruleset.count,
        };
        let mut merged = Self::with_room(count, youngest)?;

        if let Some(parent) = parent {
            merged.inherit(parent)?;
        }
        ruleset.rules().try_for_each(|(key, grants)| {
            let is_new = merged.insert(key, youngest, grants.of_ruleset(), grants.logging(ONLY));
            is_new.map(drop)
        })?;
        Ok(merged)
    }

    /// Returns the number of rules for objects for which `other` has none.
    fn missing_in(&self, other: &Self) -> usize {
        let keys = self.rules().map(|(key, _)| key);

        keys.filter(|key| other.find(*key).is_none()).count()
    }

    fn insert(
        &mut self,
        key: Key,
        index: LayerIndex,
        allowed: A,
        logging: Logging,
    ) -> Result<bool> {
        let is_new = rule::extend(self.shape, &mut self.words, key, index, allowed, logging);
        // The table is large enough: this does not fail.
        let is_new = is_new.ok_or(EINVAL)?;

        self.count = self.count.wrapping_add(usize::from(is_new));
        Ok(is_new)
    }

    fn inherit(&mut self, parent: &Self) -> Result {
        parent.rules().try_for_each(|(key, grants)| {
            // As in `insert()`.
            rule::inherit(self.shape, &mut self.words, key, grants).ok_or(EINVAL)
        })?;
        self.count = parent.count;
        Ok(())
    }
}

fn too_many(TooManyRules: TooManyRules) -> Error {
    E2BIG
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kunit_tests(landlock_rules)]
mod tests {
    use super::*;
    use crate::policy::access::AccessNet;

    const NEXT: LayerIndex = LayerIndex::new::<1>();

    /// Returns ports for which one multiplication with a number that everybody knows, the hash of
    /// former versions, gives neighbouring slots: 2048 of them.
    fn chosen_ports() -> impl Iterator<Item = Key> {
        let is_chosen = |key: &Key| key.get().wrapping_mul(0x9e37_79b9_7f4a_7c15) < u64::MAX / 32;

        (1..=1 << 16).filter_map(Key::new).filter(is_chosen)
    }

    /// Returns how many steps searches for all rules take besides the first one of each.
    fn steps(rules: &Rules<AccessNet>) -> usize {
        let slots = rules.words.chunks(rules.words.len() / rules.shape.slots());
        let steps = slots.enumerate().filter_map(|(slot, words)| {
            let home = rules.shape.home(Key::new(*words.first()?)?);

            Some(
                slot.checked_sub(home)
                    .unwrap_or(slot + rules.shape.slots() - home),
            )
        });

        steps.sum()
    }

    #[test]
    fn no_choice_of_ports_makes_searches_long() -> Result {
        let mut ruleset = Rules::new()?;
        for key in chosen_ports() {
            ruleset.extend(key, AccessNet::ALL, Logging::Normal)?;
        }
        let domain = Rules::merge(None, ONLY, &ruleset)?;
        let nested = Rules::merge(Some(&domain), NEXT, &ruleset)?;

        for rules in [&ruleset, &domain, &nested] {
            // About one for each rule is what chance gives; if the choice worked, it is hundreds.
            assert!(rules.count() > 2000);
            assert!(steps(rules) < 3 * rules.count());
        }
        Ok(())
    }

    #[test]
    fn no_two_large_tables_have_the_same_multiplier() -> Result {
        let one = Rules::<AccessNet>::with_room(1000, ONLY)?;
        let other = Rules::<AccessNet>::with_room(1000, ONLY)?;

        assert!(one.shape != other.shape);
        Ok(())
    }
}
