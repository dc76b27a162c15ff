// SPDX-License-Identifier: GPL-2.0-only

//! Layers of a domain, and what each of them handles.
//!
//! Rights of all layers are kept packed, two layers to a word, the older one in the lower half.
//! This is how a table stores what rules grant ([`super::rule`]), and what is left of a request
//! ([`super::unfulfilled`]), so that granting takes one operation for two layers.

use super::access::{Access, AccessFs, AccessMasks, AccessNet, Scopes};

use kernel::num::Bounded;

/// Greatest number of layers in a domain.
pub(crate) const MAX_LAYERS: usize = 16;

/// Position of a layer, from 0 (the oldest). It has four bits.
pub(crate) type LayerIndex = Bounded<usize, 4>;

/// What a layer does about a request that no rule of it grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It denies the request.
    Enforcing,
    /// It allows the request, and logs it.
    Permissive,
}

/// A domain already has [`MAX_LAYERS`] layers.
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

/// A mark in each half of a word, next to the rights: no set of rights has this bit, and [`unpack`]
/// drops it. In a table, it means that the rule is quiet; in what is left of a request, that no
/// quiet rule was found.
pub(super) const QUIET: u32 = 1 << 31;

/// Another mark. In a table, it means that rules further up do not count; in what is left of a
/// request, that no such rule was found.
pub(super) const STOP: u32 = 1 << 30;

// The rights that a table stores are below the marks.
const _: () = assert!(AccessFs::WIDTH <= STOP.trailing_zeros());
const _: () = assert!(AccessNet::WIDTH <= STOP.trailing_zeros());

/// The marks of both halves of a word.
pub(super) const MARKS: u64 = both(QUIET | STOP);

/// Returns `half` in both halves of a word.
const fn both(half: u32) -> u64 {
    // CAST: to more bits.
    (half as u64) << 32 | half as u64
}

/// Packs `marks` for the layer at `index`.
pub(super) fn pack_marks(index: LayerIndex, marks: u32) -> u64 {
    let bits = u64::from(marks);

    bits << shift_of(index)
}

/// Returns the marks of the layer at `index` from its word.
pub(super) fn unpack_marks(index: LayerIndex, word: u64) -> u32 {
    // CAST: keeps the half of the layer on purpose.
    ((word & MARKS) >> shift_of(index)) as u32
}

/// Returns the position of the half of a word that the layer at `index` has.
fn shift_of(index: LayerIndex) -> u32 {
    if index.get() & 1 == 0 {
        0
    } else {
        u32::BITS
    }
}

/// Returns the half of a word that the layer at `index` has.
pub(super) fn pack_half(index: LayerIndex) -> u64 {
    if index.get() & 1 == 0 {
        u32::MAX.into()
    } else {
        !u64::from(u32::MAX)
    }
}

/// Packs `rights` for both layers of a word.
pub(super) fn pack_both<A: Access>(rights: A) -> u64 {
    both(rights.into())
}

/// Returns the halves of a word in which a mark of [`STOP`] is left, all bits of each.
pub(super) fn unstopped(left: u64) -> u64 {
    const LOWEST: u64 = both(1);

    // One half has nothing to carry to the other.
    (left >> STOP.trailing_zeros() & LOWEST).wrapping_mul(u32::MAX.into())
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

/// Returns the youngest of the layers in `words` that has any of the packed `rights`, with those of
/// them that it has, still in their half of the word.
pub(super) fn youngest_with(words: &[u64], rights: u64) -> Option<(LayerIndex, u64)> {
    let word = words.iter().rposition(|word| word & rights != 0)?;
    let rights = words.get(word)? & rights;
    let younger = usize::from(rights >> 32 != 0);
    let layer = LayerIndex::try_new(word << 1 | younger)?;

    Some((layer, rights))
}

/// The stack of layers of a domain: what each of them handles, oldest first.
///
/// There is at least one layer. Rights of all kinds share the half of a word of a layer, those of
/// each kind at its [`Handled::SHIFT`], with a mark of permissive layers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layers {
    words: [u64; MAX_LAYERS / 2],
    youngest: LayerIndex,
}

/// A kind of rights that layers handle.
pub(crate) trait Handled: Access {
    /// Position of the lowest right of this kind among those that a layer handles.
    const SHIFT: u32;
}

impl Handled for AccessFs {
    const SHIFT: u32 = 0;
}

