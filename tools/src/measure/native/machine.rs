// SPDX-License-Identifier: GPL-2.0-only

//! Boots of a kernel that runs as a program.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::thread::{CpuSet, sched_getaffinity};

use crate::guest::initramfs::Root;
use crate::guest::machine::BUSYBOX;
use crate::guest::programs;
use crate::host::process::{Running, Tail};
use crate::kernel::{Impl, Workshop};
use crate::measure::native::kernel;
use crate::measure::native::readings::{self, Readings};
use crate::results::console;
use crate::results::transcript::Transcript;

/// Consoles: what the kernel says goes to standard error, the transcript to standard output.
const CONSOLES: [&str; 4] = ["con=none", "con0=null,fd:2", "ssl=none", "ssl1=null,fd:1"];

/// A broken kernel ends at once. Programs are watched through seccomp, which is much faster than
/// through ptrace, where the machine allows it.
const PARAMETERS: [&str; 5] = [
    "mem=512M",
    "seccomp=auto",
    "oops=panic",
    "panic=-1",
    "noreboot",
];

/// How long a boot may take.
const LIMIT: Duration = Duration::from_secs(120);

/// A kernel that is ready to be booted, again and again.
pub struct Machine {
    kernel: PathBuf,
    root: Root,
    /// Log of the console; the transcript goes beside it.
    console: PathBuf,
    /// Number of the processor that it runs on.
    processor: String,
}

impl Machine {
    /// Prepares the kernel with `implementation` and the benchmarks.
    pub fn new(workshop: &Workshop, implementation: Impl) -> Result<Self> {
        let kernel = kernel::find(workshop, implementation)?;
        let mut root = Root::default();
        root.add("bin/busybox", Path::new(BUSYBOX))?;
        root.add_all("bin", &programs::fs_bench(workshop)?.files)?;
        root.add_all("bin", &programs::native_bench(workshop)?.files)?;
        root.plan = readings::plan();
        Ok(Self {
            kernel,
            root,
            processor: processor()?,
            console: workshop
                .place
                .log(&format!("console-native-{implementation}")),
        })
    }

    /// Boots, and returns what was measured. Calls `tick` all the while.
    pub fn run(&self, mut tick: impl FnMut()) -> Result<Readings> {
        let mut transcript = Transcript::default();
        let ended = self.boot(&mut transcript, &mut tick);
        let text = fs::read(&self.console).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).replace('\r', "");
        let readings = console::check(&text)
            .and(ended)
            .and_then(|()| transcript.check_done())
            .and_then(|()| readings::read(&transcript));
        if readings.is_err() {
            eprint!("{}", console::excerpt(&text));
        }
        readings.with_context(|| format!("see {}", self.console.display()))
    }

    /// Boots and waits for the end.
    fn boot(&self, transcript: &mut Transcript, tick: &mut impl FnMut()) -> Result<()> {
        let dir = tempfile::tempdir().context("cannot create a temporary folder")?;
        self.root.write(&dir.path().join("root.cpio"))?;
        let output = self.console.with_extension("out");
        let mut linux = self.command(dir.path());
        linux
            .stdin(Stdio::null())
            .stdout(create(&output)?)
            .stderr(create(&self.console)?);

        let mut tail = Tail::new(&output);
        let deadline = Instant::now() + LIMIT;
        let mut machine = Running::start(&mut linux)?.named("the native kernel");
        let status = machine.wait(Some(deadline), || {
            tail.lines()?.iter().for_each(|line| transcript.push(line));
            tick();
            Ok(())
        })?;
        ensure!(status.success(), "the native kernel ended with {status}");
        Ok(())
    }

    /// Makes the command that boots the kernel, with its files in `dir`. `setpriv` ends it should
    /// this tool be killed. It stays on one processor: each system call hands over between two
    /// processes, and to wake up another processor takes many times longer than the call.
    fn command(&self, dir: &Path) -> Command {
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "--"])
            .args(["taskset", "--cpu-list", &self.processor])
            .arg(&self.kernel)
            .args(PARAMETERS)
            .args(CONSOLES)
            .arg(format!("initrd={}", dir.join("root.cpio").display()))
            .arg(format!("uml_dir={}", dir.display()));
        command
    }
}

/// Returns the number of the first processor that this tool may use.
fn processor() -> Result<String> {
    let allowed = sched_getaffinity(None).context("cannot ask for the processors")?;
    let first = (0..CpuSet::MAX_CPU).find(|cpu| allowed.is_set(*cpu));
    Ok(first.context("no processor may be used")?.to_string())
}

/// Creates the file at `path` for the output of a program.
fn create(path: &Path) -> Result<File> {
    File::create(path).with_context(|| format!("cannot write {}", path.display()))
}
