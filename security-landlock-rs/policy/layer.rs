// SPDX-License-Identifier: GPL-2.0-only

//! Layers of a domain, and what each of them still denies of one request.
//!
//! Rights of all layers are kept packed, two layers to a word, the older one in the lower half.
//! This is how a table stores what rules grant ([`super::rule`]), so that granting takes one
//! operation for two layers.

use super::{
    access::{Access, AccessFs, AccessMasks, AccessNet, Granted, Scopes},
    denial::Denial,
    rule::Grants,
};

use core::marker::PhantomData;
use kernel::num::Bounded;

/// Greatest number of layers in a domain.
pub(crate) const MAX_LAYERS: usize = 16;

/// Position of a layer, from 0 (the oldest). It has four bits.
pub(crate) type LayerIndex = Bounded<usize, 4>;

/// A domain has [`MAX_LAYERS`] layers already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManyLayers;

/// Returns the word in which the rights of the layer at `index` are packed.
pub(super) fn word_of(index: LayerIndex) -> usize {
    index.get() >> 1
}

/// Returns the number of words that the rights of all layers up to `youngest` take.
pub(super) fn words_up_to(youngest: LayerIndex) -> usize {
    word_of(youngest).wrapping_add(1)
}

/// Packs `rights` for the layer at `index`; the other layer of the word gets none.
pub(super) fn pack<A: Access>(index: LayerIndex, rights: A) -> u64 {
    let bits = u64::from(rights.into());

    if index.get() & 1 == 0 {
        bits
    } else {
        bits << 32
    }
}

/// A mark in each half of a word, beside the rights: no set of rights has this bit, and [`unpack`]
/// drops it. In a table: the rule is quiet. In what is left of a request: no quiet rule was met.
const MARK: u64 = 1 << 31;

/// The mark in both halves of a word.
const MARKS: u64 = MARK | MARK << 32;

/// Packs the mark of a quiet rule for the layer at `index`.
pub(super) fn pack_quiet(index: LayerIndex) -> u64 {
    if index.get() & 1 == 0 {
        MARK
    } else {
        MARK << 32
    }
}

/// Packs `rights` for both layers of a word.
fn pack_both<A: Access>(rights: A) -> u64 {
    let bits = u64::from(rights.into());

    bits | bits << 32
}

/// Returns the rights of the layer at `index` from its word.
pub(super) fn unpack<A: Access>(index: LayerIndex, word: u64) -> A {
    let half = if index.get() & 1 == 0 {
        word
    } else {
        word >> 32
    };

    // CAST: keeps the lower half on purpose.
    A::from_stored(half as u32)
}

/// Rights of one kind of every layer, packed. Layers that are not in use have none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PerLayer<A> {
    words: [u64; MAX_LAYERS / 2],
    _rights: PhantomData<A>,
}

impl<A: Access> PerLayer<A> {
    /// No rights in any layer.
    const NONE: Self = Self {
        words: [0; MAX_LAYERS / 2],
        _rights: PhantomData,
    };

    /// Adds `rights` to those of the layer at `index`.
    fn add(&mut self, index: LayerIndex, rights: A) {
        if let Some(word) = self.words.get_mut(word_of(index)) {
            *word |= pack(index, rights);
        }
    }

    /// Returns the words up to that of the layer at `youngest`.
    fn up_to(&self, youngest: LayerIndex) -> &[u64] {
        self.words.get(..words_up_to(youngest)).unwrap_or(&[])
    }

    /// Returns, of the layers up to `youngest`, the youngest one that has any of the packed `rights`,
    /// with those of them that it has.
    fn youngest_with(&self, youngest: LayerIndex, rights: u64) -> Option<(LayerIndex, A)> {
        let words = self.up_to(youngest);
        let word = words.iter().rposition(|word| word & rights != 0)?;
        let rights = words.get(word)? & rights;
        let younger = usize::from(rights >> 32 != 0);
        let layer = LayerIndex::try_new(word << 1 | younger)?;

        Some((layer, unpack(layer, rights)))
    }
}

/// The stack of layers of a domain: what each of them handles, oldest first.
///
/// There is at least one layer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layers {
    fs: PerLayer<AccessFs>,
    net: PerLayer<AccessNet>,
    scopes: PerLayer<Scopes>,
    youngest: LayerIndex,
}

