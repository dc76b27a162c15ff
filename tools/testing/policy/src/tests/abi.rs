// SPDX-License-Identifier: GPL-2.0-only

//! The versions of the ABI, against "Previous limitations" in the kernel's documentation of the
//! user-space API, and against the sources of the kernels that it names.

use super::support::*;
use crate::policy::{
    abi::{Abi, Extensions, EXTENSIONS},
    attr::{AttrError, Query, RestrictFlags, RuleType, RulesetAttr},
    grants::RuleFlags,
};

/// What a version knows, as numbers of bits: the lowest ones are known.
struct Known {
    fs: u32,
    net: u32,
    scope: u32,
    /// Size of `struct landlock_ruleset_attr` in bytes.
    size: usize,
    /// Flags of `landlock_restrict_self()`.
    restrict: u32,
}

/// Builds a row of the table.
const fn known(fs: u32, net: u32, scope: u32, size: usize, restrict: u32) -> Known {
    Known {
        fs,
        net,
        scope,
        size,
        restrict,
    }
}

/// The flag of `landlock_restrict_self()` that is an extension.
const PERMISSIVE: u32 = 1 << 31;

/// What each version knows, from the first one on.
const TABLE: [Known; 11] = [
    known(13, 0, 0, 8, 0),
    known(14, 0, 0, 8, 0),
    known(15, 0, 0, 8, 0),
    known(15, 2, 0, 16, 0),
    known(16, 2, 0, 16, 0),
    known(16, 2, 2, 24, 0),
    known(16, 2, 2, 24, 3),
    known(16, 2, 2, 24, 4),
    known(17, 2, 2, 24, 4),
    known(17, 4, 2, 48, 4),
    known(17, 4, 2, 48, 5),
];

/// Returns each version: its number, what the policy says of it, and what it knows.
fn versions() -> impl Iterator<Item = (u32, &'static Abi, &'static Known)> {
    (1..)
        .zip(&TABLE)
        .map(|(number, known)| (number, Abi::of(number, Extensions::Off), known))
}

/// Returns each version with extensions, next to the same one without.
fn extended() -> impl Iterator<Item = (&'static Abi, &'static Abi)> {
    (1..=11).map(|number| {
        let [plain, extended] =
            [Extensions::Off, Extensions::On].map(|extensions| Abi::of(number, extensions));

        (plain, extended)
    })
}

/// Returns whether `result` is a success; the only other one is `EINVAL`.
fn is_taken<T: std::fmt::Debug>(result: Result<T, AttrError>) -> bool {
    result
        .map_err(|error| assert_eq!(error, AttrError::Invalid))
        .is_ok()
}

#[test]
fn there_are_eleven_versions() {
    assert_eq!(Abi::MAX, 11);
    for (number, abi, _) in versions() {
        assert_eq!(abi.version(), number);
    }
}

#[test]
fn numbers_that_no_version_has_stand_for_the_latest() {
    for number in [0, 12, 13, 256 + 1, u32::MAX] {
        for extensions in [Extensions::Off, Extensions::On] {
            let latest = Abi::of(11, extensions);

            assert_eq!(Abi::of(number, extensions), latest, "{number}");
        }
    }
}

#[test]
fn latest_version_knows_everything() {
    let latest = &TABLE[10];

    assert_eq!(latest.fs as usize, FS_COUNT);
    assert_eq!(latest.net as usize, NET_COUNT);
    assert_eq!(latest.scope as usize, SCOPE_COUNT);
    assert_eq!(
        (1 << latest.restrict) - 1 | PERMISSIVE,
        RestrictFlags::all_bits()
    );
    assert_eq!(latest.size, RulesetAttr::MEMBERS * size_of::<u64>());
}

#[test]
fn structure_grows_with_its_members() {
    for (number, abi, known) in versions() {
        assert_eq!(abi.members() * size_of::<u64>(), known.size, "{number}");
    }
}

