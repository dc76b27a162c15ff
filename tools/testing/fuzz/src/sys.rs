// SPDX-License-Identifier: GPL-2.0-only

//! System calls with any arguments, valid or not: the only file with unsafe code.

#![allow(unsafe_code)]

use std::ffi::{CStr, CString};
use std::os::fd::{BorrowedFd, RawFd};

/// The system calls that programs make. None of them touches memory but what its arguments lend.
#[derive(Clone, Copy, Debug)]
#[repr(i64)]
#[allow(missing_docs)]
pub enum Call {
    Accept = libc::SYS_accept4,
    AddRule = libc::SYS_landlock_add_rule,
    Bind = libc::SYS_bind,
    Capset = libc::SYS_capset,
    Chdir = libc::SYS_chdir,
    Chroot = libc::SYS_chroot,
    Close = libc::SYS_close,
    Connect = libc::SYS_connect,
    CreateRuleset = libc::SYS_landlock_create_ruleset,
    Dup3 = libc::SYS_dup3,
    Fchdir = libc::SYS_fchdir,
    Fcntl = libc::SYS_fcntl,
    Fsconfig = libc::SYS_fsconfig,
    Fsmount = libc::SYS_fsmount,
    Fsopen = libc::SYS_fsopen,
    Ftruncate = libc::SYS_ftruncate,
    GetDents = libc::SYS_getdents64,
    Ioctl = libc::SYS_ioctl,
    Kill = libc::SYS_kill,
    Link = libc::SYS_linkat,
    Listen = libc::SYS_listen,
    Lseek = libc::SYS_lseek,
    Mkdir = libc::SYS_mkdirat,
    Mknod = libc::SYS_mknodat,
    Mount = libc::SYS_mount,
    MoveMount = libc::SYS_move_mount,
    Open = libc::SYS_openat,
    OpenTree = libc::SYS_open_tree,
    PidfdGetfd = libc::SYS_pidfd_getfd,
    PidfdOpen = libc::SYS_pidfd_open,
    PidfdSignal = libc::SYS_pidfd_send_signal,
    PivotRoot = libc::SYS_pivot_root,
    Prctl = libc::SYS_prctl,
    Ptrace = libc::SYS_ptrace,
    Read = libc::SYS_read,
    Recv = libc::SYS_recvfrom,
    Rename = libc::SYS_renameat2,
    RestrictSelf = libc::SYS_landlock_restrict_self,
    SendTo = libc::SYS_sendto,
    SetSockOpt = libc::SYS_setsockopt,
    SigTimedWait = libc::SYS_rt_sigtimedwait,
    Socket = libc::SYS_socket,
    Symlink = libc::SYS_symlinkat,
    Tgkill = libc::SYS_tgkill,
    Truncate = libc::SYS_truncate,
    Umount = libc::SYS_umount2,
    Unlink = libc::SYS_unlinkat,
    Write = libc::SYS_write,
}

/// One argument of a system call.
pub enum Arg<'a> {
    /// A number. Where the call takes an address, only 0 will do.
    Int(i64),
    /// Memory that the call reads.
    In(&'a [u8]),
    /// Text that the call reads.
    Text(&'a CStr),
    /// Memory that the call writes, no more than a length among the other arguments.
    Out(&'a mut [u8]),
}

impl Arg<'_> {
    fn word(&mut self) -> i64 {
        match self {
            Self::Int(value) => *value,
            Self::In(bytes) => bytes.as_ptr() as i64,
            Self::Text(text) => text.as_ptr() as i64,
            Self::Out(bytes) => bytes.as_mut_ptr() as i64,
        }
    }
}

/// Makes a system call; returns its value or the negative error.
pub fn call<const N: usize>(number: Call, mut args: [Arg<'_>; N]) -> i32 {
    let mut words = [0; 6];
    for (word, arg) in words.iter_mut().zip(&mut args) {
        *word = arg.word();
    }
    let [a, b, c, d, e, f] = words;
    // SAFETY: The calls of `Call` use memory through their arguments only. Those that are no
    // numbers are borrowed by `args` until the end of this function, and callers pass lengths that
    // fit; the kernel refuses numbers that are no addresses.
    let value = unsafe { libc::syscall(number as i64, a, b, c, d, e, f) };
    if value < 0 {
        -last_error()
    } else {
        i32::try_from(value).unwrap_or(i32::MAX)
    }
}

/// Returns the error of the last call.
pub fn last_error() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// Makes a text for the kernel. Nothing that a program names has a zero byte.
pub fn text(path: &str) -> CString {
    CString::new(path).unwrap_or_default()
}

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

/// Executes a program by descriptor and path; only returns the error.
pub fn execute(dir: RawFd, path: &CStr, args: &[CString], flags: i32) -> i32 {
    let mut words: Vec<*const libc::c_char> = args.iter().map(|arg| arg.as_ptr()).collect();
    words.push(std::ptr::null());
    let environment = [std::ptr::null::<libc::c_char>()];
    let (argv, envp) = (words.as_ptr(), environment.as_ptr());
    // SAFETY: Both lists end with a null pointer, and `args` outlives the call.
    unsafe { libc::syscall(libc::SYS_execveat, dir, path.as_ptr(), argv, envp, flags) };
    -last_error()
}

/// Blocks the signals `signals` for this process and what it starts.
pub fn block_signals(signals: u64) {
    // SAFETY: `signals` is a set of the kernel's size, which the kernel reads.
    unsafe { libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_BLOCK, &signals, 0, 8) };
}

/// Returns a descriptor by its number: one that the stage opened for all actors, or that of a slot
/// which is open.
pub fn borrow(descriptor: RawFd) -> BorrowedFd<'static> {
    // SAFETY: Nothing closes the descriptors of the stage, whose numbers are below those of slots.
    // An actor uses a slot within one operation, and no other actor works meanwhile.
    unsafe { BorrowedFd::borrow_raw(descriptor) }
}

/// Number of the calling thread.
pub fn thread_number() -> i32 {
    // SAFETY: The call has no arguments.
    unsafe { libc::syscall(libc::SYS_gettid) as i32 }
}
