// SPDX-License-Identifier: GPL-2.0-only

//! What the layers of a domain still deny of one request.

use super::{
    denial::Denial,
    grants::Grants,
    layer::{
        pack, pack_both, pack_half, pack_marks, unpack, unstopped, word_of, words_up_to,
        youngest_with, Handled, LayerIndex, Layers, MARKS, MAX_LAYERS, QUIET,
    },
};

use core::marker::PhantomData;

/// Which rules further up count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inheritance {
    /// All.
    Whole,
    /// Those that no rule further down stops.
    Stops,
}

/// For each layer, the requested rights that no rule has granted yet.
///
/// The request is allowed once nothing is left in any layer. A rule with a flag removes the mark of
/// its layer, along with the rights that it grants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unfulfilled<A> {
    left: [u64; MAX_LAYERS / 2],
    youngest: LayerIndex,
    _rights: PhantomData<A>,
}

impl<A: Handled> Unfulfilled<A> {
    /// Starts with the rights of `requested` that each layer handles.
    pub(crate) fn new(layers: &Layers, requested: A) -> Self {
        let requested = pack_both(requested);
        let mut left = [0; MAX_LAYERS / 2];

        for (left, handled) in left.iter_mut().zip(layers.handled::<A>()) {
            *left = handled & requested | MARKS;
        }
        Self {
            left,
            youngest: layers.youngest(),
            _rights: PhantomData,
        }
    }

    /// Returns the words of the layers in use.
    fn used(&self) -> &[u64] {
        self.left.get(..words_up_to(self.youngest)).unwrap_or(&[])
    }

    /// Adds `rights` to what every layer in use denies, whether it handles them or not.
    pub(crate) fn deny_in_all(&mut self, rights: A) {
        let mut index = Some(self.youngest);

        while let Some(layer) = index {
            if let Some(left) = self.left.get_mut(word_of(layer)) {
                *left |= pack(layer, rights);
            }
            index = layer.get().checked_sub(1).and_then(LayerIndex::try_new);
        }
    }

    /// Removes what a rule grants in each layer, all rules of which count.
    pub(crate) fn grant(&mut self, grants: Grants<'_>) {
        for (left, granted) in self.left.iter_mut().zip(grants.words()) {
            *left &= !granted;
        }
    }

    /// Removes what a rule grants in each layer, unless a rule further down said that nothing is
    /// inherited there. So rules have to come in their order, from the file up.
    pub(crate) fn grant_inherited(&mut self, grants: Grants<'_>, inheritance: Inheritance) {
        if inheritance == Inheritance::Whole {
            return self.grant(grants);
        }
        for (left, granted) in self.left.iter_mut().zip(grants.words()) {
            *left &= !(granted & unstopped(*left));
        }
    }

    /// Removes everything in the layers in which a rule said that nothing is inherited.
    pub(super) fn forget_stopped(&mut self) {
        for left in &mut self.left {
            *left &= unstopped(*left) | MARKS;
        }
    }

    /// Returns whether a quiet rule of the layer at `index`, which is in use, was found.
    pub(crate) fn is_quiet(&self, index: LayerIndex) -> bool {
        let word = self.left.get(word_of(index)).copied().unwrap_or(0);

        word & pack_marks(index, QUIET) == 0
    }

    /// Keeps what is left in those layers for which `is_kept` says so.
    pub(super) fn keep_layers(&mut self, is_kept: impl Fn(LayerIndex) -> bool) {
        for index in (0..MAX_LAYERS).filter_map(LayerIndex::try_new) {
            if is_kept(index) {
                continue;
            }
            if let Some(left) = self.left.get_mut(word_of(index)) {
                *left &= !pack_half(index) | MARKS;
            }
        }
    }

    /// Removes everything in the `count` oldest layers.
    pub(super) fn grant_oldest(&mut self, count: usize) {
        for (word, left) in self.left.iter_mut().enumerate() {
            match count.saturating_sub(word << 1) {
                0 => break,
                1 => *left &= !u64::from(u32::MAX) | MARKS,
                _ => *left &= MARKS,
            }
        }
    }

    /// Returns the rights that at least one layer still denies.
    pub(crate) fn denied(&self) -> A {
        let words = self.left.iter();
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

        self.left.iter_mut().for_each(|left| *left &= kept);
    }

    /// Returns what is left both here and in `other`, layer by layer.
    pub(crate) fn common(&self, other: &Self) -> Self {
        let mut common = *self;

        for (left, other) in common.left.iter_mut().zip(&other.left) {
            *left &= other | MARKS;
        }
        common
    }

