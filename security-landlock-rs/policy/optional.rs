// SPDX-License-Identifier: GPL-2.0-only

//! Rights that are checked when a file is opened and only needed later: which of them were denied,
//! and by which layer.
//!
//! All of this fits in one word of the file blob, which is zero if nothing was denied:
//!
//! ```text
//!  bit  0        truncate is denied          bits 4..8    by this layer
//!       1        ioctl on a device is denied      8..12   by this layer
//!       2, 3     a quiet rule covers the file in that layer
//! ```

use super::{
    access::{AccessFs, AccessFsRight},
    denial::Denial,
    layer::LayerIndex,
    unfulfilled::Unfulfilled,
};

/// What was denied when a file was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct OptionalDenials(u32);

/// Where the bits of one right are.
struct Place {
    right: AccessFsRight,
    denied: u32,
    quiet: u32,
    layer: u32,
}

const PLACES: [Place; 2] = [
    Place {
        right: AccessFsRight::Truncate,
        denied: 0,
        quiet: 2,
        layer: 4,
    },
    Place {
        right: AccessFsRight::IoctlDev,
        denied: 1,
        quiet: 3,
        layer: 8,
    },
];

impl Place {
    /// Returns what is stored of a denial by `layer`.
    fn denial(&self, layer: LayerIndex) -> u32 {
        // CAST: a layer has four bits.
        1 << self.denied | (layer.get() as u32) << self.layer
    }

    /// Returns all bits of the right.
    fn mask(&self) -> u32 {
        1 << self.denied | 1 << self.quiet | 0xf << self.layer
    }
}

impl OptionalDenials {
    /// Nothing was denied.
    pub(crate) const NONE: Self = Self(0);

    /// Records that `layer` denies `rights`, which no quiet rule covers.
    pub(super) fn by(layer: LayerIndex, rights: AccessFs) -> Self {
        Self::fold(rights, |place| place.denial(layer))
    }

    /// Returns what is recorded of `rights`.
    #[inline]
    pub(super) fn of(self, rights: AccessFs) -> Self {
        Self(self.0 & Self::fold(rights, Place::mask).0)
    }

    /// Returns what is recorded here and in `other`, which are about different rights.
    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns what is recorded here, and what `other` records of rights that this does not.
    pub(super) fn or(self, other: Self) -> Self {
        let mut all = self;

        for place in &PLACES {
            if self.of(place.right.into()) == Self::NONE {
                all = all.with(other.of(place.right.into()));
            }
        }
        all
    }

    /// Puts together the bits of each right that is in `rights`.
    #[inline]
    fn fold(rights: AccessFs, bits: impl Fn(&Place) -> u32) -> Self {
        let places = PLACES.iter().filter(|place| rights.contains(place.right));

        Self(places.fold(0, |all, place| all | bits(place)))
    }

    /// Records which of the rights that are needed later are left of a request.
    pub(crate) fn new(left: &Unfulfilled<AccessFs>) -> Self {
        if left.is_fulfilled() {
            return Self::default();
        }
        let denials = PLACES.iter().filter_map(|place| {
            let denial = left.youngest_denial_of(place.right.into())?;
            let quiet = u32::from(left.is_quiet(denial.layer));

            Some(place.denial(denial.layer) | quiet << place.quiet)
        });

        Self(denials.fold(0, |all, denial| all | denial))
    }

    /// Reads the word of a file blob.
    pub(crate) fn from_word(word: u32) -> Self {
        Self(word)
    }

    /// Returns the word for a file blob.
    pub(crate) fn into_word(self) -> u32 {
        self.0
    }

    /// Returns the layer that denied `right`, if any did, and whether a quiet rule covers the file
    /// there.
    pub(crate) fn denial(self, right: AccessFsRight) -> Option<(Denial<AccessFs>, bool)> {
        let place = PLACES.iter().find(|place| place.right == right)?;
        // Positions are less than 32, so nothing wraps; plain shifts would be checked for overflow.
        let is_set = |bit| self.0.wrapping_shr(bit) & 1 != 0;
        // CAST: four bits.
        let layer = LayerIndex::try_new((self.0.wrapping_shr(place.layer) & 0xf) as usize)?;
        let missing = right.into();

        is_set(place.denied).then(|| (Denial { layer, missing }, is_set(place.quiet)))
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_optional)]
mod tests {
    use super::super::{
        access::AccessMasks,
        grants::Grants,
        layer::{self, Layers, TooManyLayers},
    };
    use super::*;

    const OLDEST: LayerIndex = LayerIndex::new::<0>();
    const NEXT: LayerIndex = LayerIndex::new::<1>();
    const LAST: LayerIndex = LayerIndex::new::<15>();

    fn handling(fs: AccessFs) -> AccessMasks {
        AccessMasks {
            fs,
            ..AccessMasks::default()
        }
    }

    /// Two layers: the oldest handles truncation, both handle commands to devices.
    fn layers() -> Result<Layers, TooManyLayers> {
        let both = AccessFsRight::Truncate | AccessFsRight::IoctlDev;
        let layers = Layers::first(handling(both));

        layers.stack(handling(AccessFsRight::IoctlDev.into()))
    }

