// SPDX-License-Identifier: GPL-2.0-only

//! The rulesets of the measurements.

use std::os::fd::OwnedFd;
use std::path::Path;

use anyhow::{Context, Result};
use landlock_uapi::{fs, net, scope};
use rustix::thread::set_no_new_privs;

use crate::landlock::{Handled, Ruleset};
use crate::tree;

/// What a typical sandbox allows on what it only uses.
const USE: u64 = fs::EXECUTE | fs::READ_FILE | fs::READ_DIR;

/// The ingredients of a ruleset of which the first rule allows to use everything beneath the
/// root, and the others lie on directories that nothing is opened in.
pub struct Recipe {
    parents: Vec<OwnedFd>,
}

impl Recipe {
    /// Prepares a ruleset with `rules` rules. Later sandboxes need descriptors of now.
    pub fn new(rules: u64) -> Result<Self> {
        set_no_new_privs(true).context("cannot give up new privileges")?;
        let root = (rules > 0)
            .then(|| tree::anchor(Path::new("/")))
            .transpose()?;
        let others = tree::beside(rules.saturating_sub(1))?;
        Ok(Self {
            parents: root.into_iter().chain(others).collect(),
        })
    }

    /// Makes a ruleset that handles all rights on files, without rules.
    pub fn empty() -> Result<Ruleset> {
        let handled = Handled::new(fs::ALL, 0, 0);
        Ruleset::create(&handled).context("cannot create a ruleset")
    }

    /// Adds the rules to `ruleset`.
    pub fn fill(&self, ruleset: &Ruleset) -> Result<()> {
        let mut parents = self.parents.iter();
        parents
            .try_for_each(|parent| ruleset.allow_beneath(parent, USE))
            .context("cannot add a rule")
    }

    /// Makes the ruleset.
    pub fn ruleset(&self) -> Result<Ruleset> {
        let ruleset = Self::empty()?;
        self.fill(&ruleset)?;
        Ok(ruleset)
    }
}

/// Makes a ruleset that handles all rights on files, and allows to use what nobody opens.
pub fn elsewhere() -> Result<Ruleset> {
    let ruleset = Recipe::empty()?;
    for parent in tree::beside(1)? {
        ruleset
            .allow_beneath(parent, USE)
            .context("cannot add a rule")?;
    }
    Ok(ruleset)
}

/// Makes a ruleset that handles everything, and allows everything on the ports `ports` and
/// beneath the root.
pub fn permissive(ports: impl Iterator<Item = u16>) -> Result<Ruleset> {
    let handled = Handled::new(fs::ALL, net::ALL, scope::ALL);
    let ruleset = Ruleset::create(&handled).context("cannot create a ruleset")?;
    ruleset.allow_beneath(tree::anchor(Path::new("/"))?, fs::ALL)?;
    for port in ports {
        ruleset.allow_port(port, net::ALL)?;
    }
    Ok(ruleset)
}

/// Enforces `ruleset` `layers` times on the calling thread.
pub fn enforce(ruleset: &Ruleset, layers: u64) -> Result<()> {
    set_no_new_privs(true).context("cannot give up new privileges")?;
    (0..layers)
        .try_for_each(|_| ruleset.restrict_self())
        .context("cannot enforce a ruleset")
}
