// SPDX-License-Identifier: GPL-2.0-only

//! Tests of the versions of the ABI: each is a guest of its own, whose kernel has that version.

use std::slice;

use anyhow::Result;

use crate::bound::Bound;
use crate::commands::slot::Refusal;
use crate::guest::suite::SuiteKind;
use crate::guest::{Guest, suites};
use crate::kernel::{Impl, Workshop};
use crate::results::tally::{must_pass, one, tally};
use crate::results::tap::Count;

/// The program that tests one.
const TEST: &str = "abi_test";

/// The versions before the latest, which the other tests are about.
const OLDER: [u32; 10] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

/// The versions that `make test` tries: those that have the most in common with others.
const QUICK: [u32; 3] = [1, 4, 8];

/// What is said of a version that does not exist.
const UNKNOWN: Refusal = Refusal {
    section: "insmod",
    answer: "Invalid argument",
    message: "landlock: There is no such ABI version. You should choose one from 1 to 11.",
};

/// Runs the tests, and counts them.
pub fn count(workshop: &Workshop, bound: Bound) -> Result<Count> {
    let mut count = Count::default();
    let (versions, builtin) = match bound {
        Bound::Quick => (&QUICK[..], &QUICK[..1]),
        Bound::Whole => (&OLDER[..], &OLDER[..]),
    };
    for abi in [0, 12] {
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
