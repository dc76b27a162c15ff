// SPDX-License-Identifier: GPL-2.0-only

//! Arguments of the system calls, checked.
//!
//! The order of the checks is that of C Landlock: it determines which error a program gets that
//! makes two mistakes.

mod restrict;

pub(crate) use self::restrict::{Enforced, RestrictFlag, RestrictFlags};
use super::{
    access::{Access, AccessFs, AccessMasks, AccessNet, Scopes, UnknownAccess},
    address::Port,
    grants::RuleFlags,
};

/// Why an argument is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AttrError {
    /// Unknown flag, unknown right, or a right that the ruleset does not handle (`EINVAL`).
    Invalid,
    /// The request is valid but useless: it names no right (`ENOMSG`).
    Useless,
}

impl From<UnknownAccess> for AttrError {
    fn from(UnknownAccess: UnknownAccess) -> Self {
        Self::Invalid
    }
}

/// What `landlock_create_ruleset(2)` is called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Query {
    /// Create a ruleset.
    Create,
    /// Get the ABI version: `LANDLOCK_CREATE_RULESET_VERSION`.
    AbiVersion,
    /// Get the errata that are fixed: `LANDLOCK_CREATE_RULESET_ERRATA`.
    Errata,
    /// Get the set of extensions: `LANDLOCK_RS_CREATE_RULESET_EXTENSIONS`.
    Extensions,
}

impl Query {
    /// Parses `flags`. Queries take no attributes: neither `has_attr` nor a `size`.
    pub(crate) const fn parse(flags: u32, has_attr: bool, size: usize) -> Result<Self, AttrError> {
        match flags {
            0 => Ok(Self::Create),
            _ if has_attr || size != 0 => Err(AttrError::Invalid),
            1 => Ok(Self::AbiVersion),
            2 => Ok(Self::Errata),
            0x8000_0000 => Ok(Self::Extensions),
            _ => Err(AttrError::Invalid),
        }
    }
}

/// Checked form of `struct landlock_ruleset_attr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RulesetAttr {
    /// What the ruleset handles; never empty.
    pub(crate) handled: AccessMasks,
    /// What of it is not logged if a quiet rule matches.
    pub(crate) quiet: AccessMasks,
}

impl RulesetAttr {
    /// Minimum number of 64-bit members that user space must pass: `handled_access_fs`.
    pub(crate) const MIN_MEMBERS: usize = 1;
    /// Number of 64-bit members that this ABI knows.
    pub(crate) const MEMBERS: usize = 6;

    /// Checks the members of the structure, in their order.
    pub(crate) fn parse(members: [u64; Self::MEMBERS]) -> Result<Self, AttrError> {
        let [handled_access_fs, handled_access_net, scoped, quiet_fs, quiet_net, quiet_scoped] =
            members;
        let handled = AccessMasks {
            fs: AccessFs::parse(handled_access_fs)?,
            net: AccessNet::parse(handled_access_net)?,
            scope: Scopes::parse(scoped)?,
        };
        let quiet = AccessMasks {
            fs: AccessFs::parse(quiet_fs)?,
            net: AccessNet::parse(quiet_net)?,
            scope: Scopes::parse(quiet_scoped)?,
        };

        if !quiet.is_subset(handled) {
            return Err(AttrError::Invalid);
        }
        if handled.is_empty() {
            return Err(AttrError::Useless);
        }
        Ok(Self { handled, quiet })
    }
}

/// Checks the rights that a rule grants, for a ruleset that handles `handled`.
///
/// An unknown right is one that the ruleset does not handle.
fn parse_allowed<A: Access>(bytes: [u8; 8], handled: A, flags: RuleFlags) -> Result<A, AttrError> {
    let handled: u32 = handled.into();

    match u32::try_from(u64::from_ne_bytes(bytes)) {
        Ok(0) if flags == RuleFlags::NONE => Err(AttrError::Useless),
        Ok(bits) if bits & !handled == 0 => Ok(A::from_stored(bits)),
        _ => Err(AttrError::Invalid),
    }
}

/// Checked form of `struct landlock_path_beneath_attr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PathBeneathAttr {
    /// Rights that the rule grants, all handled by the ruleset. Only a rule with a flag may have none.
    pub(crate) allowed: AccessFs,
    /// Descriptor of the file hierarchy, as user space passed it: not looked up yet.
    pub(crate) parent_fd: i32,
}

