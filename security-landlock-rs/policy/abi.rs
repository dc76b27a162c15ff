// SPDX-License-Identifier: GPL-2.0-only

//! The versions of the ABI: what each of them knows.
//!
//! [`super::access`] and [`super::attr`] know what the latest version does. On top of that, this
//! refuses what came after the version that was chosen when Landlock was loaded, with the errors of
//! C Landlock of that version: client programs can test all versions with one kernel.
//!
//! A right that a version does not know cannot be handled, so nothing denies it: hooks do not look
//! at the version.
//!
//! Extensions are known or refused in the same way, whatever the version is.

use super::{
    access::{
        AccessFs,
        AccessFsRight::{self, IoctlDev, MakeSym, Truncate},
        AccessMasks, AccessNet,
        AccessNetRight::ConnectTcp,
        Scopes,
    },
    attr::{
        AttrError, Query,
        RestrictFlag::{self, LogSubdomainsOff, Tsync},
        RestrictFlags, RuleType, RulesetAttr,
    },
    grants::RuleFlags,
};

/// What user space may name in one version of the ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Abi {
    /// The version, from 1.
    version: u32,
    /// Rights on file hierarchies.
    fs: AccessFs,
    /// Rights on network ports.
    net: AccessNet,
    /// Scopes.
    scope: Scopes,
    /// Number of 64-bit members of `struct landlock_ruleset_attr`.
    members: usize,
    /// Flags of `landlock_restrict_self(2)`.
    restrict: RestrictFlags,
    /// Flags of `landlock_add_rule(2)`.
    rule: RuleFlags,
    /// Whether there are extensions.
    is_extended: bool,
}

/// Linux 5.13.
const V1: Abi = Abi {
    version: 1,
    fs: AccessFs::up_to(MakeSym),
    net: AccessNet::empty(),
    scope: Scopes::empty(),
    members: RulesetAttr::MIN_MEMBERS,
    restrict: RestrictFlags::empty(),
    rule: RuleFlags::NONE,
    is_extended: false,
};

/// Linux 5.19.
const V2: Abi = Abi {
    version: 2,
    fs: AccessFs::up_to(AccessFsRight::Refer),
    ..V1
};

/// Linux 6.2.
const V3: Abi = Abi {
    version: 3,
    fs: AccessFs::up_to(Truncate),
    ..V2
};

/// Linux 6.7.
const V4: Abi = Abi {
    version: 4,
    net: AccessNet::up_to(ConnectTcp),
    members: 2,
    ..V3
};

/// Linux 6.10.
const V5: Abi = Abi {
    version: 5,
    fs: AccessFs::up_to(IoctlDev),
    ..V4
};

/// Linux 6.12.
const V6: Abi = Abi {
    version: 6,
    scope: Scopes::ALL,
    members: 3,
    ..V5
};

/// Linux 6.15, also the first with [`Query::Errata`].
const V7: Abi = Abi {
    version: 7,
    restrict: RestrictFlags::up_to(LogSubdomainsOff),
    ..V6
};

/// Linux 7.0.
const V8: Abi = Abi {
    version: 8,
    restrict: RestrictFlags::up_to(Tsync),
    ..V7
};

/// Linux 7.1.
const V9: Abi = Abi {
    version: 9,
    fs: AccessFs::ALL,
    ..V8
};

/// Linux 7.2.
const V10: Abi = Abi {
    version: 10,
    net: AccessNet::ALL,
    members: RulesetAttr::MEMBERS,
    rule: RuleFlags::QUIET,
    ..V9
};

/// Linux 7.3.
const V11: Abi = Abi {
    version: 11,
    restrict: RestrictFlags::up_to(RestrictFlag::NoNewPrivs),
    ..V10
};

/// All versions, in their order, then the same with extensions.
static VERSIONS: [Abi; 22] = [
    V1,
    V2,
    V3,
    V4,
    V5,
    V6,
    V7,
    V8,
    V9,
    V10,
    V11,
    V1.extended(),
    V2.extended(),
    V3.extended(),
    V4.extended(),
    V5.extended(),
    V6.extended(),
    V7.extended(),
    V8.extended(),
    V9.extended(),
    V10.extended(),
    V11.extended(),
];

/// The set of all extensions, in which each has a bit: `LANDLOCK_RS_EXTENSION_*`.
pub(crate) const EXTENSIONS: i32 = PERMISSIVE | NO_INHERIT;

/// [`RestrictFlag::Permissive`].
const PERMISSIVE: i32 = 1 << 0;

/// [`RuleFlags::NO_INHERIT`].
const NO_INHERIT: i32 = 1 << 1;

/// What is offered beyond the versions of C Landlock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extensions {
    /// Nothing.
    Off,
    /// All extensions.
    On,
}

impl Abi {
    /// The number of the latest version.
    pub(crate) const MAX: u32 = V11.version;

    /// Returns the same version with all extensions.
    const fn extended(self) -> Self {
        Self {
            restrict: self.restrict.extended(),
            rule: self.rule.with(RuleFlags::NO_INHERIT),
            is_extended: true,
            ..self
        }
    }

