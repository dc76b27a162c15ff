// SPDX-License-Identifier: GPL-2.0-only

//! Calls on two processors, for a plugin of the virtual machine that sees which cache lines both
//! write.
//!
//! Each processor has a process, with files of its own. Both are alive until the report, so that
//! memory of one is not reused for the other.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, Result, ensure};
use rustix::fs::{Mode, OFlags, open};
use rustix::thread::{CpuSet, sched_setaffinity};
use serde_json::json;

use crate::sandbox::{self, Recipe};
use crate::tree;

/// Where the files are.
const TOP: &str = "/tmp/lines";

/// How many directories lie between the files and [`TOP`].
const DEPTHS: [u64; 3] = [1, 8, 32];

/// How many processors there are.
const PROCESSORS: usize = 2;

/// How often each of them opens its file.
const CALLS: usize = 64;

/// Prints the name of each measurement with `layers` layers; the plugin reports what it found.
pub fn measure(layers: u64) -> Result<()> {
    for depth in DEPTHS {
        let dir = tree::deep(Path::new(TOP), depth)?;
        std::env::set_current_dir(dir)?;
        let callers = (0..PROCESSORS).map(|processor| Caller::start(processor, layers));
        let mut callers = callers.collect::<Result<Vec<_>>>()?;
        callers.iter_mut().try_for_each(Caller::wait_for_calls)?;
        mark::report();
        callers.into_iter().try_for_each(Caller::end)?;
        let parameters = json!({ "depth": depth, "layers": layers });
        println!("{}", json!({ "name": "open", "parameters": parameters }));
    }
    Ok(())
}

/// A process that opens a file on a processor of its own.
struct Caller {
    process: Child,
    /// Ends it when it is closed.
    input: ChildStdin,
}

impl Caller {
    fn start(processor: usize, layers: u64) -> Result<Self> {
        let program = std::env::current_exe()?;
        let mut command = Command::new(program);
        command
            .args(["lines-caller", "--processor", &processor.to_string()])
            .args(["--layers", &layers.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = command.spawn().context("cannot start a caller")?;
        let input = process.stdin.take().context("no input")?;
        Ok(Self { process, input })
    }

    /// Waits until it made all calls.
    fn wait_for_calls(&mut self) -> Result<()> {
        let output = self.process.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        ensure!(line == "done\n", "a caller failed");
        Ok(())
    }

    fn end(mut self) -> Result<()> {
        drop(self.input);
        ensure!(self.process.wait()?.success(), "a caller failed");
        Ok(())
    }
}

/// Opens a file of its own on `processor`, with `layers` layers, and waits for the end of its input.
pub fn call(processor: usize, layers: u64) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(processor);
    sched_setaffinity(None, &set).context("cannot choose a processor")?;
    let file = PathBuf::from(format!("file-{processor}"));
    std::fs::write(&file, "content").context("cannot create a file")?;
    sandbox::enforce(&Recipe::new(1)?.ruleset()?, layers)?;
    for _ in 0..CALLS {
        mark::begin();
        let opened = open(&file, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
        drop(opened.context("cannot open the file")?);
        mark::end();
    }
    println!("done");
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Instructions that do nothing, for the plugin.
mod mark {
    #![allow(unsafe_code)]

    use std::arch::asm;

    /// Begins a call.
    pub fn begin() {
        // SAFETY: exchanges a register with itself.
        unsafe { asm!("xchg cx, cx", options(nostack, preserves_flags)) }
    }

    /// Ends a call.
    pub fn end() {
        // SAFETY: exchanges a register with itself.
        unsafe { asm!("xchg dx, dx", options(nostack, preserves_flags)) }
    }

    /// Asks for a report.
    pub fn report() {
        // SAFETY: exchanges a register with itself.
        unsafe { asm!("xchg si, si", options(nostack, preserves_flags)) }
    }
}