    fn denial(
        layer: LayerIndex,
        right: AccessFsRight,
        is_quiet: bool,
    ) -> Option<(Denial<AccessFs>, bool)> {
        let missing = right.into();

        Some((Denial { layer, missing }, is_quiet))
    }

    #[test]
    fn nothing_is_denied_by_a_zeroed_word() {
        let none = OptionalDenials::from_word(0);

        assert_eq!(none, OptionalDenials::default());
        assert_eq!(none.denial(AccessFsRight::Truncate), None);
        assert_eq!(none.denial(AccessFsRight::IoctlDev), None);
    }

    #[test]
    fn each_right_has_the_youngest_layer_that_denies_it() -> Result<(), TooManyLayers> {
        let left = Unfulfilled::new(&layers()?, AccessFs::ALL);
        let word = OptionalDenials::new(&left).into_word();
        let denials = OptionalDenials::from_word(word);

        let truncate = AccessFsRight::Truncate;
        let ioctl = AccessFsRight::IoctlDev;
        assert_eq!(denials.denial(truncate), denial(OLDEST, truncate, false));
        assert_eq!(denials.denial(ioctl), denial(NEXT, ioctl, false));
        assert_eq!(denials.denial(AccessFsRight::ReadFile), None);
        Ok(())
    }

    #[test]
    fn quiet_rule_counts_in_the_layer_that_denies() -> Result<(), TooManyLayers> {
        let mut left = Unfulfilled::new(&layers()?, AccessFs::ALL);
        let quiet = [layer::pack_marks(NEXT, layer::QUIET)];

        left.grant(Grants::from_words(&quiet));
        let denials = OptionalDenials::new(&left);

        let truncate = AccessFsRight::Truncate;
        let ioctl = AccessFsRight::IoctlDev;
        assert_eq!(denials.denial(truncate), denial(OLDEST, truncate, false));
        assert_eq!(denials.denial(ioctl), denial(NEXT, ioctl, true));
        Ok(())
    }

    /// As many layers as there are rights in `handled`: each layer handles one entry, oldest first.
    fn stack(handled: &[AccessFs]) -> Result<Layers, TooManyLayers> {
        let none = Layers::first(AccessMasks::default());
        let mut handled = handled.iter().map(|fs| handling(*fs));
        let oldest = handled.next().map_or(none, Layers::first);

        handled.try_fold(oldest, |layers, masks| layers.stack(masks))
    }

    /// Returns the word of a file of which `right` is denied by the layer at `index` alone.
    fn word_of(right: AccessFsRight, index: usize) -> Result<u32, TooManyLayers> {
        let mut handled = [AccessFs::empty(); layer::MAX_LAYERS];

        handled[index] = right.into();
        let left = Unfulfilled::new(&stack(&handled)?, right.into());
        Ok(OptionalDenials::new(&left).into_word())
    }

    #[test]
    fn each_right_has_bits_of_its_own_for_its_layer() {
        assert_eq!(word_of(AccessFsRight::Truncate, 0), Ok(0x001));
        assert_eq!(word_of(AccessFsRight::Truncate, 3), Ok(0x031));
        assert_eq!(word_of(AccessFsRight::IoctlDev, 0), Ok(0x002));
        assert_eq!(word_of(AccessFsRight::IoctlDev, 15), Ok(0xf02));
        assert_eq!(word_of(AccessFsRight::ReadFile, 15), Ok(0));
    }

    #[test]
    fn other_rights_and_older_denials_leave_no_trace() -> Result<(), TooManyLayers> {
        let truncate = AccessFsRight::Truncate.into();
        let ioctl = AccessFsRight::IoctlDev.into();
        let execute = AccessFs::from(AccessFsRight::Execute);
        let layers = stack(&[execute | ioctl, truncate, ioctl, execute])?;
        let word =
            |requested| OptionalDenials::new(&Unfulfilled::new(&layers, requested)).into_word();

        assert_eq!(word(truncate), 0x011);
        assert_eq!(word(ioctl), 0x202);
        assert_eq!(word(truncate | ioctl), 0x213);
        assert_eq!(word(execute), 0);
        Ok(())
    }

    #[test]
    fn word_tells_for_each_right_who_denied_it_and_whether_quietly() {
        let truncate = AccessFsRight::Truncate;
        let ioctl = AccessFsRight::IoctlDev;

        for (of_truncate, of_ioctl) in [(OLDEST, NEXT), (NEXT, OLDEST), (LAST, LAST)] {
            for quiet in 0..4 {
                // CAST: an index has four bits.
                let layers = (of_truncate.get() as u32) << 4 | (of_ioctl.get() as u32) << 8;
                let denials = OptionalDenials::from_word(0b11 | quiet << 2 | layers);

                assert_eq!(
                    denials.denial(truncate),
                    denial(of_truncate, truncate, quiet & 1 != 0)
                );
                assert_eq!(
                    denials.denial(ioctl),
                    denial(of_ioctl, ioctl, quiet & 2 != 0)
                );
            }
        }
    }
}