#[test]
fn each_right_is_known_or_refused() {
    for (number, abi, known) in versions() {
        for (member, count) in [known.fs, known.net, known.scope].into_iter().enumerate() {
            for bit in 0..64 {
                for others in [0, 1] {
                    let mut members = [others, 0, 0, 0, 0, 0];
                    members[member] |= 1 << bit;
                    let attr = RulesetAttr::parse(members);
                    let checked = attr.and_then(|attr| abi.check_ruleset(attr));

                    assert_eq!(checked.is_ok(), bit < count, "{number}: {member} {bit}");
                    assert!(checked.is_err() || checked == attr);
                    is_taken(checked);
                }
            }
        }
    }
}

#[test]
fn each_flag_is_known_or_refused() {
    for (number, abi, known) in versions() {
        for flags in (0..64).chain((0..64).map(|flags| flags | PERMISSIVE)) {
            let parsed = RestrictFlags::parse(flags);
            let checked = parsed.and_then(|flags| abi.check_restrict(flags));

            assert_eq!(
                is_taken(checked),
                flags >> known.restrict == 0,
                "{number}: {flags:#x}"
            );
            assert!(checked.is_err() || checked == parsed);
        }
    }
}

#[test]
fn errata_can_be_queried_since_version_seven() {
    for (number, abi, _) in versions() {
        for query in [Query::Create, Query::AbiVersion] {
            assert_eq!(abi.check_query(query), Ok(query));
        }
        assert_eq!(is_taken(abi.check_query(Query::Errata)), number >= 7);
    }
}

#[test]
fn extensions_can_be_queried_if_there_are_any() {
    for (plain, extended) in extended() {
        assert!(!is_taken(plain.check_query(Query::Extensions)));
        assert!(is_taken(extended.check_query(Query::Extensions)));
    }
}

#[test]
fn extensions_add_flags_to_each_version() {
    for (plain, extended) in extended() {
        let permissive = RestrictFlags::parse(PERMISSIVE).unwrap();

        assert_eq!(extended.check_restrict(permissive), Ok(permissive));
        for flags in [RuleFlags::NO_INHERIT, RuleFlags::QUIET] {
            let with = flags.with(RuleFlags::NO_INHERIT);

            assert_eq!(
                extended.check_rule_flags(with).is_ok(),
                extended.check_rule_flags(flags).is_ok()
            );
            assert!(!is_taken(plain.check_rule_flags(with)));
        }
        assert!(is_taken(extended.check_rule_flags(RuleFlags::NO_INHERIT)));
    }
    assert_eq!(EXTENSIONS, 3);
}

#[test]
fn extensions_change_nothing_that_c_landlock_knows() {
    for (plain, extended) in extended() {
        assert_eq!(plain.version(), extended.version());
        assert_eq!(plain.members(), extended.members());
        assert_eq!(plain.can_refer(), extended.can_refer());
        for query in [Query::Create, Query::AbiVersion, Query::Errata] {
            assert_eq!(plain.check_query(query), extended.check_query(query));
        }
        for flags in (0..=31).filter_map(|flags| RestrictFlags::parse(flags).ok()) {
            assert_eq!(plain.check_restrict(flags), extended.check_restrict(flags));
        }
        for flags in [RuleFlags::NONE, RuleFlags::QUIET] {
            assert_eq!(
                plain.check_rule_flags(flags),
                extended.check_rule_flags(flags)
            );
        }
    }
}

#[test]
fn ports_have_rules_as_soon_as_they_have_rights() {
    for (_, abi, known) in versions() {
        let path = RuleType::PathBeneath;

        assert_eq!(abi.check_rule_type(path), Ok(path));
        assert_eq!(
            is_taken(abi.check_rule_type(RuleType::NetPort)),
            known.net > 0
        );
    }
}

#[test]
fn rules_can_be_quiet_as_soon_as_rulesets_can() {
    for (_, abi, known) in versions() {
        assert_eq!(abi.check_rule_flags(RuleFlags::NONE), Ok(RuleFlags::NONE));
        assert_eq!(
            is_taken(abi.check_rule_flags(RuleFlags::QUIET)),
            known.size == 48
        );
    }
}

#[test]
fn files_change_their_directory_since_version_two() {
    for (number, abi, _) in versions() {
        assert_eq!(abi.can_refer(), number >= 2);
    }
}

#[test]
fn privilege_goes_before_flags_until_one_of_them_replaces_it() {
    for (number, abi, _) in versions() {
        assert_eq!(abi.checks_privilege_first(), number < 11);
    }
}
