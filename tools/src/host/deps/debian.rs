// SPDX-License-Identifier: GPL-2.0-only

//! The releases of Debian that the tool can set up.

use std::fs;

/// A release of Debian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Debian {
    /// Debian 12.
    Bookworm,
    /// Debian 13.
    Trixie,
}

impl Debian {
    /// Finds out on which release this tool runs.
    pub fn detect() -> Option<Self> {
        Self::parse(&fs::read_to_string("/etc/os-release").ok()?)
    }

    /// Reads the release from the text of `/etc/os-release`.
    fn parse(os_release: &str) -> Option<Self> {
        let is_line = |line: &str, key: &str, value: &str| {
            line.strip_prefix(key).map(|rest| rest.trim_matches('"')) == Some(value)
        };
        let has = |key, value| os_release.lines().any(|line| is_line(line, key, value));
        match (
            has("ID=", "debian"),
            has("VERSION_ID=", "12"),
            has("VERSION_ID=", "13"),
        ) {
            (true, true, _) => Some(Self::Bookworm),
            (true, _, true) => Some(Self::Trixie),
            _ => None,
        }
    }

    /// Returns the suites that the tools come from.
    ///
    /// Debian 12 has the compilers in its security suite and a good QEMU in its backports.
    pub fn install_suites(self) -> Vec<Suite> {
        let main = |name| Suite {
            name,
            archive: Archive::Main,
        };
        let security = |name| Suite {
            name,
            archive: Archive::Security,
        };
        match self {
            Self::Bookworm => vec![
                main("bookworm"),
                main("bookworm-backports"),
                security("bookworm-security"),
            ],
            Self::Trixie => vec![main("trixie"), security("trixie-security")],
        }
    }
}

/// Preferences of apt: Debian 12's QEMU and its firmware come from the backports. Elsewhere, no
/// release is named like that.
pub const PREFERENCES: &str = "Package: qemu-* seabios ipxe-qemu
Pin: release n=bookworm-backports
Pin-Priority: 500
";

/// One of Debian's archives; a mirror has an address for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Archive {
    /// Releases and backports.
    Main,
    /// Security updates.
    Security,
}

/// A suite of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    /// Name in a sources list.
    pub name: &'static str,
    /// The archive that has it.
    pub archive: Archive,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases() {
        let text = "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nID=debian\n";
        assert_eq!(Debian::parse(text), Some(Debian::Bookworm));
        assert_eq!(
            Debian::parse(&text.replace("12", "13")),
            Some(Debian::Trixie)
        );
        assert_eq!(Debian::parse(&text.replace("12", "11")), None);
        assert_eq!(Debian::parse(&text.replace("=debian", "=fedora")), None);
    }
}
