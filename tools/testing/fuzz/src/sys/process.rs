// SPDX-License-Identifier: GPL-2.0-only

//! Processes: their start, their end, and the programs that they execute.

use std::ffi::{CStr, CString};
use std::os::fd::RawFd;

use super::last_error;

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

/// Ends this process at once.
pub fn exit(status: i32) -> ! {
    // SAFETY: Nothing of this process is used any more.
    unsafe { libc::_exit(status) }
}

/// Executes a program by descriptor and path; only returns the error, or 0 after a mere check.
pub fn execute(dir: RawFd, path: &CStr, args: &[CString], flags: i32) -> i32 {
    let mut words: Vec<*const libc::c_char> = args.iter().map(|arg| arg.as_ptr()).collect();
    words.push(std::ptr::null());
    let environment = [std::ptr::null::<libc::c_char>()];
    let (argv, envp) = (words.as_ptr(), environment.as_ptr());
    // SAFETY: Both lists end with a null pointer, and `args` outlives the call.
    let value = unsafe { libc::syscall(libc::SYS_execveat, dir, path.as_ptr(), argv, envp, flags) };
    if value < 0 { -last_error() } else { 0 }
}