/// A kind of rights that layers handle.
pub(crate) trait Handled: Access {
    /// Returns what each layer handles of this kind.
    fn of(layers: &Layers) -> &PerLayer<Self>;
}

impl Handled for AccessFs {
    fn of(layers: &Layers) -> &PerLayer<Self> {
        &layers.fs
    }
}

impl Handled for AccessNet {
    fn of(layers: &Layers) -> &PerLayer<Self> {
        &layers.net
    }
}

impl Handled for Scopes {
    fn of(layers: &Layers) -> &PerLayer<Self> {
        &layers.scopes
    }
}

impl Layers {
    /// Starts a stack with its oldest layer.
    pub(crate) fn first(handled: AccessMasks) -> Self {
        let none = Self {
            fs: PerLayer::NONE,
            net: PerLayer::NONE,
            scopes: PerLayer::NONE,
            youngest: LayerIndex::new::<0>(),
        };

        none.with_youngest(handled)
    }

    /// Returns a copy of the stack with one more layer.
    pub(crate) fn stack(&self, handled: AccessMasks) -> Result<Self, TooManyLayers> {
        let next = self.youngest.get().wrapping_add(1);
        let youngest = LayerIndex::try_new(next).ok_or(TooManyLayers)?;

        Ok(Self { youngest, ..*self }.with_youngest(handled))
    }

    /// Sets what the youngest layer handles, which nobody set before.
    fn with_youngest(mut self, handled: AccessMasks) -> Self {
        let denied = handled.with_initially_denied();

        self.fs.add(self.youngest, denied.fs);
        self.net.add(self.youngest, denied.net);
        self.scopes.add(self.youngest, denied.scope);
        self
    }

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
        let handled = A::of(self).words.into_iter();
        let handled = handled.flat_map(|word| [word, word >> 32]);

        for ((granted, half), handled) in granted.iter_mut().zip(halves).zip(handled) {
            // CAST: keeps the lower half on purpose.
            let (half, handled) = (half as u32, A::from_stored(handled as u32));

            if half != 0 {
                let implied = A::granted_without_rule(handled).into();
                *granted = (A::from_stored(half).into() | implied) & requested.into();
            }
        }
        (granted, self.youngest.get().wrapping_add(1))
    }

    /// Returns the position of the layer that was enforced last.
    pub(crate) fn youngest(&self) -> LayerIndex {
        self.youngest
    }

    /// Returns the youngest layer that handles at least one of `rights`, if there is one.
    pub(crate) fn youngest_handling<A: Handled>(&self, rights: A) -> Option<LayerIndex> {
        let found = A::of(self).youngest_with(self.youngest, pack_both(rights));

        found.map(|(layer, _)| layer)
    }

    /// Returns the youngest layer that handles at least one of `rights`, and which, if it is not
    /// among the `spared` oldest ones.
    pub(super) fn youngest_denial<A: Handled>(
        &self,
        spared: usize,
        rights: A,
    ) -> Option<Denial<A>> {
        let (layer, missing) = A::of(self).youngest_with(self.youngest, pack_both(rights))?;

        (layer.get() >= spared).then_some(Denial { layer, missing })
    }
}

/// For each layer, the requested rights that no rule has granted yet.
///
/// The request is allowed once nothing is left in any layer. A quiet rule takes away the mark of its
/// layer, together with the rights that it grants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unfulfilled<A> {
    left: PerLayer<A>,
    youngest: LayerIndex,
}

impl<A: Handled> Unfulfilled<A> {
    /// Starts with the rights of `requested` that each layer handles.
    pub(crate) fn new(layers: &Layers, requested: A) -> Self {
        let youngest = layers.youngest;
        let handled = A::of(layers).up_to(youngest);
        let requested = pack_both(requested);
        let mut left = PerLayer::NONE;

        for (left, handled) in left.words.iter_mut().zip(handled) {
            *left = handled & requested | MARKS;
        }
        Self { left, youngest }
    }

