// SPDX-License-Identifier: GPL-2.0-only

//! What operations may cost at most, in instructions: a change that makes one more
//! expensive is noticed.
//!
//! Compilers generate different instructions, so the ceilings name those that they are for.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::guest::initramfs::Section;
use crate::guest::machine::Session;
use crate::host::place;
use crate::host::ui;
use crate::kernel::{Impl, Workshop};
use crate::results::tap::Count;

use super::plan;
use super::row::{Row, Unit};

/// The ceilings, and where `make bench` proposes new ones.
const CEILINGS: &str = "tools/testing/bench/ceilings.toml";
const PROPOSED: &str = "ceilings.toml";

/// The sections of the benchmark that are guarded: the others are more of the same.
const SECTIONS: [&str; 6] = [
    "bench/open-0",
    "bench/open-1-1",
    "bench/open-16-1",
    "bench/operations-1",
    "bench/build",
    "bench/enforce-513",
];

/// Starts of the names of rows that no ceiling suits: other machines have other programs, and the
/// tick of the clock decides how long tasks wait.
const UNGUARDED: [&str; 2] = ["run ", "latency "];

/// By what factor a row may be over what was measured, for instance with another kernel of the same
/// release.
const MARGIN: f64 = 1.03;

/// What rows may cost.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ceilings {
    /// The compilers.
    compilers: String,
    /// Instructions, by the title of the row.
    rows: BTreeMap<String, u64>,
}

/// Measures some rows with the module, and counts each that stays below its ceiling.
pub fn count(workshop: &Workshop) -> Result<Count> {
    let path = workshop.place.repo.join(CEILINGS);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {CEILINGS}"))?;
    let ceilings: Ceilings =
        toml::from_str(&text).with_context(|| format!("{CEILINGS} is wrong"))?;
    let compilers = compilers(workshop)?;
    if compilers != ceilings.compilers {
        ui::say(
            "guard",
            format!("skipped: the ceilings are for {}", ceilings.compilers),
        );
        return Ok(Count {
            skip: ceilings.rows.len(),
            ..Count::default()
        });
    }
    let sections = sections();
    let guest = plan::guest(workshop, Impl::Rust, "guard", sections.clone())?;
    let session = guest.run(workshop, "guard")?;
    check(&ceilings, &session, &sections)
}

fn check(ceilings: &Ceilings, session: &Session, sections: &[Section]) -> Result<Count> {
    let rows = plan::rows(session, Impl::Rust, sections)?;
    ensure!(!rows.is_empty(), "nothing was measured");
    let mut count = Count::default();
    for row in rows {
        let ceiling = ceilings.rows.get(&row.title());
        let ceiling = *ceiling.with_context(|| {
            let title = row.title();
            format!("{CEILINGS} has no \"{title}\": take over out/{PROPOSED} after make bench")
        })?;
        // CAST: counts are small.
        if row.measured.figure.median <= ceiling as f64 {
            count.pass += 1;
        } else {
            let median = row.measured.figure.median;
            ui::failed(format!(
                "{}: {median} instructions, at most {ceiling}",
                row.title()
            ));
            count.fail += 1;
        }
    }
    ui::say("guard", format!("{} rows below their ceilings", count.pass));
    Ok(count)
}

/// Writes ceilings for what was measured with the module, to replace those in the repository.
pub fn propose(workshop: &Workshop, rows: &[Row]) -> Result<()> {
    let is_meant = |row: &&Row| {
        row.implementation == Impl::Rust
            && row.measured.unit == Unit::Instructions
            && !UNGUARDED
                .iter()
                .any(|start| row.measured.name.starts_with(start))
    };
    // CAST: a cost is a small positive number.
    let ceiling = |row: &Row| {
        (
            row.title(),
            (row.measured.figure.median * MARGIN).ceil() as u64,
        )
    };
    let ceilings = Ceilings {
        compilers: compilers(workshop)?,
        rows: rows.iter().filter(is_meant).map(ceiling).collect(),
    };
    if ceilings.rows.is_empty() {
        return Ok(());
    }
    let text = toml::to_string(&ceilings)?;
    place::write(&workshop.place.out.join(PROPOSED), text)
}

/// Returns the guarded part of the benchmark.
fn sections() -> Vec<Section> {
    let mut sections = plan::whole();
    sections.retain(|section| SECTIONS.contains(&section.name.as_str()));
    sections
}

/// Names the compilers of C and Rust, with their versions.
fn compilers(workshop: &Workshop) -> Result<String> {
    let identity = workshop.toolchain.identity()?;
    let lines = identity.lines();
    let mut named =
        lines.filter(|line| line.contains("clang version") || line.starts_with("rustc"));
    let words = |line: &str| line.split(" (").next().unwrap_or_default().to_owned();
    let (clang, rustc) = (named.next().map(words), named.next().map(words));
    Ok([clang, rustc]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", "))
}