impl Handled for AccessNet {
    const SHIFT: u32 = end_of::<AccessFs>();
}

impl Handled for Scopes {
    const SHIFT: u32 = end_of::<AccessNet>();
}

/// Returns the position after the highest right of a kind.
const fn end_of<A: Handled>() -> u32 {
    A::SHIFT.wrapping_add(A::WIDTH)
}

/// The mark of a permissive layer, in its half of a word.
const PERMISSIVE: u32 = 1 << 31;

// The rights of all kinds are below the mark.
const _: () = assert!(end_of::<Scopes>() <= PERMISSIVE.trailing_zeros());

impl Layers {
    /// Starts a stack with its oldest layer.
    pub(crate) fn first(handled: AccessMasks) -> Self {
        let none = Self {
            words: [0; MAX_LAYERS / 2],
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

    /// Sets the mode of the youngest layer, which is enforcing so far.
    pub(crate) fn set_mode(&mut self, mode: Mode) {
        if mode == Mode::Enforcing {
            return;
        }
        if let Some(word) = self.words.get_mut(word_of(self.youngest)) {
            *word |= pack_marks(self.youngest, PERMISSIVE);
        }
    }

    /// Returns the mode of the layer at `index`.
    pub(crate) fn mode(&self, index: LayerIndex) -> Mode {
        let word = self.words.get(word_of(index)).copied().unwrap_or(0);

        if word & pack_marks(index, PERMISSIVE) == 0 {
            Mode::Enforcing
        } else {
            Mode::Permissive
        }
    }

    /// Returns whether any layer is permissive.
    pub(crate) fn has_permissive(&self) -> bool {
        self.words.iter().any(|word| word & both(PERMISSIVE) != 0)
    }

    /// Sets what the youngest layer handles, which is not set yet.
    fn with_youngest(mut self, handled: AccessMasks) -> Self {
        let denied = handled.with_initially_denied();
        let index = self.youngest;
        let packed = pack(index, denied.fs) << AccessFs::SHIFT
            | pack(index, denied.net) << AccessNet::SHIFT
            | pack(index, denied.scope) << Scopes::SHIFT;

        if let Some(word) = self.words.get_mut(word_of(index)) {
            *word |= packed;
        }
        self
    }

    /// Returns what the layers handle, packed: rights of one kind in the lowest bits of each half,
    /// and anything in the others.
    pub(super) fn handled<A: Handled>(&self) -> impl Iterator<Item = u64> + '_ {
        let used = self.words.iter().take(words_up_to(self.youngest));

        used.map(|word| word >> A::SHIFT)
    }

    /// Returns the rights that `granted`, packed, has for each layer that handles them.
    ///
    /// There are as many words as the layers take, or more.
    #[inline]
    pub(super) fn granted_in_each<A: Handled>(&self, granted: &[u64]) -> A {
        // The other layers handle nothing.
        let words = granted.iter().zip(&self.words);
        let each = words.fold(u64::MAX, |all, (granted, handled)| {
            all & (granted | !(handled >> A::SHIFT))
        });

        // CAST: the rights of younger layers were folded into the lower half.
        A::from_stored((each & each >> 32) as u32)
    }

    /// Returns what the layer that was enforced last handles.
    pub(super) fn handled_by_youngest<A: Handled>(&self) -> A {
        let word = self.words.get(word_of(self.youngest)).copied().unwrap_or(0);

        unpack(self.youngest, word >> A::SHIFT)
    }

    /// Returns the index of the layer that was enforced last.
    pub(crate) fn youngest(&self) -> LayerIndex {
        self.youngest
    }

    /// Returns the youngest layer that handles at least one of `rights`, if there is one.
    pub(crate) fn youngest_handling<A: Handled>(&self, rights: A) -> Option<LayerIndex> {
        let used = self.words.get(..words_up_to(self.youngest))?;
        let found = youngest_with(used, pack_both(rights) << A::SHIFT);

        found.map(|(layer, _)| layer)
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
    fn youngest_of_the_layers_that_handle_a_right_is_found() -> Result<(), TooManyLayers> {
        let layers = Layers::first(handling(ReadFile.into()));
        let layers = layers.stack(handling(WriteFile.into()))?;

        let oldest = Some(LayerIndex::new::<0>());
        assert_eq!(layers.youngest_handling(AccessFs::from(ReadFile)), oldest);
        assert_eq!(layers.youngest_handling(AccessFs::from(Execute)), None);
        Ok(())
    }
}
