// SPDX-License-Identifier: GPL-2.0-only

//! Access rights, as user space names them, and sets of them.
//!
//! Unknown bits end here: every value of these types holds known rights only.

use kernel::impl_flags;

impl_flags!(
    /// Set of access rights on files and directories.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub(crate) struct AccessFs(u32);

    /// One access right on a file or a directory: `LANDLOCK_ACCESS_FS_*`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum AccessFsRight {
        /// Execute a file.
        Execute = 1 << 0,
        /// Open a file for writing.
        WriteFile = 1 << 1,
        /// Open a file for reading.
        ReadFile = 1 << 2,
        /// Open a directory or list its content.
        ReadDir = 1 << 3,
        /// Remove an empty directory, or rename one.
        RemoveDir = 1 << 4,
        /// Unlink or rename a file.
        RemoveFile = 1 << 5,
        /// Create a character device.
        MakeChar = 1 << 6,
        /// Create a directory.
        MakeDir = 1 << 7,
        /// Create a regular file.
        MakeReg = 1 << 8,
        /// Create a UNIX domain socket.
        MakeSock = 1 << 9,
        /// Create a named pipe.
        MakeFifo = 1 << 10,
        /// Create a block device.
        MakeBlock = 1 << 11,
        /// Create a symbolic link.
        MakeSym = 1 << 12,
        /// Link or rename a file from or to another directory.
        Refer = 1 << 13,
        /// Make a file shorter, or longer, without writing to it.
        Truncate = 1 << 14,
        /// Send a command to a device: `ioctl(2)` on a device file.
        IoctlDev = 1 << 15,
        /// Connect or send to a UNIX socket that is found by its path, and is not in the domain.
        ResolveUnix = 1 << 16,
    }
);

impl_flags!(
    /// Set of access rights on network ports.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub(crate) struct AccessNet(u32);

    /// One access right on a network port: `LANDLOCK_ACCESS_NET_*`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum AccessNetRight {
        /// Bind a TCP socket to a local port.
        BindTcp = 1 << 0,
        /// Connect a TCP socket to a remote port.
        ConnectTcp = 1 << 1,
        /// Bind a UDP socket to a local port.
        BindUdp = 1 << 2,
        /// Set the remote port of a UDP socket, or send to one.
        ConnectSendUdp = 1 << 3,
    }
);

impl_flags!(
    /// Set of scopes.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub(crate) struct Scopes(u32);

    /// One way to act on other tasks, which a layer can restrict to tasks inside it:
    /// `LANDLOCK_SCOPE_*`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Scope {
        /// Connect or send to an abstract UNIX socket.
        AbstractUnixSocket = 1 << 0,
        /// Send a signal.
        Signal = 1 << 1,
    }
);

/// A set of rights on one kind of object, which has fewer than 32 bits.
pub(crate) trait Access: Copy + core::fmt::Debug + PartialEq + Into<u32> {
    /// Number of bits up to the highest right.
    const WIDTH: u32;

    /// Converts bits that a table stored. Unknown ones, which no table has, are dropped.
    fn from_stored(bits: u32) -> Self;
}

/// User space passed a bit that stands for no right of this ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnknownAccess;

/// Implements what all sets of rights have in common.
macro_rules! impl_access {
    ($set:ident of $right:ident) => {
        impl Access for $set {
            const WIDTH: u32 = u32::BITS.wrapping_sub(Self::all_bits().leading_zeros());

            fn from_stored(bits: u32) -> Self {
                Self(bits & Self::all_bits())
            }
        }

        // Not every kind of right needs all of this.
        #[allow(dead_code)]
        impl $set {
            /// Every known right.
            pub(crate) const ALL: Self = Self(Self::all_bits());

            /// Returns the right `last`, and all that are older.
            pub(crate) const fn up_to(last: $right) -> Self {
                Self((last as u32).wrapping_shl(1).wrapping_sub(1))
            }

            /// Converts the bits that user space passes in a structure.
            pub(crate) fn parse(bits: u64) -> Result<Self, UnknownAccess> {
                match u32::try_from(bits) {
                    Ok(bits) if bits & !Self::all_bits() == 0 => Ok(Self(bits)),
                    _ => Err(UnknownAccess),
                }
            }

            /// Returns whether the set has no right at all.
            pub(crate) fn is_empty(self) -> bool {
                self == Self::empty()
            }

            /// Returns whether every right of `self` is also in `superset`.
            pub(crate) fn is_subset(self, superset: Self) -> bool {
                (self & !superset).is_empty()
            }
        }
    };
}