    /// Returns the version with this number, which is one from 1 to [`Self::MAX`].
    pub(crate) fn of(version: u32, extensions: Extensions) -> &'static Self {
        let before = match extensions {
            Extensions::Off => 0,
            Extensions::On => Self::MAX,
        };
        let index = version.wrapping_sub(1).min(Self::MAX.wrapping_sub(1));
        let [.., latest] = &VERSIONS;

        // CAST: `usize` has at least as many bits.
        VERSIONS
            .get(index.wrapping_add(before) as usize)
            .unwrap_or(latest)
    }

    /// Returns the number of the version.
    pub(crate) fn version(&self) -> u32 {
        self.version
    }

    /// Returns the number of members that user space may set.
    pub(crate) fn members(&self) -> usize {
        self.members
    }

    /// Returns whether files may ever be moved to another directory. If not, trying to is always
    /// answered in the same way, whatever else is missing.
    pub(crate) fn can_refer(&self) -> bool {
        self.fs.contains(AccessFsRight::Refer)
    }

    /// Returns whether a caller that must not restrict itself is told so before anything else.
    ///
    /// Since there is a flag that lets it do so, flags are checked first.
    pub(crate) fn checks_privilege_first(&self) -> bool {
        !self.restrict.contains(RestrictFlag::NoNewPrivs)
    }

    /// Refuses a query that the version does not know.
    pub(crate) fn check_query(&self, query: Query) -> Result<Query, AttrError> {
        known(
            query,
            match query {
                Query::Create | Query::AbiVersion => true,
                Query::Errata => self.version >= 7,
                Query::Extensions => self.is_extended,
            },
        )
    }

    /// Refuses a ruleset that handles what the version does not know. What is quiet is handled.
    pub(crate) fn check_ruleset(&self, attr: RulesetAttr) -> Result<RulesetAttr, AttrError> {
        let can_be_handled = AccessMasks {
            fs: self.fs,
            net: self.net,
            scope: self.scope,
        };

        known(attr, attr.handled.is_subset(can_be_handled))
    }

    /// Refuses a kind of rule that the version does not know.
    pub(crate) fn check_rule_type(&self, rule_type: RuleType) -> Result<RuleType, AttrError> {
        known(
            rule_type,
            rule_type != RuleType::NetPort || !self.net.is_empty(),
        )
    }

    /// Refuses flags of a rule that the version does not know.
    pub(crate) fn check_rule_flags(&self, flags: RuleFlags) -> Result<RuleFlags, AttrError> {
        known(flags, flags == RuleFlags::NONE || self.rule.contains(flags))
    }

    /// Refuses flags that the version does not know.
    pub(crate) fn check_restrict(&self, flags: RestrictFlags) -> Result<RestrictFlags, AttrError> {
        known(flags, self.restrict.contains_all(flags))
    }
}

/// Returns `argument` if it is known.
fn known<T>(argument: T, is_known: bool) -> Result<T, AttrError> {
    is_known.then_some(argument).ok_or(AttrError::Invalid)
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_abi)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_counted_from_one() {
        for version in 1..=Abi::MAX {
            for extensions in [Extensions::Off, Extensions::On] {
                assert_eq!(Abi::of(version, extensions).version(), version);
            }
        }
        assert_eq!(Abi::of(Abi::MAX, Extensions::Off).fs, AccessFs::ALL);
    }

    #[test]
    fn each_version_knows_what_the_one_before_it_does() {
        let steps = VERSIONS.iter().zip(VERSIONS.iter().skip(1));

        for (before, after) in steps.filter(|(_, after)| after.version > 1) {
            assert!(before.fs.is_subset(after.fs));
            assert!(before.net.is_subset(after.net));
            assert!(before.scope.is_subset(after.scope));
            assert!(before.members <= after.members);
            assert!(after.restrict.contains_all(before.restrict));
        }
    }

    #[test]
    fn latest_version_refuses_nothing() {
        let latest = Abi::of(Abi::MAX, Extensions::On);
        let all = RestrictFlags::up_to(RestrictFlag::NoNewPrivs).extended();

        assert_eq!(u32::from(all), RestrictFlags::all_bits());
        assert!(latest.check_restrict(all).is_ok());
        assert!(latest.check_query(Query::Errata).is_ok());
        assert!(latest.check_query(Query::Extensions).is_ok());
        assert!(latest.check_rule_type(RuleType::NetPort).is_ok());
        assert!(latest.check_rule_flags(RuleFlags::QUIET).is_ok());
        assert_eq!(latest.members(), RulesetAttr::MEMBERS);
    }

    #[test]
    fn first_version_knows_files_only() {
        let first = Abi::of(1, Extensions::Off);
        let parse = |fs, net| RulesetAttr::parse([fs, net, 0, 0, 0, 0]);
        let check = |fs, net| parse(fs, net).and_then(|attr| first.check_ruleset(attr));

        assert!(check(1 << 12, 0).is_ok());
        assert_eq!(check(1 << 13, 0), Err(AttrError::Invalid));
        assert_eq!(check(1, 1), Err(AttrError::Invalid));
        assert_eq!(first.check_query(Query::Errata), Err(AttrError::Invalid));
        assert!(first.check_query(Query::AbiVersion).is_ok());
        assert!(first.check_rule_type(RuleType::PathBeneath).is_ok());
        assert!(first.check_rule_flags(RuleFlags::NONE).is_ok());
        assert!(!first.can_refer());
    }
}
