// SPDX-License-Identifier: GPL-2.0-only

//! `make test`: all that must hold before a change lands, with one count at the end.

use anyhow::Result;

use crate::bound::Bound;
use crate::commands::in_guest::{in_both, in_guest};
use crate::commands::{abi, clients, debug, extensions, shell, slot};
use crate::guest::programs::{BENCH, FUZZ, LINES, SAMPLES};
use crate::host::cargo::{self, POLICY};
use crate::kernel::{Flavor, Impl, Workshop};
use crate::measure::bench;
use crate::results::tally::{close, tally};
use crate::results::tap::Count;
use crate::{check, fuzz, prove, race};

/// Crates that are tested on the host: name of the step, folder.
const CRATES: [(&str, &str); 6] = [
    ("policy", POLICY),
    ("tools", "tools"),
    ("samples", SAMPLES),
    ("bench", BENCH),
    ("fuzz", FUZZ),
    ("lines", LINES),
];

/// Runs all tests; the last line that it prints is the count.
pub fn command(workshop: &Workshop) -> Result<()> {
    close(plain(workshop, Bound::Quick)?)
}

/// Runs everything there is, on kernels of each flavor, which `open` gets ready.
pub fn all<'a>(open: impl Fn(Flavor) -> Result<Workshop<'a>>) -> Result<()> {
    let mut count = Count::default();
    for flavor in [Flavor::Plain, Flavor::Debug, Flavor::Wide] {
        tally(
            &mut count,
            open(flavor).and_then(|workshop| whole(&workshop)),
        )?;
    }
    close(count)
}

/// Runs everything that is meant for the flavor of the kernel.
fn whole(workshop: &Workshop) -> Result<Count> {
    match workshop.flavor() {
        Flavor::Plain => plain(workshop, Bound::Whole),
        Flavor::Debug => debug::count(workshop, Bound::Whole),
        Flavor::Wide => wide(workshop),
    }
}

/// Runs the tests of this machine and of guests with a kernel that has only what Landlock needs.
fn plain(workshop: &Workshop, bound: Bound) -> Result<Count> {
    let mut count = Count::default();
    tally(&mut count, check::run(workshop))?;
    for (name, dir) in CRATES {
        let passed = cargo::test(workshop.place, name, dir);
        let passed = passed.map(|pass| Count {
            pass,
            ..Count::default()
        });
        tally(&mut count, passed)?;
    }
    tally(&mut count, prove::run(workshop, bound, None))?;
    tally(&mut count, in_both(workshop))?;
    tally(&mut count, slot::disabled(workshop, Impl::Builtin))?;
    tally(&mut count, slot::disabled(workshop, Impl::Rust))?;
    tally(&mut count, abi::count(workshop, bound))?;
    tally(&mut count, extensions::count(workshop, bound))?;
    tally(&mut count, bench::guard(workshop))?;
    tally(&mut count, shell::count(workshop))?;
    tally(&mut count, clients::count(workshop, bound))?;
    tally(&mut count, race::quick(workshop))?;
    tally(&mut count, fuzz::count(workshop, Bound::Quick))?;
    Ok(count)
}

/// Runs the suites and the fuzzer on a kernel with more ways into Landlock's hooks.
fn wide(workshop: &Workshop) -> Result<Count> {
    let mut count = in_guest(workshop, Impl::Rust)?;
    tally(&mut count, shell::count(workshop))?;
    tally(&mut count, fuzz::count(workshop, Bound::Whole))?;
    Ok(count)
}
