// SPDX-License-Identifier: GPL-2.0-only

//! The clients of Landlock, and what each of them has to do: `clients.toml` says what is what.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::bound::Bound;
use crate::host::deps::debian::{Archive, Suite};
use crate::host::place::Place;

/// Folder of the table, and of what its commands call.
pub const FOLDER: &str = "tools/testing/clients";

/// Where Debian has all clients, in recent versions.
pub const SUITE: Suite = Suite {
    name: "forky",
    archive: Archive::Main,
};

/// All clients.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Packages that are not fetched although others depend on them.
    pub left_out: Vec<String>,
    /// What commands use besides the clients.
    pub base: Client,
    #[serde(rename = "client")]
    clients: BTreeMap<String, Client>,
    /// Packages of the base and of all clients that have a case within the bound.
    #[serde(skip)]
    pub packages: BTreeSet<String>,
}

/// A client: where it comes from, and its cases.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Client {
    /// Debian's packages.
    pub packages: Vec<String>,
    /// Programs, folders and other files of these packages.
    pub files: Vec<String>,
    /// Those that run as root, whoever starts them.
    pub setuid: Vec<String>,
    #[serde(rename = "case")]
    cases: Vec<Case>,
}

/// Two commands that differ in one thing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    name: String,
    #[serde(default)]
    quick: bool,
    #[serde(default = "both")]
    users: Vec<User>,
    /// First version of the ABI that denies it.
    #[serde(default = "first")]
    pub abi: u32,
    allowed: String,
    denied: String,
    /// What a denial says.
    #[serde(default = "permission_denied")]
    pub says: String,
    /// Whether the output has numbers that differ from run to run.
    #[serde(default)]
    pub numbers_vary: bool,
}

/// Who runs a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum User {
    /// The administrator.
    Root,
    /// Somebody without privileges.
    User,
}

/// Which command of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twin {
    /// The one that must succeed.
    Allowed,
    /// The one that must fail.
    Denied,
}

fn both() -> Vec<User> {
    vec![User::Root, User::User]
}

fn first() -> u32 {
    1
}

fn permission_denied() -> String {
    "Permission denied".to_owned()
}

/// One command of a case, run by one user.
#[derive(Clone, Copy)]
pub struct Trial<'a> {
    client: &'a str,
    /// Its case.
    pub case: &'a Case,
    user: User,
    /// Which command it is.
    pub twin: Twin,
}

impl Table {
    /// Reads the table of this clone, as far as its cases are within `bound`.
    pub fn read(place: &Place, bound: Bound) -> Result<Self> {
        let path = place.repo.join(FOLDER).join("clients.toml");
        let text = fs::read_to_string(&path).context("cannot read clients.toml")?;
        let mut table = Self::parse(&text).context("clients.toml")?;
        table.bound(bound);
        Ok(table)
    }

    fn parse(text: &str) -> Result<Self> {
        let table: Self = toml::from_str(text)?;
        for (name, client) in &table.clients {
            let names: BTreeSet<_> = client.cases.iter().map(|case| &case.name).collect();
            ensure!(
                names.len() == client.cases.len(),
                "two cases of {name} have one name"
            );
        }
        Ok(table)
    }

    /// Leaves the cases within `bound`, and the clients that have one. The packages are those of all
    /// of them, lest each choice of clients has packages of its own.
    fn bound(&mut self, bound: Bound) {
        let is_within = |case: &Case| case.quick || bound == Bound::Whole;
        self.clients.retain(|_, client| {
            client.cases.retain(is_within);
            !client.cases.is_empty()
        });
        let packages = self.parts().flat_map(|client| &client.packages);
        self.packages = packages.cloned().collect();
    }

    /// Leaves the client `only`.
    pub fn choose(&mut self, only: &str) -> Result<()> {
        let names: Vec<_> = self.clients.keys().map(String::as_str).collect();
        ensure!(
            names.contains(&only),
            "there is no client {only}: take one of {}",
            names.join(", ")
        );
        self.clients.retain(|name, _| name == only);
        Ok(())
    }