    /// Adds `rights` to what every layer in use denies, whether it handles them or not.
    pub(crate) fn deny_in_all(&mut self, rights: A) {
        let mut index = Some(self.youngest);

        while let Some(layer) = index {
            self.left.add(layer, rights);
            index = layer.get().checked_sub(1).and_then(LayerIndex::try_new);
        }
    }

    /// Takes away what a rule grants in each layer.
    pub(crate) fn grant(&mut self, grants: Grants<'_>) {
        for (left, granted) in self.left.words.iter_mut().zip(grants.words()) {
            *left &= !granted;
        }
    }

    /// Tells whether a quiet rule of the layer at `index`, which is in use, was met.
    pub(crate) fn is_quiet(&self, index: LayerIndex) -> bool {
        let word = self.left.words.get(word_of(index)).copied().unwrap_or(0);

        word & pack_quiet(index) == 0
    }

    /// Takes away everything in the `count` oldest layers.
    pub(super) fn grant_oldest(&mut self, count: usize) {
        for (word, left) in self.left.words.iter_mut().enumerate() {
            match count.saturating_sub(word << 1) {
                0 => break,
                1 => *left &= !u64::from(u32::MAX) | MARKS,
                _ => *left &= MARKS,
            }
        }
    }

    /// Returns the rights that a layer still denies, whichever it is.
    pub(crate) fn denied(&self) -> A {
        let words = self.left.words.iter();
        let both = words.fold(0, |all, left| all | left | left >> 32);

        // CAST: the rights of younger layers were folded into the lower half.
        A::from_stored(both as u32)
    }

    /// Returns the same request with nothing left.
    pub(crate) fn fulfilled(mut self) -> Self {
        self.keep(A::from_stored(0));
        self
    }

    /// Keeps only those of `rights` in each layer.
    pub(crate) fn keep(&mut self, rights: A) {
        let kept = pack_both(rights) | MARKS;

        self.left.words.iter_mut().for_each(|left| *left &= kept);
    }

    /// Returns what is left both here and in `other`, layer by layer.
    pub(crate) fn common(&self, other: &Self) -> Self {
        let mut common = *self;

        for (left, other) in common.left.words.iter_mut().zip(&other.left.words) {
            *left &= other | MARKS;
        }
        common
    }

    /// Tells whether all of `rights` that are left here are left in `other` too, layer by layer.
    pub(crate) fn is_left_in(&self, other: &Self, rights: A) -> bool {
        let rights = pack_both(rights);
        let mut words = self.left.words.iter().zip(&other.left.words);

        words.all(|(left, other)| left & rights & !other == 0)
    }

    /// Tells whether no layer denies anything any more.
    pub(crate) fn is_fulfilled(&self) -> bool {
        let used = self.left.up_to(self.youngest).iter();

        used.fold(0, |all, left| all | left) & !MARKS == 0
    }

    /// Returns the youngest layer that still denies a right, with the rights that it denies.
    pub(crate) fn youngest_denial(&self) -> Option<Denial<A>> {
        self.youngest_of(!MARKS)
    }

    /// Returns the youngest layer that still denies any of `rights`, with those that it denies.
    pub(crate) fn youngest_denial_of(&self, rights: A) -> Option<Denial<A>> {
        self.youngest_of(pack_both(rights))
    }

    fn youngest_of(&self, rights: u64) -> Option<Denial<A>> {
        let (layer, missing) = self.left.youngest_with(self.youngest, rights)?;

        Some(Denial { layer, missing })
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_layer)]
mod tests {
    use super::super::access::AccessFsRight::{Execute, ReadFile, WriteFile};
    use super::*;

    fn handling(rights: AccessFs) -> AccessMasks {
        AccessMasks {
            fs: rights,
            ..AccessMasks::default()
        }
    }

    #[test]
    fn stack_ends_at_sixteen_layers() {
        let handled = handling(AccessFs::ALL);
        let mut layers = Layers::first(handled);
        let mut count = 1;

        while let Ok(more) = layers.stack(handled) {
            layers = more;
            count += 1;
        }

        assert_eq!(count, MAX_LAYERS);
        assert_eq!(layers.youngest().get(), MAX_LAYERS - 1);
    }

