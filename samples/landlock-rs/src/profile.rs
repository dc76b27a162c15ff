// SPDX-License-Identifier: GPL-2.0-only

//! A sandbox as data, and as a file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Not;
use std::path::Path;

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::object::Object;
use crate::rights::Rights;

/// A sandbox. What is not mentioned is denied.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Profile {
    /// How much of it must be enforced.
    #[serde(skip_serializing_if = "Require::is_default")]
    pub require: Require,
    /// Rights and scopes that are not handled: nothing denies them.
    #[serde(skip_serializing_if = "Rights::is_empty")]
    pub unrestricted: Rights,
    /// Leave out paths that do not exist.
    #[serde(skip_serializing_if = "Not::not")]
    pub ignore_missing: bool,
    /// Allow the command to gain privileges, as by set-user-ID programs. Needs `CAP_SYS_ADMIN`.
    #[serde(skip_serializing_if = "Not::not")]
    pub keep_privileges: bool,
    /// Restrict all threads of the process.
    #[serde(skip_serializing_if = "Not::not")]
    pub tsync: bool,
    /// Do not log denials to the program that makes the sandbox.
    #[serde(skip_serializing_if = "Not::not")]
    pub log_same_exec_off: bool,
    /// Log denials to the programs that it executes.
    #[serde(skip_serializing_if = "Not::not")]
    pub log_new_exec_on: bool,
    /// Do not log denials by sandboxes within this one.
    #[serde(skip_serializing_if = "Not::not")]
    pub log_subdomains_off: bool,
    /// Denials of these rights are not logged on the objects of `quiet_at`, those of these scopes
    /// nowhere.
    #[serde(skip_serializing_if = "Rights::is_empty")]
    pub quiet_rights: Rights,
    /// Objects where denials of `quiet_rights` are not logged.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub quiet_at: BTreeSet<Object>,
    /// What is allowed on which object.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub allow: BTreeMap<Object, Rights>,
}

/// How much of a sandbox must be enforced.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Require {
    /// All of it: strict.
    Full,
    /// What the kernel knows, but something: best effort.
    #[default]
    Partial,
    /// Nothing: run the command anyway.
    None,
}

impl Require {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Profile {
    /// Reads a profile from a TOML file.
    pub fn load(path: &Path) -> Result<Self> {
        let name = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
        Self::parse(&text).with_context(|| format!("{name} is no profile"))
    }

    /// Parses a profile; an error takes one line.
    fn parse(text: &str) -> Result<Self> {
        let profile: Self = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map_or(1, |before| before.matches('\n').count() + 1);
            anyhow::anyhow!("line {line}: {}", error.message().replace('\n', " "))
        })?;
        let mut rules = profile.allow.iter();
        rules.try_for_each(|(object, rights)| object.check(*rights))?;
        Ok(profile)
    }

    /// Allows `rights` on `object`, besides what is allowed already.
    pub fn allow(&mut self, object: Object, rights: Rights) {
        *self.allow.entry(object).or_default() |= rights;
    }

    /// Returns the rights and scopes that are denied unless a rule grants them.
    pub fn handled(&self) -> Rights {
        !self.unrestricted
    }

    /// Returns the profile as TOML.
    pub fn to_toml(&self) -> Result<String> {
        Ok(toml::to_string(self)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
require = "full"
unrestricted = ["signal"]
log-new-exec-on = true
quiet-rights = ["read_file"]
quiet-at = ["/etc"]

[allow]
"/usr" = ["exec"]
8080 = ["bind_tcp", "bind_udp"]
"#;

    #[test]
    fn file_is_read_and_written() {
        let profile = Profile::parse(TEXT).unwrap();
        assert_eq!(profile.require, Require::Full);
        assert_eq!(profile.unrestricted.to_string(), "signal");
        assert!(profile.log_new_exec_on && !profile.tsync);
        assert_eq!(profile.allow[&Object::Path("/usr".into())], Rights::EXEC);
        let ports = profile.allow[&Object::Port(8080)];
        assert_eq!(ports.to_string(), "bind_tcp,bind_udp");
        let again = Profile::parse(&profile.to_toml().unwrap()).unwrap();
        assert_eq!(again, profile);
    }

    #[test]
    fn empty_file_denies_everything() {
        let profile = Profile::parse("").unwrap();
        assert_eq!(profile, Profile::default());
        assert_eq!(profile.handled(), Rights::ALL);
        assert_eq!(profile.to_toml().unwrap(), "");
    }

    #[test]
    fn errors_take_one_line_and_name_it() {
        for (text, expected) in [
            ("\nalow = 1\n", "line 2: unknown field `alow`"),
            (
                "[allow]\n\"/\" = [\"reed\"]\n",
                "line 2: no right is called \"reed\"",
            ),
            (
                "[allow]\n80 = [\"ro\"]\n",
                "read_file,read_dir needs a path, not 80",
            ),
            ("require = 3\n", "line 1: "),
        ] {
            let error = format!("{:#}", Profile::parse(text).unwrap_err());
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn rights_add_up() {
        let mut profile = Profile::default();
        profile.allow(Object::Path("/a".into()), Rights::RO);
        profile.allow(Object::Path("/a".into()), Rights::EXEC);
        assert_eq!(profile.allow[&Object::Path("/a".into())], Rights::EXEC);
    }
}
