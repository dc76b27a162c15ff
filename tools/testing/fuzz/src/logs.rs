// SPDX-License-Identifier: GPL-2.0-only

//! Reads what the kernel logs: trace events and audit records.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};

use crate::audit::Audit;

/// Trace buffer of this program, apart from those of others.
const INSTANCE: &str = "/sys/kernel/tracing/instances/fuzz";

/// Where the kernel is told of how many tasks to remember the names.
const NAMED_TASKS: &str = "/sys/kernel/tracing/saved_cmdlines_size";

/// Begins what this program writes to the trace.
const MARK: &str = "step ";

/// Begins the name of a worker of io_uring, which is a thread of the process that it works for.
const WORKER: &str = "iou-wrk-";

/// A line of a log, as the kernel wrote it, without time and task.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Line {
    /// A trace event.
    Trace(String),
    /// An audit record.
    Audit(String),
    /// The operation with this number comes next.
    Step(usize),
}

/// Both logs.
pub struct Logs {
    pipe: File,
    partial: String,
    audit: Audit,
}

impl Logs {
    /// Starts to log.
    pub fn open() -> Result<Self> {
        let dir = Path::new(INSTANCE);
        if !dir.exists() {
            fs::create_dir(dir).context("cannot make a trace buffer")?;
        }
        fs::write(dir.join("buffer_size_kb"), "16384")?;
        // Numbers, since the clocks of two processors may differ, and so put events out of order.
        fs::write(dir.join("trace_clock"), "counter")?;
        fs::write(NAMED_TASKS, "4096").context("the trace forgets names")?;
        fs::write(dir.join("events/landlock/enable"), "1").context("no trace events")?;
        let pipe = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(dir.join("trace_pipe"))
            .context("cannot read the trace")?;
        Ok(Self {
            pipe,
            partial: String::new(),
            audit: Audit::open()?,
        })
    }

    /// Opens the file where marks are written, for the stage.
    pub fn marks() -> Result<File> {
        let path = Path::new(INSTANCE).join("trace_marker");
        OpenOptions::new()
            .write(true)
            .open(path)
            .context("cannot mark the trace")
    }

    /// Marks the audit records, as [`mark`] does the trace.
    pub fn mark_audit(&self, step: usize) {
        self.audit.mark(&format!("{MARK}{step}"));
    }

    /// Returns what was logged since the last time: first trace events, then audit records.
    pub fn take(&mut self) -> Result<Vec<Line>> {
        let text = self.read_trace()?;
        let mut lines: Vec<Line> = text.lines().filter_map(trace_line).collect();
        lines.extend(self.audit.take()?.into_iter().map(audit_line));
        Ok(lines)
    }

    /// Reads the whole lines of the trace.
    fn read_trace(&mut self) -> Result<String> {
        let mut buffer = [0; 16384];
        loop {
            match self.pipe.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => self.partial += &String::from_utf8_lossy(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("cannot read the trace"),
            }
        }
        let end = self.partial.rfind('\n').map_or(0, |index| index + 1);
        let rest = self.partial.split_off(end);
        Ok(std::mem::replace(&mut self.partial, rest))
    }
}

/// Marks the trace before the operation `step`.
pub fn mark(mut file: &File, step: usize) {
    let _ = file.write_all(format!("{MARK}{step}").as_bytes());
}

/// Reads a line of the trace: `  comm-pid  [cpu] flags time: event: fields`.
fn trace_line(line: &str) -> Option<Line> {
    if let Some((task, rest)) = line.split_once(": landlock_") {
        let takes_over = rest.starts_with("enforce_domain");
        if takes_over && task.trim_start().starts_with(WORKER) {
            // Whether there is a worker when its process is restricted is chance.
            return None;
        }
        return Some(Line::Trace(format!("landlock_{rest}")));
    }
    let (_, rest) = line.split_once(": tracing_mark_write: ")?;
    step(rest).map(Line::Step)
}

/// Reads an audit record, or a mark between them.
fn audit_line(record: String) -> Line {
    match step(&record) {
        Some(step) => Line::Step(step),
        None => Line::Audit(record),
    }
}

/// Returns the number of a mark.
fn step(mark: &str) -> Option<usize> {
    mark.strip_prefix(MARK)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_trace() {
        let event = "  fuzz-12  [000] .....  3.5: landlock_free_domain: domain=1 denials=0";
        let expected = "landlock_free_domain: domain=1 denials=0";
        assert_eq!(trace_line(event), Some(Line::Trace(expected.to_owned())));
        let denial = "  iou-wrk-12-15  [000] .....  3.5: landlock_deny_access_fs: domain=1";
        assert!(trace_line(denial).is_some());
        let sibling = denial.replace("deny_access_fs", "enforce_domain");
        assert_eq!(trace_line(&sibling), None);
        let mark = "  fuzz-12  [000] .....  3.5: tracing_mark_write: step 17";
        assert_eq!(trace_line(mark), Some(Line::Step(17)));
        assert_eq!(trace_line("CPU:0 [LOST 12 EVENTS]"), None);
    }
}
