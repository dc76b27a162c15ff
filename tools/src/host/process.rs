// SPDX-License-Identifier: GPL-2.0-only

//! Running other programs: output to a log, progress from its lines, and a clean end.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use rustix::process::{Pid, Signal, getpgid, kill_process, kill_process_group};

use crate::host::place::name;

/// How often a running program is looked at.
const POLL: Duration = Duration::from_millis(50);

/// How long a program that was asked to end may take for it.
const GRACE: Duration = Duration::from_secs(5);

/// Set once the tool is asked to stop.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Makes Ctrl-C, SIGTERM and SIGHUP end the tool in order.
pub fn catch_interrupts() -> Result<()> {
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed))
        .context("cannot catch signals")
}

/// Fails once the tool is asked to stop.
pub fn check_interrupt() -> Result<()> {
    ensure!(!INTERRUPTED.load(Ordering::Relaxed), "interrupted");
    Ok(())
}

/// A program that this tool started. It is ended when the value goes away.
pub struct Running {
    child: Child,
    what: String,
}

impl Running {
    /// Starts `command`.
    pub fn start(command: &mut Command) -> Result<Self> {
        let what = name(Path::new(command.get_program()));
        let child = command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound => anyhow!("{what} is not installed"),
            _ => anyhow!("cannot start {what}: {error}"),
        })?;
        Ok(Self { child, what })
    }

    /// Says what the program is for, when its own name tells the user nothing.
    pub fn named(mut self, what: &str) -> Self {
        what.clone_into(&mut self.what);
        self
    }

    /// Starts `command` as the leader of a group of processes, all of which are ended with it. A `make`
    /// that is ended leaves others behind.
    ///
    /// Only `sudo` stays in the group of this tool: it may ask for a password, and no other group may
    /// read from the terminal.
    fn start_group(command: &mut Command) -> Result<Self> {
        if command.get_program() != "sudo" {
            command.process_group(0);
        }
        Self::start(command)
    }

    /// Waits for the end, at most until `deadline`, and calls `tick` all the while.
    pub fn wait(
        &mut self,
        deadline: Option<Instant>,
        mut tick: impl FnMut() -> Result<()>,
    ) -> Result<ExitStatus> {
        loop {
            let ended = self.child.try_wait().context("cannot wait")?;
            tick()?;
            if let Some(status) = ended {
                return Ok(status);
            }
            check_interrupt()?;
            if deadline.is_some_and(|deadline| Instant::now() > deadline) {
                bail!("{} did not end in time", self.what);
            }
            sleep(POLL);
        }
    }

    /// Asks the program to end, and makes it end if it does not.
    fn end(&mut self) {
        let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) else {
            return;
        };
        let asked = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            let _ = match getpgid(Some(pid)) {
                Ok(group) if group == pid => kill_process_group(group, Signal::TERM),
                _ => kill_process(pid, Signal::TERM),
            };
            if asked.elapsed() > GRACE {
                let _ = self.child.kill();
            }
            sleep(POLL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// Reads the lines of a file that another program is writing.
pub struct Tail {
    path: PathBuf,
    file: Option<File>,
    partial: Vec<u8>,
}

impl Tail {
    /// Follows the file at `path`, which need not exist yet.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            file: None,
            partial: Vec::new(),
        }
    }

    /// Returns the lines that were completed since the last call.
    pub fn lines(&mut self) -> Result<Vec<String>> {
        if self.file.is_none() {
            self.file = File::open(&self.path).ok();
        }
        if let Some(file) = &mut self.file {
            file.read_to_end(&mut self.partial)
                .context("cannot read a log")?;
        }
        let Some(end) = self.partial.iter().rposition(|byte| *byte == b'\n') else {
            return Ok(Vec::new());
        };
        let rest = self.partial.split_off(end + 1);
        let text = std::mem::replace(&mut self.partial, rest);
        let text = String::from_utf8_lossy(&text).replace('\r', "");
        Ok(text.lines().map(str::to_owned).collect())
    }
}

/// Runs `command` with its output in `log`, and gives each line to `on_line`.
///
/// The error names the first line of the log that looks like one.
pub fn run(command: &mut Command, log: &Path, mut on_line: impl FnMut(&str)) -> Result<()> {
    let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let copy = file.try_clone().context("cannot copy a descriptor")?;
    command.stdin(Stdio::null()).stdout(file).stderr(copy);

    let mut running = Running::start_group(command)?;
    let mut tail = Tail::new(log);
    let status = running.wait(None, || {
        tail.lines()?.iter().for_each(|line| on_line(line));
        Ok(())
    })?;
    if status.success() {
        return Ok(());
    }
    check_interrupt()?;
    let text = std::fs::read(log).unwrap_or_default();
    let error = first_error(&String::from_utf8_lossy(&text));
    bail!("{error}; see {}", log.display())
}

/// Runs `command` and returns what it printed, or the first line of its complaint.
pub fn capture(command: &mut Command) -> Result<String> {
    let what = name(Path::new(command.get_program()));
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|_| anyhow!("{what} is not installed"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        bail!("{what}: {}", first_error(&text));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Picks the first line that reports an error, else the last line.
pub fn first_error(log: &str) -> String {
    const SIGNS: [&str; 7] = [
        "error:",
        "error[",
        "E: ",
        "undefined reference",
        "No space left",
        "***",
        "FAILED",
    ];
    let is_error = |line: &&str| SIGNS.iter().any(|sign| line.contains(sign));
    let line = log.lines().find(is_error);
    let line = line.or_else(|| log.lines().rfind(|line| !line.trim().is_empty()));
    line.unwrap_or("it said nothing").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn first_error_is_the_first_and_not_the_last() {
        let log = "  CC  a.o\na.c:1: error: no such thing\nmake: *** [a.o] Error 1\n";
        assert_eq!(first_error(log), "a.c:1: error: no such thing");
        assert_eq!(first_error("one\ntwo\n\n"), "two");
    }

    #[test]
    fn tail_returns_whole_lines_only() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut tail = Tail::new(file.path());
        file.write_all(b"one\r\ntw").unwrap();
        assert_eq!(tail.lines().unwrap(), ["one"]);
        file.write_all(b"o\n").unwrap();
        assert_eq!(tail.lines().unwrap(), ["two"]);
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let running = Running::start(Command::new("sleep").arg("60")).unwrap();
        let mut running = running.named("the nap");
        let deadline = Instant::now() + Duration::from_millis(120);
        let error = running.wait(Some(deadline), || Ok(())).unwrap_err();
        assert_eq!(error.to_string(), "the nap did not end in time");
    }

    #[test]
    fn what_a_program_started_is_ended_with_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut tail = Tail::new(file.path());
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "sleep 60 & echo $!; wait"])
            .stdout(file.reopen().unwrap());
        let mut running = Running::start_group(&mut shell).unwrap();
        let mut started = None;
        let _ = running.wait(None, || {
            started = tail.lines()?.pop();
            ensure!(started.is_none(), "it started something");
            Ok(())
        });
        drop(running);
        let process = Path::new("/proc").join(started.unwrap());
        for _ in 0..600 {
            if !process.join("exe").exists() {
                return;
            }
            sleep(POLL);
        }
        panic!("it goes on");
    }
}