    #[test]
    fn only_handled_rights_are_denied() {
        let layers = Layers::first(handling(ReadFile.into()));

        assert!(Unfulfilled::new(&layers, WriteFile | Execute).is_fulfilled());
        assert!(!Unfulfilled::new(&layers, WriteFile | ReadFile).is_fulfilled());
    }

    #[test]
    fn kinds_of_rights_stay_apart() {
        let layers = Layers::first(handling(ReadFile.into()));

        assert!(!Unfulfilled::new(&layers, AccessFs::ALL).is_fulfilled());
        assert!(Unfulfilled::new(&layers, AccessNet::ALL).is_fulfilled());
    }

    #[test]
    fn grant_in_one_layer_leaves_the_others() {
        let handled = handling(ReadFile.into());
        let layers = Layers::first(handled);
        let layers = layers.stack(handled).unwrap_or(layers);
        let mut left = Unfulfilled::new(&layers, AccessFs::from(ReadFile));
        let granted = [pack(LayerIndex::new::<0>(), AccessFs::from(ReadFile))];

        left.grant(Grants::from_words(&granted));

        let denial = Denial {
            layer: LayerIndex::new::<1>(),
            missing: ReadFile.into(),
        };
        assert_eq!(left.youngest_denial(), Some(denial));
    }

    #[test]
    fn request_is_fulfilled_by_several_rules() {
        let layers = Layers::first(handling(AccessFs::ALL));
        let mut left = Unfulfilled::new(&layers, ReadFile | WriteFile);
        let read = [pack(LayerIndex::new::<0>(), AccessFs::from(ReadFile))];
        let write = [pack(LayerIndex::new::<0>(), AccessFs::from(WriteFile))];

        left.grant(Grants::from_words(&read));
        assert!(!left.is_fulfilled());

        left.grant(Grants::from_words(&write));
        assert!(left.is_fulfilled());
    }

    #[test]
    fn oldest_layers_are_granted_everything() {
        let handled = handling(ReadFile.into());
        let layers = (1..5).fold(Layers::first(handled), |layers, _| {
            layers.stack(handled).unwrap_or(layers)
        });

        for count in 0..=MAX_LAYERS {
            let mut left = Unfulfilled::new(&layers, AccessFs::ALL);

            left.grant_oldest(count);
            for layer in (0..MAX_LAYERS).filter_map(LayerIndex::try_new) {
                let is_left = layer.get() < 5 && layer.get() >= count;
                let rights: AccessFs = unpack(layer, left.left.words[word_of(layer)]);

                assert_eq!(rights.contains(ReadFile), is_left);
            }
        }
    }

    #[test]
    fn right_is_denied_whichever_layer_denies_it() {
        let layers = Layers::first(handling(ReadFile.into()));
        let layers = layers.stack(handling(WriteFile.into())).unwrap_or(layers);

        let left = Unfulfilled::new(&layers, AccessFs::ALL);

        assert_eq!(left.denied() & AccessFs::FILE, ReadFile | WriteFile);
    }

    #[test]
    fn youngest_of_the_layers_that_handle_a_right_is_found() {
        let layers = Layers::first(handling(ReadFile.into()));
        let layers = layers.stack(handling(WriteFile.into())).unwrap_or(layers);

        let oldest = Some(LayerIndex::new::<0>());
        assert_eq!(layers.youngest_handling(AccessFs::from(ReadFile)), oldest);
        assert_eq!(layers.youngest_handling(AccessFs::from(Execute)), None);
    }

    #[test]
    fn what_is_not_asked_for_is_not_denied() {
        let layers = Layers::first(handling(Execute.into()));
        let layers = layers.stack(handling(WriteFile.into())).unwrap_or(layers);
        let oldest = LayerIndex::new::<0>();

        let mut left = Unfulfilled::new(&layers, AccessFs::ALL);
        left.keep(Execute.into());
        let missing = Execute.into();
        let layer = oldest;
        assert_eq!(left.youngest_denial(), Some(Denial { layer, missing }));

        let mut left = Unfulfilled::new(&layers, AccessFs::ALL);
        left.keep(AccessFs::empty());
        assert!(left.is_fulfilled());

        let mut left = left.fulfilled();
        left.keep(Execute.into());
        assert!(left.is_fulfilled());
    }
}