impl PathBeneathAttr {
    /// Size in bytes of the packed structure: a mask of 64 bits and a descriptor of 32.
    pub(crate) const SIZE: usize = 12;

    /// Checks the bytes of the structure for a ruleset that handles `handled`.
    pub(crate) fn parse(
        bytes: [u8; Self::SIZE],
        handled: AccessFs,
        flags: RuleFlags,
    ) -> Result<Self, AttrError> {
        let [a0, a1, a2, a3, a4, a5, a6, a7, fd @ ..] = bytes;

        Ok(Self {
            allowed: parse_allowed([a0, a1, a2, a3, a4, a5, a6, a7], handled, flags)?,
            parent_fd: i32::from_ne_bytes(fd),
        })
    }
}

/// Checked form of `struct landlock_net_port_attr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NetPortAttr {
    /// Rights that the rule grants, all handled by the ruleset. Only a quiet rule may have none.
    pub(crate) allowed: AccessNet,
    /// The port.
    pub(crate) port: Port,
}

impl NetPortAttr {
    /// Size in bytes of the structure: a mask and a port, of 64 bits each.
    pub(crate) const SIZE: usize = 16;

    /// Checks the bytes of the structure for a ruleset that handles `handled`.
    pub(crate) fn parse(
        bytes: [u8; Self::SIZE],
        handled: AccessNet,
        flags: RuleFlags,
    ) -> Result<Self, AttrError> {
        let [a0, a1, a2, a3, a4, a5, a6, a7, port @ ..] = bytes;
        let allowed = parse_allowed([a0, a1, a2, a3, a4, a5, a6, a7], handled, flags)?;
        let port = u16::try_from(u64::from_ne_bytes(port)).map_err(|_| AttrError::Invalid)?;
        Ok(Self {
            allowed,
            port: Port::new(port),
        })
    }
}

/// Kind of a rule, the second argument of `landlock_add_rule(2)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuleType {
    /// Rights on a file hierarchy: `LANDLOCK_RULE_PATH_BENEATH`.
    PathBeneath,
    /// Rights on a network port: `LANDLOCK_RULE_NET_PORT`.
    NetPort,
}

impl RuleType {
    /// Reads the argument.
    pub(crate) const fn parse(rule_type: u32) -> Result<Self, AttrError> {
        match rule_type {
            1 => Ok(Self::PathBeneath),
            2 => Ok(Self::NetPort),
            _ => Err(AttrError::Invalid),
        }
    }
}

impl RuleFlags {
    /// Checks the flags of `landlock_add_rule(2)`.
    pub(crate) const fn parse(flags: u32) -> Result<Self, AttrError> {
        match Self::known(flags) {
            Some(flags) => Ok(flags),
            None => Err(AttrError::Invalid),
        }
    }

    /// Refuses a quiet rule if the ruleset has no right that quiet rules apply to.
    pub(crate) fn check_useful(self, is_ever_quiet: bool) -> Result<(), AttrError> {
        if self.contains(Self::QUIET) && !is_ever_quiet {
            return Err(AttrError::Invalid);
        }
        Ok(())
    }

    /// Refuses what makes no sense on a port: there is nothing further up.
    pub(crate) fn check_on_port(self) -> Result<(), AttrError> {
        if self.contains(Self::NO_INHERIT) {
            return Err(AttrError::Invalid);
        }
        Ok(())
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_attr)]
mod tests {
    use super::*;

    const READ: AccessFs = AccessFs::FILE;

    fn bytes(allowed: u64, fd: i32) -> [u8; PathBeneathAttr::SIZE] {
        let mut bytes = [0; PathBeneathAttr::SIZE];
        bytes[..8].copy_from_slice(&allowed.to_ne_bytes());
        bytes[8..].copy_from_slice(&fd.to_ne_bytes());
        bytes
    }

    #[test]
    fn question_comes_without_attributes() {
        assert_eq!(Query::parse(1, false, 0), Ok(Query::AbiVersion));
        assert_eq!(Query::parse(1, true, 0), Err(AttrError::Invalid));
        assert_eq!(Query::parse(2, false, 8), Err(AttrError::Invalid));
        assert_eq!(Query::parse(3, false, 0), Err(AttrError::Invalid));
    }

    #[test]
    fn ruleset_handles_something() {
        let parse = |fs, net| RulesetAttr::parse([fs, net, 0, 0, 0, 0]);

        assert_eq!(parse(0, 0), Err(AttrError::Useless));
        assert_eq!(parse(1 << 63, 0), Err(AttrError::Invalid));
        assert_eq!(parse(1, 1 << 63), Err(AttrError::Invalid));
        assert!(parse(1, 0).is_ok());
        assert!(parse(0, 1).is_ok());
    }