    /// Returns whether `client` is one of those that are left.
    pub fn has(&self, client: &str) -> bool {
        self.clients.contains_key(client)
    }

    /// Returns the base, then all clients.
    pub fn parts(&self) -> impl Iterator<Item = &Client> {
        std::iter::once(&self.base).chain(self.clients.values())
    }

    /// Returns the trials of all clients.
    pub fn trials(&self) -> Vec<Trial<'_>> {
        let clients = self.clients.iter();
        let trials = clients.flat_map(|(name, client)| {
            let cases = client.cases.iter();
            cases.flat_map(move |case| trials(name, case))
        });
        trials.collect()
    }
}

/// Returns the trials of one case of `client`.
fn trials<'a>(client: &'a str, case: &'a Case) -> Vec<Trial<'a>> {
    let twins = |user| {
        [Twin::Allowed, Twin::Denied].map(|twin| Trial {
            client,
            case,
            user,
            twin,
        })
    };
    case.users.iter().flat_map(|user| twins(*user)).collect()
}

impl Trial<'_> {
    /// Returns the name of its section.
    pub fn section(&self) -> String {
        let twin = match self.twin {
            Twin::Allowed => "allowed",
            Twin::Denied => "denied",
        };
        format!("{}.{}.{}.{twin}", self.client, self.case.name, self.user())
    }

    /// Returns its command.
    pub fn command(&self) -> &str {
        match self.twin {
            Twin::Allowed => &self.case.allowed,
            Twin::Denied => &self.case.denied,
        }
    }

    /// Returns the name of its user.
    pub fn user(&self) -> &'static str {
        match self.user {
            User::Root => "root",
            User::User => "user",
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    const HEAD: &str = "left_out = []\n[base]\n";

    /// Makes a table with a quick case of both users, and one of root's.
    pub fn table() -> Table {
        let cases = "[[client.a.case]]\nname = 'read'\nquick = true\nallowed = 'x'\ndenied = 'y'\n\
                     [[client.b.case]]\nname = 'read'\nusers = ['root']\nabi = 4\nallowed = 'x'\n\
                     denied = 'y'\nnumbers_vary = true\n";
        Table::parse(&format!("{HEAD}{cases}")).unwrap()
    }

    /// Returns the sections of the trials of `only` within `bound`.
    fn sections(only: Option<&str>, bound: Bound) -> Vec<String> {
        let mut table = table();
        table.bound(bound);
        only.into_iter()
            .for_each(|only| table.choose(only).unwrap());
        table.trials().iter().map(Trial::section).collect()
    }

    #[test]
    fn quick_cases_are_a_part_of_all() {
        let quick = sections(None, Bound::Quick);
        assert_eq!(quick.len(), 4);
        assert_eq!(quick[1], "a.read.root.denied");
        let b = ["b.read.root.allowed", "b.read.root.denied"];
        assert_eq!(sections(None, Bound::Whole)[4..], b);
        assert_eq!(sections(Some("b"), Bound::Whole), b);
    }

    #[test]
    fn an_unknown_client_is_named() {
        let error = table().choose("x").unwrap_err();
        assert_eq!(error.to_string(), "there is no client x: take one of a, b");
    }

    #[test]
    fn names_are_unique() {
        let case = "[[client.a.case]]\nname = 'b'\nallowed = ''\ndenied = ''\n";
        assert!(Table::parse(&format!("{HEAD}{case}")).is_ok());
        assert!(Table::parse(&format!("{HEAD}{case}{case}")).is_err());
    }

    #[test]
    fn the_document_lists_the_clients() {
        let text = include_str!("../../../testing/clients/clients.toml");
        let document = include_str!("../../../../Documentation/clients.rst");
        let table = Table::parse(text).unwrap();
        for client in table.clients.keys() {
            let start = format!("\n{client} ");
            assert!(document.contains(&start), "clients.rst lacks {client}");
        }
    }
}
