// SPDX-License-Identifier: GPL-2.0-only

//! Arguments of `landlock_restrict_self(2)`.

use super::{super::mode::Mode, AttrError};

use kernel::impl_flags;

impl_flags!(
    /// Flags of `landlock_restrict_self(2)`.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub(crate) struct RestrictFlags(u32);

    /// One flag of `landlock_restrict_self(2)`: `LANDLOCK_RESTRICT_SELF_*`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum RestrictFlag {
        /// Do not log what the new domain denies to the program that enforced it.
        LogSameExecOff = 1 << 0,
        /// Log what the new domain denies to programs that this one executes.
        LogNewExecOn = 1 << 1,
        /// Do not log what domains that get nested into this one deny.
        LogSubdomainsOff = 1 << 2,
        /// Enforce on all threads of the process, or on none.
        Tsync = 1 << 3,
        /// Set `no_new_privs` if, and only if, the ruleset gets enforced.
        NoNewPrivs = 1 << 4,
        /// Deny nothing with the new layer, only log: `LANDLOCK_RS_RESTRICT_SELF_PERMISSIVE`.
        Permissive = 1 << 31,
    }
);

/// What a caller wants to enforce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Enforced {
    /// The ruleset behind a descriptor, which is not looked up yet.
    Ruleset(i32),
    /// Nothing: only what the flags say about later domains.
    FlagsOnly,
}

impl RestrictFlags {
    /// Returns the flag `last`, and all that are older.
    pub(crate) const fn up_to(last: RestrictFlag) -> Self {
        Self((last as u32).wrapping_shl(1).wrapping_sub(1))
    }

    /// Returns these flags, and those that are extensions.
    pub(crate) const fn extended(self) -> Self {
        Self(self.0 | RestrictFlag::Permissive as u32)
    }

    /// Checks the flags that user space passes.
    pub(crate) fn parse(flags: u32) -> Result<Self, AttrError> {
        if flags & !Self::all_bits() == 0 {
            Ok(Self(flags))
        } else {
            Err(AttrError::Invalid)
        }
    }

    /// Returns whether the new layer denies anything.
    pub(crate) fn mode(self) -> Mode {
        if self.contains(RestrictFlag::Permissive) {
            Mode::Permissive
        } else {
            Mode::Enforcing
        }
    }

    /// Returns what is enforced with these flags.
    ///
    /// Descriptor -1 stands for no ruleset if no flag is about a new domain. Otherwise it is like
    /// any other bad descriptor.
    pub(crate) fn enforced(self, ruleset_fd: i32) -> Enforced {
        let about_domains = self & !RestrictFlag::Tsync;

        if ruleset_fd == -1 && about_domains == RestrictFlag::LogSubdomainsOff.into() {
            Enforced::FlagsOnly
        } else {
            Enforced::Ruleset(ruleset_fd)
        }
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_attr_restrict)]
mod tests {
    use super::*;

    #[test]
    fn known_flags_are_the_lowest_bits_and_the_highest_ones() {
        let known = RestrictFlags::all_bits();
        let lowest = u32::from(RestrictFlags::up_to(RestrictFlag::NoNewPrivs));

        assert_eq!(known, lowest | 1 << 31);
        assert_eq!(RestrictFlags::parse(known).map(u32::from), Ok(known));
        assert_eq!(RestrictFlags::parse(lowest + 1), Err(AttrError::Invalid));
        assert_eq!(RestrictFlags::parse(1 << 30), Err(AttrError::Invalid));
    }

    #[test]
    fn no_ruleset_is_needed_to_mute_later_domains() {
        let lowest = u32::from(RestrictFlags::up_to(RestrictFlag::NoNewPrivs));
        let highest = u32::from(RestrictFlags::from(RestrictFlag::Permissive));
        let flags_without_ruleset = (0..=lowest)
            .chain((0..=lowest).map(|flags| flags | highest))
            .filter(|bits| RestrictFlags(*bits).enforced(-1) == Enforced::FlagsOnly);

        assert!(flags_without_ruleset.eq([4, 4 | 8]));
    }

    #[test]
    fn only_minus_one_stands_for_no_ruleset() {
        let flags = RestrictFlags::from(RestrictFlag::LogSubdomainsOff);

        assert_eq!(flags.enforced(-2), Enforced::Ruleset(-2));
        assert_eq!(flags.enforced(3), Enforced::Ruleset(3));
        assert_eq!(RestrictFlags::empty().enforced(-1), Enforced::Ruleset(-1));
    }
}
