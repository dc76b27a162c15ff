// SPDX-License-Identifier: GPL-2.0-only

//! Identifiers of domains and rulesets in the logs.
//!
//! They are unique within a boot, increase in small random steps, and are never 0, which stands
//! for no domain.

/// Returns the first identifier of a boot.
///
/// It does not fit in 32 bits, so that a program that truncates identifiers fails early, and it
/// differs from boot to boot, so that the logs of several boots can be told apart.
pub(crate) fn first(random: u32) -> u64 {
    (1u64 << 32).wrapping_add(random.into())
}

/// Returns how far the next identifier is from this one: 1 to 16.
///
/// Identifiers do not reveal exactly how many domains others have created in between.
pub(crate) fn step(random: u8) -> u64 {
    u64::from(random & 0xf).wrapping_add(1)
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_id)]
mod tests {
    use super::*;

    #[test]
    fn first_identifier_has_more_than_32_bits() {
        assert_eq!(first(0), 0x1_0000_0000);
        assert_eq!(first(u32::MAX), 0x1_ffff_ffff);
    }

    #[test]
    fn identifiers_increase() {
        assert_eq!(step(0), 1);
        assert_eq!(step(1), 2);
        assert_eq!(step(15), 16);
    }

    #[test]
    fn only_four_random_bits_count() {
        assert_eq!(step(16), 1);
        assert_eq!(step(0xff), 16);
    }
}
