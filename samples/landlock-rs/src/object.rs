// SPDX-License-Identifier: GPL-2.0-only

//! What a rule is tied to.

use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;

use anyhow::{ensure, Context, Error, Result};
use serde::{Deserialize, Serialize};

use crate::rights::Rights;

/// A file hierarchy or a port.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum Object {
    /// A directory with all that is below, or a file.
    Path(PathBuf),
    /// A TCP or UDP port.
    Port(u16),
}

impl Object {
    /// Parses a port, if it is a number, or a path: `./80` is a file.
    pub fn parse(text: &OsStr) -> Result<Self> {
        ensure!(!text.is_empty(), "a path or a port is missing");
        let digits = text
            .to_str()
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let Some(digits) = digits else {
            return Ok(Self::Path(text.into()));
        };
        let port = digits.parse();
        let hint = || format!("{digits} is no port: take 0 to 65535, or ./{digits} for a file");
        Ok(Self::Port(port.with_context(hint)?))
    }

    /// Fails unless a rule on this object can grant `rights`.
    pub fn check(&self, rights: Rights) -> Result<()> {
        let scope = Rights::of_scope(rights.scope);
        ensure!(
            scope.is_empty(),
            "no rule can grant {scope}: use --unrestricted {scope}"
        );
        let (wrong, kind) = match self {
            Self::Path(_) => (Rights::of_net(rights.net), "a port"),
            Self::Port(_) => (Rights::of_fs(rights.fs), "a path"),
        };
        ensure!(wrong.is_empty(), "{wrong} needs {kind}, not {self}");
        Ok(())
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Port(port) => port.fmt(f),
        }
    }
}

impl TryFrom<String> for Object {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(OsStr::new(&text))
    }
}

impl From<Object> for String {
    fn from(object: Object) -> Self {
        object.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Object> {
        Object::parse(OsStr::new(text))
    }

    #[test]
    fn numbers_are_ports() {
        assert_eq!(parse("80").unwrap(), Object::Port(80));
        assert_eq!(parse("./80").unwrap(), Object::Path("./80".into()));
        assert_eq!(parse("/etc").unwrap(), Object::Path("/etc".into()));
        assert!(parse("").is_err());
        let error = parse("65536").unwrap_err().to_string();
        assert!(error.contains("./65536 for a file"), "{error}");
    }

    #[test]
    fn rights_belong_to_their_kind() {
        let check = |object: &str, rights: &str| parse(object).unwrap().check(rights.parse()?);
        assert!(check("80", "bind_tcp").is_ok());
        assert!(check("/etc", "ro").is_ok());
        let error = |object, rights| check(object, rights).unwrap_err().to_string();
        assert_eq!(error("80", "read_file"), "read_file needs a path, not 80");
        assert_eq!(error("/", "bind_tcp"), "bind_tcp needs a port, not /");
        assert!(error("/", "signal").contains("--unrestricted signal"));
    }
}