    #[test]
    fn only_what_is_handled_can_be_quiet() {
        let parse =
            |fs, net, quiet_fs, quiet_net| RulesetAttr::parse([fs, net, 0, quiet_fs, quiet_net, 0]);

        assert!(parse(3, 1, 2, 1).is_ok());
        assert_eq!(parse(2, 1, 1, 0), Err(AttrError::Invalid));
        assert_eq!(parse(1, 2, 0, 1), Err(AttrError::Invalid));
        assert_eq!(parse(1, 0, 1 << 63, 0), Err(AttrError::Invalid));
        // Which mistake is reported first.
        assert_eq!(parse(0, 0, 1, 0), Err(AttrError::Invalid));
    }

    #[test]
    fn quiet_rule_needs_no_right_but_a_quiet_ruleset() {
        let quiet = RuleFlags::parse(1);

        assert_eq!(quiet, Ok(RuleFlags::QUIET));
        assert_eq!(RuleFlags::parse(2), Err(AttrError::Invalid));
        assert!(PathBeneathAttr::parse(bytes(0, 4), READ, RuleFlags::QUIET).is_ok());
        assert!(NetPortAttr::parse(port_bytes(0, 4), AccessNet::ALL, RuleFlags::QUIET).is_ok());
        assert_eq!(
            RuleFlags::QUIET.check_useful(false),
            Err(AttrError::Invalid)
        );
        assert!(RuleFlags::QUIET.check_useful(true).is_ok());
        assert!(RuleFlags::NONE.check_useful(false).is_ok());
    }

    #[test]
    fn rule_that_lets_nothing_be_inherited_needs_no_right_but_a_path() {
        let flags = RuleFlags::NO_INHERIT;

        assert_eq!(RuleFlags::parse(1 << 31), Ok(flags));
        assert!(PathBeneathAttr::parse(bytes(0, 4), READ, flags).is_ok());
        assert!(flags.check_useful(false).is_ok());
        assert_eq!(flags.check_on_port(), Err(AttrError::Invalid));
        assert!(RuleFlags::QUIET.check_on_port().is_ok());
    }

    #[test]
    fn rule_grants_what_the_ruleset_handles() {
        assert_eq!(
            PathBeneathAttr::parse(bytes(1 << 3, 4), READ, RuleFlags::NONE),
            Err(AttrError::Invalid)
        );
        assert_eq!(
            PathBeneathAttr::parse(bytes(u64::from(u32::from(READ)), -1), READ, RuleFlags::NONE),
            Ok(PathBeneathAttr {
                allowed: READ,
                parent_fd: -1
            })
        );
    }

    #[test]
    fn rule_without_right_is_useless_before_anything_else() {
        assert_eq!(
            PathBeneathAttr::parse(bytes(0, -1), READ, RuleFlags::NONE),
            Err(AttrError::Useless)
        );
    }

    fn port_bytes(allowed: u64, port: u64) -> [u8; NetPortAttr::SIZE] {
        let mut bytes = [0; NetPortAttr::SIZE];
        bytes[..8].copy_from_slice(&allowed.to_ne_bytes());
        bytes[8..].copy_from_slice(&port.to_ne_bytes());
        bytes
    }

    #[test]
    fn port_has_sixteen_bits() {
        let parse = |allowed, port| {
            NetPortAttr::parse(port_bytes(allowed, port), AccessNet::ALL, RuleFlags::NONE)
        };

        assert_eq!(parse(1, 65535).map(|attr| attr.port), Ok(Port::new(65535)));
        assert_eq!(parse(1, 65536), Err(AttrError::Invalid));
        assert_eq!(parse(1, 1 << 32), Err(AttrError::Invalid));
        assert_eq!(parse(0, 65536), Err(AttrError::Useless));
    }

    #[test]
    fn rule_for_a_port_grants_what_the_ruleset_handles() {
        let bytes = port_bytes(1, 0);

        assert_eq!(
            NetPortAttr::parse(bytes, AccessNet::empty(), RuleFlags::NONE),
            Err(AttrError::Invalid)
        );
        assert!(NetPortAttr::parse(bytes, AccessNet::ALL, RuleFlags::NONE).is_ok());
    }
}
