// SPDX-License-Identifier: GPL-2.0-only

//! Tests of the slot: before it is filled, once it cannot change any more, and when Landlock is
//! disabled. What is refused is refused with what to do about it.

use anyhow::{Context, Result, ensure};

use crate::guest::initramfs::Section;
use crate::guest::machine::Session;
use crate::guest::programs::{self, Programs};
use crate::guest::{Guest, suites};
use crate::host::ui;
use crate::kernel::{Impl, Workshop};
use crate::results::tally::{must_pass, one, tally};
use crate::results::tap::Count;

/// Folder of the guest with the test of the empty slot, which `/init` knows.
const UNFILLED: &str = "slot";

/// Something that must be refused.
pub struct Refusal {
    /// Section of the guest's plan.
    pub section: &'static str,
    /// What the program of the guest says.
    pub answer: &'static str,
    /// What the kernel says, and what to do; nothing when the program says it all.
    pub message: &'static str,
}

/// What `/init` does before the module is there.
const EMPTY: Refusal = Refusal {
    section: "slot/unfilled_test",
    answer: "",
    message: "landlock: Requested by user space but the slot is empty. \
              You should load a module that fills it: insmod landlock_rs.ko",
};

/// A second module, in a slot that is filled.
const SECOND: Refusal = Refusal {
    section: "second-module",
    answer: "Device or resource busy",
    message: "landlock: Already filled by landlock_rs. \
              Reboot to fill the slot with landlock_slot_probe.",
};

/// The end of the module.
const UNLOAD: Refusal = Refusal {
    section: "unload",
    answer: "Device or resource busy",
    message: "",
};

/// System calls when Landlock is disabled.
const DISABLED: Refusal = Refusal {
    section: "slot/unfilled_test",
    answer: "",
    message: "landlock: Disabled but requested by user space. \
              You should add it to the boot parameter, lsm=landlock,...: \
              https://docs.kernel.org/userspace-api/landlock.html#boot-time-configuration",
};

/// The module when Landlock is disabled.
const DISABLED_MODULE: Refusal = Refusal {
    section: "insmod",
    answer: "Operation not supported",
    message: "landlock: Disabled, landlock_rs cannot fill the slot. \
              You should add it to the boot parameter, lsm=landlock,...: \
              https://docs.kernel.org/userspace-api/landlock.html#boot-time-configuration",
};

impl Refusal {
    /// Fails unless this was refused as it has to be.
    pub fn check(&self, session: &Session) -> Result<()> {
        let section = self.section;
        let output = session.transcript.section(section);
        let output = output.with_context(|| format!("{section}: was not reached"))?;
        let text = output.text();
        if !self.answer.is_empty() {
            ensure!(output.status != Some(0), "{section}: was not refused");
        }
        ensure!(
            text.contains(self.answer),
            "{section}: the answer is not \"{}\": {}",
            self.answer,
            text.trim()
        );
        ensure!(
            session.console.contains(self.message),
            "{section}: the kernel did not say \"{}\"",
            self.message
        );
        ui::say("slot", format!("{section}: refused, as it has to be"));
        Ok(())
    }
}

/// Adds to the plan of `guest` what its slot must refuse; `unfilled` runs before it is filled.
pub fn plan(guest: &mut Guest, unfilled: &Programs) -> Result<()> {
    let probe = "insmod /lib/landlock_slot_probe.ko";
    guest.root.add_all(UNFILLED, &unfilled.files)?;
    guest.root.plan.extend([
        Section::new(SECOND.section, probe),
        Section::new(UNLOAD.section, "rmmod landlock_rs"),
    ]);
    Ok(())
}

/// Counts what is about the slot in a session with the plan of [`plan`].
pub fn check(session: &Session, unfilled: &Programs) -> Result<Count> {
    count(session, unfilled, &[EMPTY, SECOND, UNLOAD])
}

/// Boots a kernel with `implementation` in which Landlock is disabled.
pub fn disabled(workshop: &Workshop, implementation: Impl) -> Result<Count> {
    let unfilled = programs::unfilled(workshop)?;
    let name = format!("disabled-{implementation}");
    let mut guest = Guest::new(workshop, implementation, &name)?;
    guest.disable_landlock();
    guest.root.add_all(UNFILLED, &unfilled.files)?;
    let session = guest.run(workshop, "disabled")?;
    let refusals = match implementation {
        Impl::Rust => &[DISABLED, DISABLED_MODULE][..],
        Impl::C | Impl::Builtin | Impl::Debian => &[DISABLED],
    };
    let mut count = count(&session, &unfilled, refusals)?;
    tally(&mut count, one(session.check()))?;
    Ok(count)
}

/// Counts the test of an empty slot and `refusals`.
fn count(session: &Session, unfilled: &Programs, refusals: &[Refusal]) -> Result<Count> {
    let mut count = Count::default();
    let suites = suites(&session.transcript, UNFILLED, &unfilled.tests());
    tally(&mut count, must_pass("slot", &suites))?;
    for refusal in refusals {
        tally(&mut count, one(refusal.check(session)))?;
    }
    Ok(count)
}
