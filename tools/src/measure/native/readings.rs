// SPDX-License-Identifier: GPL-2.0-only

//! What the benchmarks print, read.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, Result, ensure};

use crate::guest::initramfs::Section;
use crate::measure::figure;
use crate::results::transcript::{Output, Transcript};

/// Directories that the kernel's benchmark nests.
const DEPTH: u64 = 10_000;

/// How often the kernel's benchmark asks for a file.
const ITERATIONS: u64 = 1_000;

/// Nanoseconds of a clock of `times(2)`.
const CLOCK: f64 = 1e7;

/// Section of our benchmark.
const OURS: &str = "native_bench";

/// Section of the kernel's benchmark without what it measures: what remains is the preparation.
const PREPARATION: &str = "fs_bench-prepare";

/// Section of the kernel's benchmark.
const WHOLE: &str = "fs_bench";

/// Nanoseconds by what was measured.
pub type Readings = BTreeMap<Point, f64>;

/// What was measured: an operation, and how much it had to do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// The operation.
    pub name: String,
    /// How much there is for it, by kind.
    pub parameters: BTreeMap<String, u64>,
}

impl Point {
    /// Makes a point.
    pub fn new(name: &str, parameters: BTreeMap<String, u64>) -> Self {
        Self {
            name: name.to_owned(),
            parameters,
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&figure::title(&self.name, &self.parameters))
    }
}

/// Returns what a guest does to measure.
pub fn plan() -> Vec<Section> {
    let fs_bench = |iterations| format!("cd /tmp && fs_bench -d {DEPTH} -n {iterations}");
    vec![
        Section::new(PREPARATION, &fs_bench(0)),
        Section::new(WHOLE, &fs_bench(ITERATIONS)),
        Section::new(OURS, "cd /tmp && native_bench"),
    ]
}

/// Reads what a guest measured.
pub fn read(transcript: &Transcript) -> Result<Readings> {
    let mut readings = Readings::new();
    for line in &section(transcript, OURS)?.lines {
        let (point, ns) = parse(line).with_context(|| format!("{OURS} printed: {line}"))?;
        readings.insert(point, ns);
    }
    ensure!(!readings.is_empty(), "{OURS} printed nothing");

    let clocks = system_clocks(section(transcript, WHOLE)?)?
        - system_clocks(section(transcript, PREPARATION)?)?;
    let parameters = [("depth".to_owned(), DEPTH), ("rules".to_owned(), DEPTH)];
    let point = Point::new(WHOLE, parameters.into());
    readings.insert(point, clocks * CLOCK / ITERATIONS as f64);
    Ok(readings)
}

/// Reads a line of our benchmark: `open depth=100 layers=1 2500`.
fn parse(line: &str) -> Option<(Point, f64)> {
    let (what, ns) = line.rsplit_once(' ')?;
    let mut words = what.split(' ');
    let name = words.next()?;
    let parameters = words.map(|word| {
        let (name, value) = word.split_once('=')?;
        Some((name.to_owned(), value.parse().ok()?))
    });
    let parameters = parameters.collect::<Option<_>>()?;
    Some((Point::new(name, parameters), ns.parse().ok()?))
}

/// Returns the section `name`, which must have succeeded.
fn section<'a>(transcript: &'a Transcript, name: &str) -> Result<&'a Output> {
    let output = transcript
        .section(name)
        .with_context(|| format!("{name} was not run"))?;
    let last = output.lines.last().map_or("nothing", String::as_str);
    ensure!(output.status == Some(0), "{name} failed: {last}");
    Ok(output)
}

/// Reads how long the kernel's benchmark was in the kernel: `System: 42 clocks`.
fn system_clocks(output: &Output) -> Result<f64> {
    let mut lines = output.lines.iter();
    let clocks = lines.find_map(|line| {
        let rest = line.strip_prefix("System:")?;
        rest.trim().strip_suffix(" clocks")?.parse().ok()
    });
    clocks.context("fs_bench did not print its time")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes the transcript of a guest in which the kernel's benchmark took `clocks`.
    fn transcript(clocks: u64, status: i32) -> Transcript {
        let mut transcript = Transcript::default();
        let mut push = |name: &str, status, line: &str| {
            transcript.push(&format!("##landlock-rs begin {name}"));
            transcript.push(line);
            transcript.push(&format!("##landlock-rs end {name} {status}"));
        };
        push(PREPARATION, 0, "System: 50 clocks");
        push(WHOLE, status, &format!("System: {clocks} clocks"));
        push(OURS, 0, "open depth=100 layers=1 2500");
        transcript
    }

    #[test]
    fn both_benchmarks_are_read() {
        let readings = read(&transcript(350, 0)).unwrap();
        let readings: Vec<_> = readings
            .iter()
            .map(|(point, ns)| (point.to_string(), *ns))
            .collect();
        let expected = [
            ("fs_bench depth=10000 rules=10000".to_owned(), 3_000_000.0),
            ("open depth=100 layers=1".to_owned(), 2_500.0),
        ];
        assert_eq!(readings, expected);
    }

    #[test]
    fn other_lines_are_refused() {
        for line in ["", "open 1 2", "open depth=x 1", "open depth=1"] {
            assert!(parse(line).is_none(), "{line}");
        }
    }

    #[test]
    fn a_failed_benchmark_gives_no_figure() {
        let error = read(&transcript(350, 1)).unwrap_err().to_string();
        assert_eq!(error, "fs_bench failed: System: 350 clocks");
        assert!(read(&Transcript::default()).is_err());
    }
}
