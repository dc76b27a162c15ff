// SPDX-License-Identifier: GPL-2.0-only

//! Other processes, and this one.

use std::ffi::CString;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use rustix::fs::{CWD, readlinkat_raw};
use rustix::process::{Pid, Uid, getuid, test_kill_process};
use rustix::thread::set_thread_uid;

use crate::sample::{self, Operation};

/// Program that does nothing until its input ends.
const NOTHING: &str = "/bin/nothing";

/// A child that waits, of the same domain.
struct Target(Child);

impl Target {
    /// Starts the child.
    fn start() -> Result<Self> {
        let mut command = Command::new(NOTHING);
        let child = command.stdin(Stdio::piped()).spawn();
        Ok(Self(child.context("cannot start a child")?))
    }

    /// Returns the identifier of the child.
    fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // Waiting closes the input, which ends the child.
        let _ = self.0.wait();
    }
}

/// Asking whether a signal may be sent.
struct Kill(Target);

impl Operation for Kill {
    fn call(&mut self, _index: usize) -> Result<()> {
        Ok(test_kill_process(self.0.pid())?)
    }
}

/// Prepares [`Kill`].
pub fn kill() -> Result<Box<dyn Operation>> {
    Ok(Box::new(Kill(Target::start()?)))
}

/// Reading what only a tracer may know: where the program of another process lies.
struct Ptrace {
    link: CString,
    _target: Target,
}

impl Operation for Ptrace {
    fn call(&mut self, _index: usize) -> Result<()> {
        let mut buffer = [0_u8; 64];
        let length = readlinkat_raw(CWD, &*self.link, &mut buffer[..])?;
        ensure!(length > 0, "a link is empty");
        Ok(())
    }
}

/// Prepares [`Ptrace`].
pub fn ptrace() -> Result<Box<dyn Operation>> {
    let target = Target::start()?;
    let link = CString::new(format!("/proc/{}/exe", target.pid().as_raw_nonzero()))?;
    Ok(Box::new(Ptrace {
        link,
        _target: target,
    }))
}

/// Replacing the credentials by equal ones.
struct SetUid(Uid);

impl Operation for SetUid {
    fn call(&mut self, _index: usize) -> Result<()> {
        Ok(set_thread_uid(self.0)?)
    }
}

/// Prepares [`SetUid`].
pub fn set_uid() -> Result<Box<dyn Operation>> {
    Ok(Box::new(SetUid(getuid())))
}

/// Starting a program and waiting for its end.
struct Exec;

impl Operation for Exec {
    fn calls(&self) -> usize {
        1
    }

    fn call(&mut self, _index: usize) -> Result<()> {
        let status = Command::new(NOTHING).stdin(Stdio::null()).status()?;
        ensure!(status.success(), "a program failed");
        Ok(())
    }

    fn after(&mut self) -> Result<()> {
        sample::settle()
    }
}

/// Prepares [`Exec`].
pub fn exec() -> Result<Box<dyn Operation>> {
    Ok(Box::new(Exec))
}
