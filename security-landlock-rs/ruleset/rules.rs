// SPDX-License-Identifier: GPL-2.0-only

//! Rules of one kind, of rulesets and of domains.

use crate::{
    kapi::{
        random,
        table::{Given, Keyed, SharedTable},
    },
    policy::{
        access::Access,
        grants::{Grants, RuleFlags},
        layer::LayerIndex,
        rule::{Key, Multiplier, Shape, TooManyRules},
    },
};

use core::marker::PhantomData;
use kernel::{
    error::code::{E2BIG, EINVAL},
    prelude::*,
};

/// The layer of a ruleset, which has only one.
const ONLY: LayerIndex = LayerIndex::new::<0>();

/// Up to how many rules a table needs no random number, which costs more than the longest search.
const FEW: usize = 16;

/// For how many rules more a ruleset with few of them gets room. One with many gets room for half as
/// many as it has.
const MORE: usize = 6;

/// Rules of one or more layers, keyed by what they are about. A clone shares the table.
pub(crate) struct Rules<A, T: Keyed> {
    /// Nothing if there is no rule, as for most ports.
    table: Option<SharedTable<T>>,
    _rights: PhantomData<A>,
}

impl<A: Access, T: Keyed> Rules<A, T> {
    /// Creates a table without rules, which takes no memory.
    pub(crate) fn new() -> Self {
        Self::of(None)
    }

    fn of(table: Option<SharedTable<T>>) -> Self {
        Self {
            table,
            _rights: PhantomData,
        }
    }

    /// Returns the number of rules.
    fn count(&self) -> usize {
        self.table.as_ref().map_or(0, SharedTable::count)
    }

    /// Returns what the rule for `key` grants, if there is one.
    #[inline]
    pub(crate) fn find(&self, key: Key) -> Option<Grants<'_>> {
        self.table.as_ref()?.table().find(key)
    }

    /// Grants `allowed` on `about` in the only layer of a ruleset, in addition to what is granted
    /// already. If `flags` says so, the rule becomes quiet, and stays so.
    ///
    /// Fails with `ENOMEM` or [`E2BIG`], and changes nothing then. May sleep.
    pub(crate) fn extend(&mut self, about: T, allowed: A, flags: RuleFlags) -> Result {
        let table = match self.table {
            // The compiler knows all about this table.
            None => self.table.insert(SharedTable::new(Shape::FIRST)?),
            Some(_) => self.reserve(about.key(), (self.count() >> 1).max(MORE), ONLY)?,
        };

        table.extend(Given::Owned(about), ONLY, allowed, flags)
    }

    /// Returns the rules of `parent` and, as layer `youngest`, those of a ruleset.
    ///
    /// What does not change is shared. Fails like [`Self::extend`]. May sleep.
    pub(crate) fn merge(
        parent: Option<&Self>,
        youngest: LayerIndex,
        ruleset: &Self,
    ) -> Result<Self> {
        let (Some(parent), Some(added)) = (parent, &ruleset.table) else {
            return Ok(parent.unwrap_or(ruleset).clone());
        };
        let mut merged = parent.copied(parent.count().max(added.count()), youngest)?;
        let mut left = added.count();

        added.rules().try_for_each(|(about, grants)| {
            let (rights, flags) = (grants.of_ruleset::<A>(), grants.flags(ONLY));
            let table = merged.reserve(about.key(), left, youngest)?;

            left = left.saturating_sub(1);
            table.extend(Given::Lent(&*about), youngest, rights, flags)
        })?;
        Ok(merged)
    }

    /// Returns the table, made ready for one rule more unless there is one for `key`.
    ///
    /// It is replaced by one with room for `more` rules if it is shared, or has no room.
    #[inline]
    fn reserve(
        &mut self,
        key: Key,
        more: usize,
        youngest: LayerIndex,
    ) -> Result<&mut SharedTable<T>> {
        let is_ready = self.table.as_ref().is_some_and(|table| {
            !table.is_shared()
                && (table.shape().has_room(table.count()) || table.table().find(key).is_some())
        });

        if !is_ready {
            *self = self.copied(self.count().saturating_add(more), youngest)?;
        }
        // There is one now: this does not fail.
        self.table.as_mut().ok_or(EINVAL)
    }

    /// Returns the same rules in a table of its own with room for `rules` rules in the layers up to
    /// `youngest`, and with a multiplier of its own unless there are [`FEW`].
    fn copied(&self, rules: usize, youngest: LayerIndex) -> Result<Self> {
        let multiplier = match rules {
            0..=FEW => Multiplier::FIXED,
            _ => Multiplier::new(random::u64()),
        };
        let shape = Shape::new(rules, youngest, multiplier).map_err(too_many)?;
        let mut copy = SharedTable::new(shape)?;

        if let Some(table) = &self.table {
            copy.inherit(table)?;
        }
        Ok(Self::of(Some(copy)))
    }
}

impl<A: Access, T: Keyed> Clone for Rules<A, T> {
    fn clone(&self) -> Self {
        Self::of(self.table.clone())
    }
}

fn too_many(TooManyRules: TooManyRules) -> Error {
    E2BIG
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kunit_tests(landlock_rules)]
mod tests {
    use super::*;
    use core::num::NonZeroUsize;

