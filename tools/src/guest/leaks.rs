// SPDX-License-Identifier: GPL-2.0-only

//! Memory that a guest leaked, which a debug kernel finds.

use anyhow::{Result, ensure};

use crate::guest::initramfs::Section;
use crate::guest::machine::Session;
use crate::kernel::Flavor;

/// Section of the guest's plan that lists what was leaked.
const LEAKS: &str = "kmemleak";

/// Lists memory that nothing refers to. An object must have a certain age to count, and two scans
/// must agree on it.
const FIND_LEAKS: &str = "cd /sys/kernel/debug; sleep 6; echo scan >kmemleak; \
                          echo scan >kmemleak; cat kmemleak";

/// Returns what a guest does first. That the kernel looks for leaks by itself, at some time, makes
/// tests slow.
pub fn first_sections(flavor: Flavor) -> Vec<Section> {
    match flavor {
        Flavor::Plain | Flavor::Wide => Vec::new(),
        Flavor::Debug => {
            let command = "echo scan=off >/sys/kernel/debug/kmemleak";
            vec![Section::new("kmemleak-off", command)]
        }
    }
}

/// Returns what a guest does in the end.
pub fn final_sections(flavor: Flavor) -> Vec<Section> {
    match flavor {
        Flavor::Plain | Flavor::Wide => Vec::new(),
        Flavor::Debug => vec![Section::new(LEAKS, FIND_LEAKS)],
    }
}

/// Fails when something was leaked. A guest that did not look says nothing.
pub fn check(session: &Session) -> Result<()> {
    let Some(leaks) = session.transcript.section(LEAKS) else {
        return Ok(());
    };
    ensure!(leaks.status == Some(0), "kmemleak could not be asked");
    let is_object = |line: &&String| line.starts_with("unreferenced object");
    let count = leaks.lines.iter().filter(is_object).count();
    ensure!(
        leaks.lines.is_empty(),
        "{count} pieces of memory were leaked: see section {LEAKS} of out/log/console-*.out"
    );
    Ok(())
}
