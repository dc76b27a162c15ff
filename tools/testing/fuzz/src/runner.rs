// SPDX-License-Identifier: GPL-2.0-only

//! Runs programs one after the other, each in namespaces of its own.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::board::{self, BOARD, Board};
use crate::logs::{self, Logs};
use crate::outcome::Outcome;
use crate::program::Program;
use crate::stage;
use crate::sys::{self, Side};

/// How long a program may take before it is ended.
const LIMIT: Timespec = Timespec {
    tv_sec: 60,
    tv_nsec: 0,
};

/// How long the kernel may take to free what a program leaves.
const FREE_LIMIT: Duration = Duration::from_secs(10);

/// How many programs may wait for that.
const MOST_PENDING: usize = 64;

/// Whether each operation is announced in the trace, so that events can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Fast: operations of one actor in a row are one order.
    Digest,
    /// Slow: one order for each operation.
    Steps,
}

/// Runs programs.
pub struct Runner {
    logs: Logs,
    marks: File,
    pending: VecDeque<Outcome>,
    detail: Detail,
}

impl Runner {
    /// Prepares the machine.
    pub fn new(detail: Detail) -> Result<Self> {
        // Grace periods are most of the time that mounts take.
        let _ = fs::write("/sys/kernel/rcu_expedited", "1");
        stay_on_one_processor()?;
        Ok(Self {
            logs: Logs::open()?,
            marks: Logs::marks()?,
            pending: VecDeque::new(),
            detail,
        })
    }

    /// Runs a program; returns the outcomes that are complete by now, in the order of the programs.
    pub fn run(&mut self, program: Program) -> Result<Vec<Outcome>> {
        let program = Arc::new(program);
        let file = board::make(program.steps.len())?;
        let copy = file.try_clone().context("cannot share the board")?;
        stage::place(copy, BOARD);
        match stage::fork() {
            Ok(Side::Child) => self.stage(&program),
            Ok(Side::Parent(pid)) => self.wait(pid)?,
            Err(error) => bail!("cannot make namespaces: error {error}"),
        }
        let board = Board::new(file.as_fd());
        let results = (0..program.steps.len()).map(|step| board.result(step));
        let results = results.collect();
        let mut outcome = Outcome::new(program, results);
        let others = outcome.add(self.logs.take()?);
        self.give_away(others);
        self.pending.push_back(outcome);
        if self.pending.len() > MOST_PENDING {
            self.wait_for_first()?;
        }
        Ok(self.complete())
    }

    /// Waits until everything is freed, and returns the last outcomes.
    pub fn finish(&mut self) -> Result<Vec<Outcome>> {
        let mut outcomes = Vec::new();
        while !self.pending.is_empty() {
            self.wait_for_first()?;
            outcomes.extend(self.pending.pop_front());
        }
        Ok(outcomes)
    }

    /// Is the stage of a program.
    fn stage(&self, program: &Arc<Program>) -> ! {
        let announce = |step| logs::mark(&self.marks, step);
        let announce: Option<stage::Announce<'_>> = match self.detail {
            Detail::Digest => None,
            Detail::Steps => Some(&announce),
        };
        let status = match stage::run(program, announce) {
            Ok(()) => 0,
            Err(error) => {
                eprintln!("fuzz: {error:#}");
                1
            }
        };
        sys::exit(status)
    }

    /// Waits for the end of a stage, with which all processes of its program end.
    fn wait(&self, pid: i32) -> Result<()> {
        let number = Pid::from_raw(pid).context("no process")?;
        let pidfd = pidfd_open(number, PidfdFlags::empty()).context("lost the stage")?;
        let mut waiting = [PollFd::new(&pidfd, PollFlags::IN)];
        if poll(&mut waiting, Some(&LIMIT))? == 0 {
            pidfd_send_signal(&pidfd, Signal::KILL)?;
        }
        let status = sys::wait(pid);
        ensure!(status != 1, "the stage could not be prepared");
        Ok(())
    }

    /// Gives lines about the end of something to the programs that made it.
    fn give_away(&mut self, lines: Vec<logs::Line>) {
        for line in lines {
            self.pending
                .iter_mut()
                .any(|outcome| outcome.add_freed(&line));
        }
    }

    /// Waits until all is freed that the first program left, or for a limited time.
    fn wait_for_first(&mut self) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < FREE_LIMIT {
            if self.pending.front().is_none_or(Outcome::is_complete) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
            let lines = self.logs.take()?;
            self.give_away(lines);
        }
        // What it still has is part of its outcome: it must be the same in both kernels.
        Ok(())
    }

    /// Takes the first outcomes that are complete.
    fn complete(&mut self) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        while self.pending.front().is_some_and(Outcome::is_complete)
            || self.pending.len() > MOST_PENDING
        {
            outcomes.extend(self.pending.pop_front());
        }
        outcomes
    }
}

/// Keeps this program and its children on one processor, so that events have one order.
fn stay_on_one_processor() -> Result<()> {
    let mut set = rustix::thread::CpuSet::new();
    set.set(0);
    rustix::thread::sched_setaffinity(None, &set).context("cannot choose a processor")
}
