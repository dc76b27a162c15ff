// SPDX-License-Identifier: GPL-2.0-only

//! Cache lines that two processors write when each opens a file of its own.
//!
//! The guest says what it measures, one line for each measurement, and a plugin of QEMU reports in
//! the same order what it saw. Measurements are repeated, and the fewest lines count: those that two
//! objects share by chance are not in each repetition.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::guest::initramfs::Section;
use crate::guest::machine::Session;
use crate::guest::{Guest, programs};
use crate::kernel::{Impl, Workshop};
use crate::measure::figure::Figure;

use super::plan;
use super::row::{Measured, Row, Unit};

/// How many layers are enforced before.
const LAYERS: [u64; 3] = [0, 1, 16];

/// How often each processor opens its file, at least.
const CALLS: u32 = 64;

/// How long it may take: the plugin sees each write to memory, which is slow.
const LIMIT: Duration = Duration::from_secs(300);

/// A guest with the plugin.
pub struct Lines {
    /// The guest.
    pub guest: Guest,
    implementation: Impl,
    reports: PathBuf,
}

/// What the guest measures.
#[derive(Deserialize)]
struct Title {
    name: String,
    parameters: BTreeMap<String, u64>,
}

/// What the plugin saw.
#[derive(Deserialize)]
struct Report {
    calls: Vec<u32>,
    shared: Vec<String>,
}

impl Lines {
    /// Builds what is not in the cache.
    pub fn prepare(workshop: &Workshop, implementation: Impl) -> Result<Self> {
        let name = format!("lines-{implementation}");
        let mut guest = Guest::new(workshop, implementation, &name)?;
        guest.root.add_all("bin", &programs::bench(workshop)?)?;
        guest.root.plan.extend(LAYERS.map(section));
        let reports = workshop.place.log(&name).with_extension("jsonl");
        let plugin = programs::lines(workshop)?;
        let plugin = format!("{},out={}", plugin.display(), reports.display());
        guest.load_plugin(plugin, LIMIT);
        Ok(Self {
            guest,
            implementation,
            reports,
        })
    }

    /// Reads what the guest and the plugin found.
    pub fn rows(&self, session: &Session) -> Result<Vec<Row>> {
        session.check_module()?;
        session.check()?;
        let mut titles = Vec::new();
        for layers in LAYERS {
            let lines = plan::lines(session, &section(layers).name)?;
            titles.extend_from_slice(lines);
        }
        let reports = fs::read_to_string(&self.reports).context("the plugin wrote no report")?;
        self.pair(&titles, &reports)
    }

    /// Puts `titles` and `reports` together, which are in the same order.
    fn pair(&self, titles: &[String], reports: &str) -> Result<Vec<Row>> {
        ensure!(
            titles.len() == reports.lines().count(),
            "the plugin did not report each measurement: see {}",
            self.reports.display()
        );
        let mut rows = Vec::<Row>::new();
        for (title, report) in titles.iter().zip(reports.lines()) {
            let row = self.row(title, report)?;
            let known = rows.iter_mut().find(|known| known.title() == row.title());
            match known {
                Some(known) if row.measured.minimum < known.measured.minimum => *known = row,
                Some(_) => {}
                None => rows.push(row),
            }
        }
        Ok(rows)
    }

    fn row(&self, title: &str, report: &str) -> Result<Row> {
        let Title { name, parameters } = serde_json::from_str(title)?;
        let Report { calls, shared } = serde_json::from_str(report)?;
        ensure!(
            calls.len() == 2 && calls.iter().all(|count| *count >= CALLS),
            "the plugin saw other calls than those of two processors: {report}"
        );
        let median = shared.len() as f64;
        Ok(Row {
            implementation: self.implementation,
            measured: Measured {
                name,
                parameters,
                unit: Unit::Lines,
                figure: Figure {
                    median,
                    spread: 0.0,
                },
                minimum: median,
            },
        })
    }
}

/// Fails if an open in a sandbox of the module writes shared lines that one without does not write.
pub fn check(workshop: &Workshop) -> Result<()> {
    let lines = Lines::prepare(workshop, Impl::Rust)?;
    let session = lines.guest.run(workshop, "lines")?;
    let rows = lines.rows(&session)?;
    let (free, sandboxed): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| parameter(row, "layers") == 0);
    for row in &sandboxed {
        let depth = |row: &Row| parameter(row, "depth");
        let of_depth = free.iter().find(|free| depth(free) == depth(row));
        let free = of_depth.context("nothing was measured without a sandbox")?;
        let (count, without) = (row.measured.figure.median, free.measured.figure.median);
        ensure!(
            count <= without,
            "{} writes {count} shared cache lines, {without} without a sandbox: see {}",
            row.title(),
            lines.reports.display()
        );
    }
    ensure!(!sandboxed.is_empty(), "nothing was measured");
    Ok(())
}

fn parameter(row: &Row, name: &str) -> u64 {
    row.measured.parameters.get(name).copied().unwrap_or(0)
}

fn section(layers: u64) -> Section {
    let command = format!("bench lines --layers {layers}");
    Section::new(&format!("bench/lines-{layers}"), &command)
}
