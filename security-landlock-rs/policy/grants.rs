// SPDX-License-Identifier: GPL-2.0-only

//! What a rule grants in each layer, and what else it says.

use super::{
    access::{Access, Granted},
    layer::{self, Handled, LayerIndex, Layers, MAX_LAYERS, QUIET, STOP},
};

/// What a rule says besides the rights that it grants: flags of `landlock_add_rule(2)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RuleFlags(u32);

impl RuleFlags {
    /// Nothing.
    pub(crate) const NONE: Self = Self(0);
    /// Denials on its object, and beneath it, are not logged, for the rights that the layer declares
    /// quiet: `LANDLOCK_ADD_RULE_QUIET`.
    pub(crate) const QUIET: Self = Self(1 << 0);
    /// No rule further up counts on its object, and beneath it: `LANDLOCK_RS_ADD_RULE_NO_INHERIT`.
    pub(crate) const NO_INHERIT: Self = Self(1 << 31);

    /// Converts the flags that user space passes, unless there is an unknown one.
    pub(super) const fn known(flags: u32) -> Option<Self> {
        match flags & !(Self::QUIET.0 | Self::NO_INHERIT.0) {
            0 => Some(Self(flags)),
            _ => None,
        }
    }

    /// Returns the flags as user space passes them.
    pub(crate) const fn bits(self) -> u32 {
        self.0
    }

    /// Returns these flags and `others`.
    pub(crate) const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Returns whether all of `others` are among these.
    pub(crate) fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Returns the mark in a table.
    pub(super) fn mark(self) -> u32 {
        self.0.rotate_right(1)
    }

    /// Reads the flags from a mark.
    fn from_mark(mark: u32) -> Self {
        Self(mark.rotate_left(1))
    }
}

// Each flag has a bit of its own for its mark.
const _: () = assert!(RuleFlags::QUIET.0.rotate_right(1) == QUIET);
const _: () = assert!(RuleFlags::NO_INHERIT.0.rotate_right(1) == STOP);

/// What all rules of a ruleset grant together, on whatever objects, and all flags of theirs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GrantedUnion<A> {
    granted: A,
    flags: RuleFlags,
}

impl<A: Access> GrantedUnion<A> {
    /// Returns what no rule grants.
    pub(crate) fn none() -> Self {
        Self {
            granted: A::from_stored(0),
            flags: RuleFlags::NONE,
        }
    }

    /// Adds a rule.
    pub(crate) fn add(&mut self, granted: A, flags: RuleFlags) {
        self.granted = A::from_stored(self.granted.into() | granted.into());
        self.flags = self.flags.with(flags);
    }

    /// Returns every right that some rule grants.
    pub(crate) fn granted(self) -> A {
        self.granted
    }

    /// Returns every flag that some rule has.
    pub(crate) fn flags(self) -> RuleFlags {
        self.flags
    }
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

    /// Returns what the only layer of a ruleset grants, the oldest one.
    pub(crate) fn of_ruleset<A: Access>(self) -> A {
        let first = self.words.first().copied().unwrap_or(0);

        layer::unpack(LayerIndex::new::<0>(), first)
    }

    /// Returns the flags of the rule in the layer at `index`.
    pub(crate) fn flags(self, index: LayerIndex) -> RuleFlags {
        let word = self.words.get(layer::word_of(index)).copied().unwrap_or(0);

        RuleFlags::from_mark(layer::unpack_marks(index, word))
    }

    /// Returns the rights that the rule grants in at least one layer.
    #[inline]
    pub(super) fn in_any_layer<A: Access>(self) -> A {
        let either = self.words().fold(0, |all, granted| all | granted);

        // CAST: the rights of younger layers were folded into the lower half.
        A::from_stored((either | either >> 32) as u32)
    }

    /// Returns the rights that the rule grants in each layer that handles them.
    #[inline]
    pub(super) fn in_each_layer<A: Handled>(self, layers: &Layers) -> A {
        layers.granted_in_each(self.words)
    }

    /// Returns the packed rights, oldest layers first.
    pub(super) fn words(self) -> impl Iterator<Item = u64> + 'a {
        self.words.iter().copied()
    }
}

impl Layers {
    /// Returns what each layer, of as many as there are, grants of `requested` by a rule.
    ///
    /// A layer in which there is no rule on the object grants nothing; in the others, rights that
    /// the layer does not deny are granted as well. For the logs.
    pub(crate) fn granted<A: Handled + Granted>(
        &self,
        grants: Grants<'_>,
        requested: A,
    ) -> ([u32; MAX_LAYERS], usize) {
        let mut granted = [0; MAX_LAYERS];
        let halves = grants.words().flat_map(|word| [word, word >> 32]);
        let handled = self.handled::<A>().flat_map(|word| [word, word >> 32]);

        for ((granted, half), handled) in granted.iter_mut().zip(halves).zip(handled) {
            // CAST: keeps the lower half on purpose.
            let (half, handled) = (half as u32, A::from_stored(handled as u32));

            if half != 0 {
                let implied = A::granted_without_rule(handled).into();
                *granted = (A::from_stored(half).into() | implied) & requested.into();
            }
        }
        (granted, self.youngest().get().wrapping_add(1))
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_grants)]
mod tests {
    use super::super::access::{
        AccessFs,
        AccessFsRight::{ReadFile, WriteFile},
    };
    use super::*;

    #[test]
    fn union_has_what_any_rule_grants() {
        let mut union = GrantedUnion::<AccessFs>::none();
        assert_eq!(union.granted(), AccessFs::empty());

        union.add(ReadFile.into(), RuleFlags::NONE);
        union.add(WriteFile.into(), RuleFlags::NONE);

        assert_eq!(union.granted(), ReadFile | WriteFile);
        assert_eq!(union.flags(), RuleFlags::NONE);
    }

    #[test]
    fn union_has_the_flags_of_any_rule() {
        let mut union = GrantedUnion::<AccessFs>::none();

        union.add(AccessFs::empty(), RuleFlags::QUIET);
        union.add(ReadFile.into(), RuleFlags::NONE);

        assert_eq!(union.flags(), RuleFlags::QUIET);
        assert_eq!(union.granted(), AccessFs::from(ReadFile));
    }
}
