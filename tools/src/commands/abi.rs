// SPDX-License-Identifier: GPL-2.0-only

//! Tests of the versions of the ABI: each is a guest of its own, whose kernel has that version.

use std::{fs, slice};

use anyhow::{Context, Result};

use crate::bound::Bound;
use crate::commands::slot::Refusal;
use crate::guest::suite::SuiteKind;
use crate::guest::{Guest, suites};
use crate::host::place::Place;
use crate::kernel::{Impl, Workshop};
use crate::results::tally::{must_pass, one, tally};
use crate::results::tap::Count;

/// The program that tests one.
const TEST: &str = "abi_test";

/// Where the module has the number of the latest version.
const HEADER: &str = "security-landlock-rs/shim/landlock_rs.h";

/// The versions that `make test` tries: those that have the most in common with others.
const QUICK: [u32; 3] = [1, 4, 8];

/// What is said of a version that does not exist.
const UNKNOWN: Refusal = Refusal {
    section: "insmod",
    answer: "Invalid argument",
    message: "landlock: There is no such ABI version. You should choose one from 1 to 11.",
};

/// Returns the latest version, which all tests but these are about.
pub fn latest(place: &Place) -> Result<u32> {
    let header = fs::read_to_string(place.repo.join(HEADER));
    let header = header.with_context(|| format!("cannot read {HEADER}"))?;
    parse(&header).with_context(|| format!("{HEADER} has no latest version of the ABI"))
}

/// Finds the latest version in the header of the module.
fn parse(header: &str) -> Option<u32> {
    let define = |line: &str| {
        let number = line.strip_prefix("#define LANDLOCK_RS_ABI_MAX ")?;
        number.parse().ok()
    };
    header.lines().find_map(define)
}

/// Runs the tests, and counts them.
pub fn count(workshop: &Workshop, bound: Bound) -> Result<Count> {
    let mut count = Count::default();
    let latest = latest(workshop.place)?;
    let older: Vec<u32> = (1..latest).collect();
    let (versions, builtin) = match bound {
        Bound::Quick => (&QUICK[..], &QUICK[..1]),
        Bound::Whole => (&older[..], &older[..]),
    };
    for abi in [0, latest + 1] {
        tally(&mut count, one(refused(workshop, abi)))?;
    }
    for (implementation, versions) in [(Impl::Rust, versions), (Impl::Builtin, builtin)] {
        for abi in versions {
            tally(&mut count, version(workshop, implementation, *abi))?;
        }
    }
    Ok(count)
}

/// Boots a guest whose module is to have the version `abi`, which does not exist.
fn refused(workshop: &Workshop, abi: u32) -> Result<()> {
    let mut guest = Guest::new(workshop, Impl::Rust, "abi-unknown")?;
    guest.set_abi(Some(abi));
    let session = guest.run(workshop, "abi")?;
    UNKNOWN.check(&session)?;
    session.check()
}

/// Tests one version, and counts the tests.
fn version(workshop: &Workshop, implementation: Impl, abi: u32) -> Result<Count> {
    let programs = SuiteKind::Ours.programs(workshop)?;
    let name = TEST.to_owned();
    let mut guest = Guest::new(workshop, implementation, &format!("abi-{abi}"))?;
    guest.set_abi(Some(abi));
    guest.add_suite(SuiteKind::Ours.folder(), &programs, slice::from_ref(&name))?;
    let session = guest.run(workshop, "abi")?;
    session.check_module()?;
    let suites = suites(&session.transcript, SuiteKind::Ours.folder(), &[name]);
    let mut count = must_pass("abi", &suites)?;
    tally(&mut count, one(session.check()))?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_versions_are_older() {
        let header = include_str!("../../../security-landlock-rs/shim/landlock_rs.h");
        let latest = parse(header).unwrap();
        assert!(QUICK.iter().all(|version| *version < latest));
        assert!(UNKNOWN.message.ends_with(&format!(" to {latest}.")));
    }
}
