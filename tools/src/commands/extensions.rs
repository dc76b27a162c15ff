// SPDX-License-Identifier: GPL-2.0-only

//! Tests of the extensions, in a guest whose kernel offers them. In all other guests the same
//! program checks that there are none.

use std::slice;

use anyhow::Result;

use crate::bound::Bound;
use crate::guest::suite::SuiteKind;
use crate::guest::{Guest, suites};
use crate::kernel::{Impl, Workshop};
use crate::results::tally::{must_pass, one, tally};
use crate::results::tap::Count;

/// The program that tests them.
const TEST: &str = "extensions_test";

/// Runs the tests with the module and built in, and counts them: with the latest version of the ABI
/// and with the first one, which has the fewest flags.
pub fn count(workshop: &Workshop, bound: Bound) -> Result<Count> {
    let mut count = Count::default();
    let versions = match bound {
        Bound::Quick => &[None][..],
        Bound::Whole => &[None, Some(1)],
    };
    for abi in versions {
        for implementation in [Impl::Rust, Impl::Builtin] {
            tally(&mut count, offered(workshop, implementation, *abi))?;
        }
    }
    Ok(count)
}

/// Tests the extensions of `implementation`, next to the version `abi` if one is given.
fn offered(workshop: &Workshop, implementation: Impl, abi: Option<u32>) -> Result<Count> {
    let programs = SuiteKind::Ours.programs(workshop)?;
    let name = TEST.to_owned();
    let mut guest = Guest::new(workshop, implementation, "extensions")?;
    guest.set_abi(abi);
    guest.offer_extensions();
    guest.add_suite(SuiteKind::Ours.folder(), &programs, slice::from_ref(&name))?;
    let session = guest.run(workshop, "extensions")?;
    session.check_module()?;
    let suites = suites(&session.transcript, SuiteKind::Ours.folder(), &[name]);
    let mut count = must_pass("extensions", &suites)?;
    tally(&mut count, one(session.check()))?;
    Ok(count)
}
