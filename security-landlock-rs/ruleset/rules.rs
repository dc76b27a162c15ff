// SPDX-License-Identifier: GPL-2.0-only

//! Rule tables in one allocation each, for rulesets and for domains.

use crate::policy::{
    access::Access,
    layer::LayerIndex,
    quiet::Logging,
    rule::{self, Grants, Key, Shape, Table, TooManyRules},
};

use core::marker::PhantomData;
use kernel::{
    alloc::{
        flags::{self, GFP_KERNEL_ACCOUNT},
        Flags,
    },
    error::code::{E2BIG, EINVAL},
    prelude::*,
};

/// Returns how tables are allocated: charged to the caller, and without a warning when user space
/// asks for more than there is.
pub(crate) fn table_flags() -> Flags {
    GFP_KERNEL_ACCOUNT | flags::__GFP_NOWARN
}

/// The layer of a ruleset, which has only one.
const ONLY: LayerIndex = LayerIndex::new::<0>();

/// Number of rules for which there is room at least, once there is a rule.
const FIRST_ROOM: usize = 4;

/// Rules of one or more layers, keyed by object.
///
/// The table does not own its objects: who keeps it keeps references to them.
pub(crate) struct Rules<A> {
    shape: Shape,
    words: KVVec<u64>,
    count: usize,
    _rights: PhantomData<A>,
}

impl<A: Access> Rules<A> {
    /// Makes a table without rules, for a ruleset.
    pub(crate) fn new() -> Result<Self> {
        Self::with_room(0, ONLY)
    }

    /// Makes a table for `rules` rules. Fails with `ENOMEM`, or with [`E2BIG`].
    ///
    /// A table for no rule takes no memory: most tables of ports have none.
    fn with_room(rules: usize, youngest: LayerIndex) -> Result<Self> {
        let shape = Shape::new(rules, youngest).map_err(too_many)?;
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

    /// Returns what the rule for `key` grants, if there is one.
    #[inline]
    pub(crate) fn find(&self, key: Key) -> Option<Grants<'_>> {
        self.table().find(key)
    }

    /// Grants `allowed` on an object in the only layer of a ruleset, besides what is granted
    /// already.
    ///
    /// Tells whether the rule is new. On failure, as of [`Self::with_room`], nothing changes.
    /// If `logging` says so, the rule becomes quiet, and stays so.
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

        grown.inherit(self)?;
        Ok(grown)
    }

    /// Returns the rules of `parent` and, as layer `youngest`, those of a ruleset.
    ///
    /// Fails as [`Self::with_room`].
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
        for (key, grants) in ruleset.table().iter() {
            merged.insert(key, youngest, grants.of_oldest(), grants.logging(ONLY))?;
        }
        Ok(merged)
    }

    /// Returns how many rules are for objects for which `other` has none.
    fn missing_in(&self, other: &Self) -> usize {
        let keys = self.table().iter().map(|(key, _)| key);

        keys.filter(|key| other.find(*key).is_none()).count()
    }

    fn insert(
        &mut self,
        key: Key,
        index: LayerIndex,
        allowed: A,
        logging: Logging,
    ) -> Result<bool> {
        let is_new = rule::extend(self.shape, &mut self.words, key, index, allowed);
        // The table was made large enough: this does not fail.
        let is_new = is_new.ok_or(EINVAL)?;
        if logging == Logging::Quiet {
            // The rule has its slot by now.
            rule::quieten(self.shape, &mut self.words, key, index).ok_or(EINVAL)?;
        }

        self.count = self.count.wrapping_add(usize::from(is_new));
        Ok(is_new)
    }

    fn inherit(&mut self, parent: &Self) -> Result {
        for (key, grants) in parent.table().iter() {
            // As in `insert()`.
            rule::inherit(self.shape, &mut self.words, key, grants).ok_or(EINVAL)?;
        }
        self.count = parent.count;
        Ok(())
    }
}

fn too_many(TooManyRules: TooManyRules) -> Error {
    E2BIG
}
