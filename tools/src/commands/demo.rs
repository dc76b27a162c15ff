// SPDX-License-Identifier: GPL-2.0-only

//! `make run`: what the sandboxer allows and denies, shown in a guest.

use anyhow::{Result, bail, ensure};

use crate::guest::Guest;
use crate::guest::initramfs::Section;
use crate::guest::machine::Session;
use crate::host::place::{self, Place};
use crate::kernel::{Impl, Workshop};

/// `make run`: shows in a guest what the sandboxer allows and denies.
pub fn command(workshop: &Workshop) -> Result<()> {
    let mut guest = Guest::new(workshop, Impl::Rust, "run")?;
    guest.add_samples(workshop)?;
    guest.root.plan.extend(sections());
    let session = guest.run(workshop, "run")?;
    show(workshop.place, &session)?;
    session.check()
}

/// Returns what a guest does for the demonstration.
pub fn sections() -> [Section; 2] {
    [
        Section::new("demo", "demo --json /tmp/run.json"),
        Section::new("run.json", "cat /tmp/run.json"),
    ]
}

/// Prints the table of the demonstration; fails unless all was as expected.
pub fn show(place: &Place, session: &Session) -> Result<()> {
    session.check_module()?;
    if let Some(json) = session.transcript.section("run.json") {
        place::write(&place.out.join("run.json"), json.text())?;
    }
    let demo = session.transcript.section("demo");
    let Some(demo) = demo else {
        session.check()?;
        bail!("the demonstration was not reached");
    };
    print!("\n{}\n", demo.text());
    ensure!(
        demo.status == Some(0),
        "the demonstration did not go as expected; see out/run.json"
    );
    Ok(())
}
