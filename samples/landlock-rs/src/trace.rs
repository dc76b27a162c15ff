// SPDX-License-Identifier: GPL-2.0-only

//! Follows trace events of a command, apart from other traces of this machine.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::event::{Event, Names};

/// Where traces with buffers of their own are made.
const INSTANCES: &str = "/sys/kernel/tracing/instances";

/// A trace of Landlock's events in this process, and in what it starts from now on.
pub struct Trace {
    dir: PathBuf,
    /// Closed before the trace is removed.
    pipe: Option<File>,
    /// The beginning of a line that was not read to its end.
    rest: Vec<u8>,
    names: Names,
}

impl Trace {
    /// Starts a trace.
    pub fn start() -> Result<Self> {
        let dir = Path::new(INSTANCES).join(format!("landlock-{}", std::process::id()));
        fs::create_dir(&dir).with_context(|| {
            format!("cannot trace in {INSTANCES}: be root, and mount -t tracefs if it is missing")
        })?;
        let pipe = set_up(&dir).inspect_err(|_| remove(&dir))?;
        Ok(Self {
            dir,
            pipe: Some(pipe),
            rest: Vec::new(),
            names: Names::default(),
        })
    }

    /// Returns the events since the last call.
    pub fn read(&mut self) -> Result<Vec<Event>> {
        let mut block = [0; 1 << 16];
        while let Some(pipe) = &mut self.pipe {
            match pipe.read(&mut block) {
                Ok(0) => break,
                Ok(size) => self.rest.extend_from_slice(&block[..size]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("cannot read the trace"),
            }
        }
        let end = self.rest.iter().rposition(|byte| *byte == b'\n');
        let lines: Vec<u8> = self.rest.drain(..end.map_or(0, |end| end + 1)).collect();
        let lines = String::from_utf8_lossy(&lines);
        let events = lines.lines().filter_map(Event::parse);
        Ok(events.filter_map(|event| self.names.apply(event)).collect())
    }
}

/// Chooses what is traced, and opens the trace.
fn set_up(dir: &Path) -> Result<File> {
    let pid = std::process::id().to_string();
    for (file, value) in [
        // Orders events of different processors, as other clocks do not: a task is forked first,
        // and then executes a program.
        ("trace_clock", "counter"),
        ("options/event-fork", "1"),
        ("set_event_pid", &pid),
        ("events/sched/sched_process_exec/enable", "1"),
        ("events/sched/sched_process_fork/enable", "1"),
        ("events/landlock/enable", "1"),
    ] {
        let file = dir.join(file);
        fs::write(&file, value).with_context(|| {
            let file = file.display();
            format!("cannot write {file}: it needs Linux 7.3 with CONFIG_TRACEPOINTS")
        })?;
    }
    let mut options = OpenOptions::new();
    let options = options.read(true).custom_flags(libc::O_NONBLOCK);
    let pipe = options.open(dir.join("trace_pipe"));
    pipe.context("cannot open the trace")
}

/// Removes a trace. What fails is left to the administrator.
fn remove(dir: &Path) {
    let _ = fs::write(dir.join("events/enable"), "0");
    let _ = fs::remove_dir(dir);
}

impl Drop for Trace {
    fn drop(&mut self) {
        self.pipe = None;
        remove(&self.dir);
    }
}
