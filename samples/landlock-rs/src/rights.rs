// SPDX-License-Identifier: GPL-2.0-only

//! Rights on files and ports, and scopes, by name.

use std::fmt;
use std::ops::{BitAnd, BitOr, BitOrAssign, Not};
use std::str::FromStr;

use anyhow::{anyhow, Error, Result};
use landlock_uapi::{fs, net, scope};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A set of rights and scopes, as the kernel numbers them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Rights {
    /// Rights on files.
    pub fs: u64,
    /// Rights on ports.
    pub net: u64,
    /// Scopes.
    pub scope: u64,
}

/// Groups of rights: their names stand for all of them.
const GROUPS: [(&str, Rights); 7] = [
    ("ro", Rights::of_fs(READ)),
    ("exec", Rights::of_fs(READ | fs::EXECUTE)),
    ("rw", Rights::of_fs(fs::ALL & !fs::EXECUTE)),
    ("fs", Rights::of_fs(fs::ALL)),
    ("net", Rights::of_net(net::ALL)),
    ("scope", Rights::of_scope(scope::ALL)),
    ("all", Rights::ALL),
];

/// What reading takes.
const READ: u64 = fs::READ_FILE | fs::READ_DIR;

impl Rights {
    /// No right at all.
    pub const NONE: Self = Self {
        fs: 0,
        net: 0,
        scope: 0,
    };

    /// Every right and every scope.
    pub const ALL: Self = Self {
        fs: fs::ALL,
        net: net::ALL,
        scope: scope::ALL,
    };

    /// To read files, and list directories.
    pub const RO: Self = Self::of_fs(READ);

    /// To read and to run files.
    pub const EXEC: Self = Self::of_fs(READ | fs::EXECUTE);

    /// To do everything with files but run them.
    pub const RW: Self = Self::of_fs(fs::ALL & !fs::EXECUTE);

    /// Makes a set of rights on files.
    pub const fn of_fs(fs: u64) -> Self {
        Self { fs, ..Self::NONE }
    }

    /// Makes a set of rights on ports.
    pub const fn of_net(net: u64) -> Self {
        Self { net, ..Self::NONE }
    }

    /// Makes a set of scopes.
    pub const fn of_scope(scope: u64) -> Self {
        Self {
            scope,
            ..Self::NONE
        }
    }

    /// Returns whether nothing is in the set.
    pub fn is_empty(&self) -> bool {
        *self == Self::NONE
    }

    /// Returns whether all of `other` is in this set.
    pub fn contains(self, other: Self) -> bool {
        self & other == other
    }

    /// Returns the names of what is in the set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let kinds = [
            (self.fs, fs::NAMES),
            (self.net, net::NAMES),
            (self.scope, scope::NAMES),
        ];
        kinds.into_iter().flat_map(|(bits, names)| {
            let names = names.iter().enumerate();
            names.filter_map(move |(bit, name)| (bits & (1 << bit) != 0).then_some(*name))
        })
    }
}

impl BitOr for Rights {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self {
            fs: self.fs | other.fs,
            net: self.net | other.net,
            scope: self.scope | other.scope,
        }
    }
}

impl BitOrAssign for Rights {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

impl BitAnd for Rights {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self {
            fs: self.fs & other.fs,
            net: self.net & other.net,
            scope: self.scope & other.scope,
        }
    }
}

impl Not for Rights {
    type Output = Self;

    fn not(self) -> Self {
        Self {
            fs: fs::ALL & !self.fs,
            net: net::ALL & !self.net,
            scope: scope::ALL & !self.scope,
        }
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().collect::<Vec<_>>().join(","))
    }
}

impl FromStr for Rights {
    type Err = Error;

    /// Parses names of rights, scopes and groups, separated by commas.
    fn from_str(text: &str) -> Result<Self> {
        let mut parsed = text.split(',').map(parse_one);
        parsed.try_fold(Self::NONE, |sum, rights| Ok(sum | rights?))
    }
}

/// Parses one name.
fn parse_one(name: &str) -> Result<Rights> {
    let bit = |names: &[&str]| names.iter().position(|known| *known == name);
    let group = || GROUPS.into_iter().find(|(known, _)| *known == name);
    bit(fs::NAMES)
        .map(|bit| Rights::of_fs(1 << bit))
        .or_else(|| bit(net::NAMES).map(|bit| Rights::of_net(1 << bit)))
        .or_else(|| bit(scope::NAMES).map(|bit| Rights::of_scope(1 << bit)))
        .or_else(|| group().map(|(_, rights)| rights))
        .ok_or_else(|| anyhow!("no right is called \"{name}\"; --help lists the names"))
}

impl Serialize for Rights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

impl<'de> Deserialize<'de> for Rights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        let parsed = names.iter().map(|name| parse_one(name));
        let all = parsed.reduce(|sum, rights| Ok(sum? | rights?));
        all.unwrap_or(Ok(Self::NONE))
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_and_printed() {
        let rights: Rights = "read_file,bind_tcp,signal".parse().unwrap();
        assert_eq!(rights.fs, fs::READ_FILE);
        assert_eq!(rights.net, net::BIND_TCP);
        assert_eq!(rights.scope, scope::SIGNAL);
        assert_eq!(rights.to_string(), "read_file,bind_tcp,signal");
    }

    #[test]
    fn every_name_is_its_own_right() {
        for name in Rights::ALL.names() {
            let rights: Rights = name.parse().unwrap();
            assert_eq!(rights.to_string(), name);
        }
        assert_eq!(Rights::ALL.names().count(), 23);
    }

    #[test]
    fn groups_stand_for_their_rights() {
        assert_eq!("ro".parse::<Rights>().unwrap(), Rights::RO);
        assert_eq!("exec".parse::<Rights>().unwrap(), Rights::EXEC);
        assert_eq!("rw".parse::<Rights>().unwrap(), Rights::RW);
        let all: Rights = "fs,net,scope".parse().unwrap();
        assert_eq!(all, Rights::ALL);
        assert_eq!(Rights::EXEC | Rights::RW, Rights::of_fs(fs::ALL));
    }

    #[test]
    fn unknown_names_are_refused() {
        for text in ["", "read", "read_file,", "read_file, signal"] {
            let error = text.parse::<Rights>().unwrap_err().to_string();
            assert!(error.starts_with("no right is called"), "{error}");
        }
    }

    #[test]
    fn sets_are_compared() {
        assert!(Rights::EXEC.contains(Rights::RO));
        assert!(!Rights::RO.contains(Rights::EXEC));
        assert!((!Rights::ALL).is_empty());
    }
}