/// Rights that rules can grant.
pub(crate) trait Granted: Access {
    /// Returns the rights that a rule grants implicitly: those that its layer, which handles
    /// `handled`, does not deny.
    fn granted_without_rule(handled: Self) -> Self;
}

impl Granted for AccessFs {
    fn granted_without_rule(handled: Self) -> Self {
        Self::ALL & !(handled | Self::INITIALLY_DENIED)
    }
}

impl Granted for AccessNet {
    fn granted_without_rule(handled: Self) -> Self {
        Self::ALL & !handled
    }
}

impl_access!(AccessFs of AccessFsRight);
impl_access!(AccessNet of AccessNetRight);
impl_access!(Scopes of Scope);

impl AccessFs {
    /// The rights that make sense on something other than a directory.
    pub(crate) const FILE: Self = Self(
        AccessFsRight::Execute as u32
            | AccessFsRight::WriteFile as u32
            | AccessFsRight::ReadFile as u32
            | AccessFsRight::Truncate as u32
            | AccessFsRight::IoctlDev as u32
            | AccessFsRight::ResolveUnix as u32,
    );

    /// The rights that a layer denies even if it does not handle them, as long as it handles any.
    const INITIALLY_DENIED: Self = Self(AccessFsRight::Refer as u32);
}

/// What one layer handles, for each kind of object.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct AccessMasks {
    /// Rights on file hierarchies.
    pub(crate) fs: AccessFs,
    /// Rights on network ports.
    pub(crate) net: AccessNet,
    /// Ways to act on other tasks.
    pub(crate) scope: Scopes,
}

impl AccessMasks {
    /// Returns whether nothing is handled.
    pub(crate) fn is_empty(self) -> bool {
        self.fs.is_empty() && self.net.is_empty() && self.scope.is_empty()
    }

    /// Returns whether everything in `self` is also in `superset`.
    pub(crate) fn is_subset(self, superset: Self) -> bool {
        self.fs.is_subset(superset.fs)
            && self.net.is_subset(superset.net)
            && self.scope.is_subset(superset.scope)
    }

    /// Returns what a layer that handles `self` denies.
    pub(crate) fn with_initially_denied(self) -> Self {
        let fs = if self.fs.is_empty() {
            self.fs
        } else {
            self.fs | AccessFs::INITIALLY_DENIED
        };

        Self { fs, ..self }
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_access)]
mod tests {
    use super::*;

    #[test]
    fn parse_takes_each_known_right() {
        for bit in 0..AccessFs::WIDTH {
            assert!(AccessFs::parse(1 << bit).is_ok());
        }
        assert_eq!(
            AccessFs::parse((1 << AccessFs::WIDTH) - 1),
            Ok(AccessFs::ALL)
        );
    }

    #[test]
    fn parse_refuses_the_rights_of_later_abis() {
        for bit in AccessFs::WIDTH..64 {
            assert_eq!(AccessFs::parse(1 << bit), Err(UnknownAccess));
        }
        assert_eq!(AccessFs::parse(u64::MAX), Err(UnknownAccess));
    }

    #[test]
    fn parse_takes_the_rights_on_ports() {
        for bit in 0..AccessNet::WIDTH {
            assert!(AccessNet::parse(1 << bit).is_ok());
        }
        assert_eq!(
            AccessNet::parse((1 << AccessNet::WIDTH) - 1),
            Ok(AccessNet::ALL)
        );
        assert_eq!(AccessNet::parse(1 << AccessNet::WIDTH), Err(UnknownAccess));
        assert_eq!(AccessNet::parse(1 << 32), Err(UnknownAccess));
    }

    #[test]
    fn parse_takes_the_scopes() {
        let both = Scope::AbstractUnixSocket | Scope::Signal;

        assert_eq!(Scopes::parse((1 << Scopes::WIDTH) - 1), Ok(both));
        assert_eq!(Scopes::parse(1 << Scopes::WIDTH), Err(UnknownAccess));
        assert_eq!(Scopes::parse(1 << 32), Err(UnknownAccess));
    }

    #[test]
    fn subset_needs_every_right() {
        let read = AccessFs::from(AccessFsRight::ReadFile);

        assert!(AccessFs::empty().is_subset(read));
        assert!(read.is_subset(AccessFs::FILE));
        assert!(!AccessFs::FILE.is_subset(read));
    }
}
