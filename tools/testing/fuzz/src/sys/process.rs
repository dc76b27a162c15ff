// SPDX-License-Identifier: GPL-2.0-only

//! Processes: their start, their end, and the programs that they execute.

use std::ffi::{CStr, CString};
use std::os::fd::RawFd;

use super::linked::{Linked, words};
use super::{Arg, Call, call, last_error};

/// Which side of a fork this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The new process.
    Child,
    /// The old one, with the child's number.
    Parent(i32),
}

/// Copies this process. With `flags`, in new namespaces.
pub fn fork(flags: i32) -> Result<Side, i32> {
    let flags = i64::from(flags | libc::SIGCHLD);
    // SAFETY: Without a stack and without CLONE_VM this is fork(): the child has memory of its
    // own. Where there are threads, the child does nothing but system calls.
    match unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) } {
        0 => Ok(Side::Child),
        pid if pid > 0 => Ok(Side::Parent(pid as i32)),
        _ => Err(-last_error()),
    }
}

/// Runs `work` in a child and returns its exit status, which is never an error.
pub fn in_child(work: impl FnOnce() -> i32) -> i32 {
    match fork(0) {
        Err(error) => error,
        Ok(Side::Child) => exit(work()),
        Ok(Side::Parent(pid)) => wait(pid),
    }
}

/// Waits for a child; returns its exit status, or 1000 and the signal that ended it.
pub fn wait(pid: i32) -> i32 {
    let mut status = 0;
    // SAFETY: `status` is there for the kernel to write.
    if unsafe { libc::waitpid(pid, &mut status, libc::__WALL) } < 0 {
        return -last_error();
    }
    if libc::WIFEXITED(status) {
        libc::WEXITSTATUS(status)
    } else if libc::WIFSIGNALED(status) {
        1000 + libc::WTERMSIG(status)
    } else {
        2000
    }
}

/// Ends this process immediately.
pub fn exit(status: i32) -> ! {
    // SAFETY: Nothing of this process is used any more.
    unsafe { libc::_exit(status) }
}

/// Executes a program by descriptor and path; only returns the error, or 0 after a mere check.
pub fn execute(dir: RawFd, path: &CStr, args: &[CString], flags: i32) -> i32 {
    let mut linked = match Linked::new() {
        Ok(linked) => linked,
        Err(error) => return error,
    };
    let add = |arg: &CString| {
        let start = linked.add(arg.to_bytes_with_nul());
        linked.address(start)
    };
    let args: Vec<i64> = args.iter().map(add).chain([0]).collect();
    let [args, environment] = [&args[..], &[0]].map(|list| linked.add(&words(list)));
    let [args, environment] = [args, environment].map(|list| Arg::Linked(&linked, list));
    let [dir, flags] = [dir, flags].map(|value| Arg::Int(value.into()));
    call(
        Call::Execute,
        [dir, Arg::Text(path), args, environment, flags],
    )
    .min(0)
}