    /// Returns whether all of `rights` that are left here are left in `other` too, layer by layer.
    pub(crate) fn is_left_in(&self, other: &Self, rights: A) -> bool {
        let rights = pack_both(rights);
        let mut words = self.left.iter().zip(&other.left);

        words.all(|(left, other)| left & rights & !other == 0)
    }

    /// Returns whether no layer denies anything any more.
    pub(crate) fn is_fulfilled(&self) -> bool {
        let used = self.used().iter();

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
        let (layer, missing) = youngest_with(self.used(), rights)?;

        Some(Denial {
            layer,
            missing: unpack(layer, missing),
        })
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_unfulfilled)]
mod tests {
    use super::super::{
        access::{
            AccessFs,
            AccessFsRight::{Execute, ReadFile, WriteFile},
            AccessMasks, AccessNet,
        },
        layer::{TooManyLayers, STOP},
    };
    use super::*;

    fn handling(rights: AccessFs) -> AccessMasks {
        AccessMasks {
            fs: rights,
            ..AccessMasks::default()
        }
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
    fn grant_in_one_layer_leaves_the_others() -> Result<(), TooManyLayers> {
        let handled = handling(ReadFile.into());
        let layers = Layers::first(handled);
        let layers = layers.stack(handled)?;
        let mut left = Unfulfilled::new(&layers, AccessFs::from(ReadFile));
        let granted = [pack(LayerIndex::new::<0>(), AccessFs::from(ReadFile))];

        left.grant(Grants::from_words(&granted));

        let denial = Denial {
            layer: LayerIndex::new::<1>(),
            missing: ReadFile.into(),
        };
        assert_eq!(left.youngest_denial(), Some(denial));
        Ok(())
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
    fn rule_stops_what_is_further_up_in_its_layer() -> Result<(), TooManyLayers> {
        let layers = Layers::first(handling(AccessFs::ALL));
        let layers = layers.stack(handling(AccessFs::ALL))?;
        let (oldest, next) = (LayerIndex::new::<0>(), LayerIndex::new::<1>());
        let both = |rights: AccessFs| pack(oldest, rights) | pack(next, rights);
        let stop = [both(ReadFile.into()) | pack_marks(oldest, STOP)];
        let above = [both(ReadFile | WriteFile)];
        let left_after = |inheritance| {
            let mut left = Unfulfilled::new(&layers, ReadFile | WriteFile);

            left.grant_inherited(Grants::from_words(&stop), inheritance);
            left.grant_inherited(Grants::from_words(&above), inheritance);
            left
        };

        assert!(left_after(Inheritance::Whole).is_fulfilled());
        let mut left = left_after(Inheritance::Stops);
        let denial = Denial {
            layer: oldest,
            missing: WriteFile.into(),
        };
        assert_eq!(left.youngest_denial(), Some(denial));
        left.forget_stopped();
        assert!(left.is_fulfilled());
        Ok(())
    }

    #[test]
    fn oldest_layers_are_granted_everything() -> Result<(), TooManyLayers> {
        let handled = handling(ReadFile.into());
        let layers = (1..5).try_fold(Layers::first(handled), |layers, _| layers.stack(handled))?;

        for count in 0..=MAX_LAYERS {
            let mut left = Unfulfilled::new(&layers, AccessFs::ALL);

            left.grant_oldest(count);
            for layer in 0..MAX_LAYERS {
                let layer = LayerIndex::try_new(layer).ok_or(TooManyLayers)?;
                let is_left = layer.get() < 5 && layer.get() >= count;
                let rights: AccessFs = unpack(layer, left.left[word_of(layer)]);

                assert_eq!(rights.contains(ReadFile), is_left);
            }
        }
        Ok(())
    }

    #[test]
    fn right_is_denied_whichever_layer_denies_it() -> Result<(), TooManyLayers> {
        let layers = Layers::first(handling(ReadFile.into()));
        let layers = layers.stack(handling(WriteFile.into()))?;

        let left = Unfulfilled::new(&layers, AccessFs::ALL);

        assert_eq!(left.denied() & AccessFs::FILE, ReadFile | WriteFile);
        Ok(())
    }

    #[test]
    fn what_is_not_asked_for_is_not_denied() -> Result<(), TooManyLayers> {
        let layers = Layers::first(handling(Execute.into()));
        let layers = layers.stack(handling(WriteFile.into()))?;
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
        Ok(())
    }
}