    use crate::policy::access::{AccessNet, AccessNetRight::BindTcp, AccessNetRight::ConnectTcp};

    const NEXT: LayerIndex = LayerIndex::new::<1>();

    type Ports = Rules<AccessNet, Key>;

    /// Returns ports for which one multiplication with a number that everybody knows, the hash of
    /// former versions, gives neighbouring slots: 2048 of them.
    fn chosen_ports() -> impl Iterator<Item = Key> {
        let is_chosen = |key: &Key| key.get().wrapping_mul(0x9e37_79b9_7f4a_7c15) < u64::MAX / 32;

        (1..=1 << 16).filter_map(Key::new).filter(is_chosen)
    }

    /// Returns a ruleset that grants all rights on `ports`.
    fn granting(ports: impl Iterator<Item = Key>) -> Result<Ports> {
        let mut ruleset = Ports::new();

        for port in ports {
            ruleset.extend(port, AccessNet::ALL, RuleFlags::NONE)?;
        }
        Ok(ruleset)
    }

    /// Returns the first ports.
    fn ports(count: u64) -> impl Iterator<Item = Key> {
        (1..=count).filter_map(Key::new)
    }

    /// Returns how many steps searches for all rules take besides the first one of each.
    fn steps(rules: &Ports) -> usize {
        let Some(table) = &rules.table else { return 0 };
        let (shape, table) = (table.shape(), table.table());
        let slots = (0..shape.slots()).zip(table.parts(NonZeroUsize::MIN));
        let steps = slots.filter_map(|(slot, part)| {
            let home = shape.home(part.iter().next()?.0);

            Some(
                slot.checked_sub(home)
                    .unwrap_or(slot + shape.slots() - home),
            )
        });

        steps.sum()
    }

    fn granted(rules: &Ports, port: u64) -> Option<AccessNet> {
        Some(rules.find(Key::new(port)?)?.of_ruleset())
    }

    #[test]
    fn no_choice_of_ports_makes_searches_long() -> Result {
        let ruleset = granting(chosen_ports())?;
        let domain = Ports::merge(None, ONLY, &ruleset)?;
        let nested = Ports::merge(Some(&domain), NEXT, &ruleset)?;

        for rules in [&ruleset, &domain, &nested] {
            // One or two for each rule is what chance gives; if the choice worked, it is hundreds.
            assert!(rules.count() > 2000);
            assert!(steps(rules) < 4 * rules.count());
        }
        Ok(())
    }

    #[test]
    fn no_two_large_tables_have_the_same_multiplier() -> Result {
        let shape = |rules: &Ports| rules.table.as_ref().map(SharedTable::shape);
        let one = Ports::new().copied(1000, ONLY)?;
        let other = Ports::new().copied(1000, ONLY)?;

        assert!(shape(&one) != shape(&other));
        Ok(())
    }

    #[test]
    fn domain_keeps_what_it_shares_when_a_rule_is_added() -> Result {
        for count in 0..100 {
            let mut ruleset = granting(ports(count))?;
            let domain = Ports::merge(None, ONLY, &ruleset)?;

            ruleset.extend(Key::MIN, BindTcp.into(), RuleFlags::QUIET)?;
            ruleset.extend(Key::MAX, ConnectTcp.into(), RuleFlags::NONE)?;

            let quiet = |rules: &Ports| {
                let found = rules.find(Key::MIN);
                found.map(|grants| grants.flags(ONLY) == RuleFlags::QUIET)
            };
            assert_eq!(domain.count(), count as usize);
            assert_eq!(quiet(&domain), (count > 0).then_some(false));
            assert_eq!(quiet(&ruleset), Some(true));
            assert_eq!(granted(&domain, u64::MAX), None);
            assert_eq!(granted(&ruleset, u64::MAX), Some(ConnectTcp.into()));
        }
        Ok(())
    }

    #[test]
    fn nested_domain_has_the_rules_of_both() -> Result {
        for (older, younger) in [(0, 9), (9, 0), (1, 1), (9, 9), (3, 200), (200, 3), (0, 0)] {
            let (parent, ruleset) = (granting(ports(older))?, granting(ports(younger))?);
            let nested = Ports::merge(Some(&parent), NEXT, &ruleset)?;

            assert_eq!(nested.count(), older.max(younger) as usize);
            for key in ports(older.max(younger)) {
                let expected = if key.get() <= older {
                    AccessNet::ALL
                } else {
                    AccessNet::empty()
                };
                assert_eq!(granted(&nested, key.get()), Some(expected));
            }
            assert_eq!(
                (parent.count(), ruleset.count()),
                (older as usize, younger as usize)
            );
        }
        Ok(())
    }

    #[test]
    fn table_of_many_rules_takes_24_bytes_a_rule() -> Result {
        let words = |rules: &Ports| rules.table.as_ref().map_or(Ok(0), |t| t.shape().words());
        let ruleset = granting(ports(513))?;
        let nested = Ports::merge(Some(&ruleset), NEXT, &ruleset)?;

        assert!(words(&ruleset).map_err(too_many)? <= 3 * 513);
        assert!(words(&nested).map_err(too_many)? <= 3 * 513);
        Ok(())
    }
}
