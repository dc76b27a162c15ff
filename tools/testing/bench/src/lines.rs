// SPDX-License-Identifier: GPL-2.0-only

//! Calls on two processors, for a plugin of the virtual machine that sees which cache lines both
//! write.
//!
//! Each processor has a process, with files of its own. Two objects may share a line by chance, as
//! neighbours in a slab. So each measurement is repeated by other processes, with other files, and
//! all of them stay alive until the last report, so that no memory is reused.

use std::fs::File;
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

/// How often each measurement is repeated.
const REPEATS: usize = 3;

/// How many more files the second processor keeps open in each repetition than in the one before:
/// the objects that it allocates next are then no neighbours of the same ones.
const KEPT: usize = 16;

/// Prints the name of each measurement with `layers` layers; the plugin reports what it found.
pub fn measure(layers: u64) -> Result<()> {
    for depth in DEPTHS {
        let dir = tree::deep(Path::new(TOP), depth)?;
        std::env::set_current_dir(dir)?;
        let mut all = Vec::new();
        for repeat in 0..REPEATS {
            let start = |processor| Caller::start(processor, layers, repeat * processor * KEPT);
            let mut callers = (0..PROCESSORS).map(start).collect::<Result<Vec<_>>>()?;
            callers.iter_mut().try_for_each(Caller::wait_for_calls)?;
            mark::report();
            let parameters = json!({ "depth": depth, "layers": layers });
            println!("{}", json!({ "name": "open", "parameters": parameters }));
            all.append(&mut callers);
        }
        all.into_iter().try_for_each(Caller::end)?;
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
    fn start(processor: usize, layers: u64, kept: usize) -> Result<Self> {
        let program = std::env::current_exe()?;
        let mut command = Command::new(program);
        command
            .args(["lines-caller", "--processor", &processor.to_string()])
            .args(["--layers", &layers.to_string()])
            .args(["--kept", &kept.to_string()])
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

/// Opens a file of its own on `processor`, with `layers` layers and with `kept` files open, and waits
/// for the end of its input.
pub fn call(processor: usize, layers: u64, kept: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(processor);
    sched_setaffinity(None, &set).context("cannot choose a processor")?;
    let file = PathBuf::from(format!("file-{}", std::process::id()));
    std::fs::write(&file, "content").context("cannot create a file")?;
    let kept = (0..kept).map(|_| File::open(&file));
    let _kept = kept
        .collect::<Result<Vec<_>, _>>()
        .context("cannot open the file")?;
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
