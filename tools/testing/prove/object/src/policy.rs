// SPDX-License-Identifier: GPL-2.0-only

//! Stub of `policy/`: tables of one layer, which are searched from the start.
//!
//! The model gets to know of each read and each write.

pub mod access {
    //! Rights.

    /// A set of rights.
    pub trait Access: Copy {
        /// Returns the bits.
        fn bits(self) -> u64;
    }

    /// Rights on files.
    #[derive(Clone, Copy)]
    pub struct AccessFs(pub u64);

    impl Access for AccessFs {
        fn bits(self) -> u64 {
            self.0
        }
    }
}

pub mod layer {
    //! Layers.

    /// The only layer.
    #[derive(Clone, Copy)]
    pub struct LayerIndex;
}

pub mod grants {
    //! What a rule grants.

    /// What a rule says besides.
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub struct RuleFlags;

    impl RuleFlags {
        /// Nothing.
        pub const NONE: Self = Self;
    }

    /// What a rule grants in the only layer.
    #[derive(Clone, Copy)]
    pub struct Grants<'a>(pub &'a u64);
}

pub mod rule {
    //! Tables.

    use super::{
        access::Access,
        grants::{Grants, RuleFlags},
        layer::LayerIndex,
    };
    use kernel::model;
    use std::num::{NonZeroU64, NonZeroUsize};

    /// What identifies an object.
    pub type Key = NonZeroU64;

    /// There is no such table.
    pub struct TooManyRules;

    /// Words of a slot.
    const STRIDE: usize = 2;

    /// The layout of a table.
    #[derive(Clone, Copy)]
    pub struct Shape {
        slots: usize,
    }

    impl Shape {
        /// Makes a table of that many slots.
        pub fn of(slots: usize) -> Self {
            Self { slots }
        }

        /// Does not use more memory than was asked for.
        pub fn filling(self, _: usize) -> Self {
            self
        }

        /// Returns how many words there are.
        pub fn words(self) -> Result<usize, TooManyRules> {
            Ok(self.slots * STRIDE)
        }
    }

    /// A table, to be searched.
    #[derive(Clone, Copy)]
    pub struct Table<'a>(&'a [u64]);

    impl<'a> Table<'a> {
        /// Looks at `words`.
        pub fn new(_: Shape, words: &'a [u64]) -> Self {
            Self(words)
        }

        /// Returns what the rule for `key` grants.
        pub fn find(self, key: Key) -> Option<Grants<'a>> {
            self.iter()
                .find_map(|(found, grants)| (found == key).then_some(grants))
        }

        /// Returns every rule.
        pub fn iter(self) -> impl Iterator<Item = (Key, Grants<'a>)> {
            model::read(self.0.as_ptr());
            self.0
                .chunks_exact(STRIDE)
                .filter_map(|slot| Some((Key::new(slot[0])?, Grants(&slot[1]))))
        }

        /// Returns the table as its only part.
        pub fn parts(self, _: NonZeroUsize) -> impl Iterator<Item = Table<'a>> {
            std::iter::once(self)
        }
    }

    /// Adds to the rule for `key`, and returns whether it is new.
    pub fn extend<A: Access>(
        _: Shape,
        words: &mut [u64],
        key: Key,
        _: LayerIndex,
        granted: A,
        _: RuleFlags,
    ) -> Option<bool> {
        model::written(words.as_ptr());
        let is_of = |slot: &&mut [u64]| slot[0] == key.get() || slot[0] == 0;
        let slot = words.chunks_exact_mut(STRIDE).find(is_of)?;
        let is_new = slot[0] == 0;

        slot[0] = key.get();
        slot[1] |= granted.bits();
        Some(is_new)
    }

    /// Copies a rule.
    pub fn inherit(shape: Shape, words: &mut [u64], key: Key, grants: Grants<'_>) -> Option<()> {
        let granted = super::access::AccessFs(*grants.0);

        extend(shape, words, key, LayerIndex, granted, RuleFlags::NONE).map(|_| ())
    }
}
