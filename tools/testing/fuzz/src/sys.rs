// SPDX-License-Identifier: GPL-2.0-only

//! System calls with any arguments, valid or not: with its folder, the only place with unsafe code.

#![allow(unsafe_code)]

use std::cell::Cell;
use std::ffi::{CStr, CString};
use std::os::fd::{BorrowedFd, RawFd};

mod compat;
mod linked;
mod memory;
mod message;
mod process;
pub mod ring;
mod together;

use linked::Linked;
pub use linked::words;
use memory::Memory;
pub use memory::PAGE;
pub use message::{receive_message, send_many, send_message};
pub use process::{Side, execute, exit, fork, in_child, wait};
pub use together::{Children, exit_thread, handle, has_ended, reap, share, vfork};

/// The system calls that programs make. None of them touches memory but what its arguments lend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    EpollCreate = libc::SYS_epoll_create1,
    EpollWait = libc::SYS_epoll_pwait,
    Execute = libc::SYS_execveat,
    Fallocate = libc::SYS_fallocate,
    Fchdir = libc::SYS_fchdir,
    Fcntl = libc::SYS_fcntl,
    Fsconfig = libc::SYS_fsconfig,
    Fsmount = libc::SYS_fsmount,
    Fsopen = libc::SYS_fsopen,
    Fspick = libc::SYS_fspick,
    Ftruncate = libc::SYS_ftruncate,
    GetDents = libc::SYS_getdents64,
    GetRobustList = libc::SYS_get_robust_list,
    Ioctl = libc::SYS_ioctl,
    KeyCtl = libc::SYS_keyctl,
    Kcmp = libc::SYS_kcmp,
    Kill = libc::SYS_kill,
    Link = libc::SYS_linkat,
    Listen = libc::SYS_listen,
    Lseek = libc::SYS_lseek,
    MemfdCreate = libc::SYS_memfd_create,
    Mkdir = libc::SYS_mkdirat,
    Mknod = libc::SYS_mknodat,
    Mount = libc::SYS_mount,
    MoveMount = libc::SYS_move_mount,
    MqNotify = libc::SYS_mq_notify,
    MqOpen = libc::SYS_mq_open,
    MqReceive = libc::SYS_mq_timedreceive,
    MqSend = libc::SYS_mq_timedsend,
    MqUnlink = libc::SYS_mq_unlink,
    Nanosleep = libc::SYS_nanosleep,
    NameToHandle = libc::SYS_name_to_handle_at,
    Open = libc::SYS_openat,
    OpenByHandle = libc::SYS_open_by_handle_at,
    OpenAt2 = libc::SYS_openat2,
    OpenTree = libc::SYS_open_tree,
    PidfdGetfd = libc::SYS_pidfd_getfd,
    PidfdOpen = libc::SYS_pidfd_open,
    PidfdSignal = libc::SYS_pidfd_send_signal,
    PivotRoot = libc::SYS_pivot_root,
    Prctl = libc::SYS_prctl,
    ProcessWrite = libc::SYS_process_vm_writev,
    ProcessRead = libc::SYS_process_vm_readv,
    Ptrace = libc::SYS_ptrace,
    QueueThreadSignal = libc::SYS_rt_tgsigqueueinfo,
    QueueSignal = libc::SYS_rt_sigqueueinfo,
    Read = libc::SYS_read,
    ReadLink = libc::SYS_readlinkat,
    Recv = libc::SYS_recvfrom,
    ReceiveMessage = libc::SYS_recvmsg,
    Rename = libc::SYS_renameat2,
    RestrictSelf = libc::SYS_landlock_restrict_self,
    SendMany = libc::SYS_sendmmsg,
    SendMessage = libc::SYS_sendmsg,
    SendTo = libc::SYS_sendto,
    SetUsers = libc::SYS_setresuid,
    SetGroups = libc::SYS_setgroups,
    SetGroup = libc::SYS_setpgid,
    SetSockOpt = libc::SYS_setsockopt,
    SigTimedWait = libc::SYS_rt_sigtimedwait,
    Socket = libc::SYS_socket,
    Symlink = libc::SYS_symlinkat,
    Tgkill = libc::SYS_tgkill,
    TimerCreate = libc::SYS_timer_create,
    TimerGet = libc::SYS_timer_gettime,
    TimerSet = libc::SYS_timer_settime,
    TimerfdCreate = libc::SYS_timerfd_create,
    TimerfdSet = libc::SYS_timerfd_settime,
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
    /// Memory that the call reads, and nothing behind it.
    Edge(&'a Edge),
    /// Memory with addresses in it: the part that starts there.
    Linked(&'a Linked, usize),
}

impl Arg<'_> {
    fn word(&mut self) -> i64 {
        match self {
            Self::Int(value) => *value,
            Self::In(bytes) => bytes.as_ptr() as i64,
            Self::Text(text) => text.as_ptr() as i64,
            Self::Out(bytes) => bytes.as_mut_ptr() as i64,
            Self::Edge(edge) => edge.address(),
            Self::Linked(linked, start) => linked.address(*start),
        }
    }

    /// Returns what has to be moved where addresses have 32 bits.
    fn lent(&self) -> Option<&[u8]> {
        match self {
            Self::In(bytes) => Some(bytes),
            Self::Text(text) => Some(text.to_bytes_with_nul()),
            Self::Out(bytes) => Some(bytes),
            Self::Int(_) | Self::Edge(_) | Self::Linked(..) => None,
        }
    }
}

/// Bytes that end where a page does, before an inaccessible one.
pub struct Edge(Memory, usize);

impl Edge {
    /// Places `bytes`, which are no more than a page.
    pub fn new(bytes: &[u8]) -> Result<Self, i32> {
        let mut memory = Memory::low(bytes.len())?;
        let start = memory.size().saturating_sub(bytes.len());
        memory.write(start, bytes);
        Ok(Self(memory, start))
    }

    fn address(&self) -> i64 {
        self.0.address(self.1)
    }
}

/// How system calls enter the kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Entry {
    /// As usual.
    #[default]
    Native,
    /// By the 32-bit table.
    Compat,
    /// By a request of io_uring: of this ring, which has credentials of its own, or of a new one.
    Ring {
        /// The ring.
        ring: Option<RawFd>,
        /// Whether a worker carries it out.
        in_worker: bool,
    },
}

thread_local! {
    static ENTRY: Cell<Entry> = const { Cell::new(Entry::Native) };
}

/// Does `work` with another entry, for calls that have one. A kernel without rings has none.
pub fn enter_by<T>(entry: Entry, work: impl FnOnce() -> T) -> T {
    if entry != Entry::Native && ring::is_there() {
        ENTRY.set(entry);
    }
    let result = work();
    ENTRY.set(Entry::Native);
    result
}

/// Makes a system call; returns its value or the negative error.
pub fn call<const N: usize>(number: Call, mut args: [Arg<'_>; N]) -> i32 {
    let result = match ENTRY.get() {
        Entry::Native => None,
        Entry::Compat => compat::call(number, &mut args),
        Entry::Ring { ring, in_worker } => ring::call(number, &mut args, ring, in_worker),
    };
    result.unwrap_or_else(|| native(number, args))
}

/// Makes a system call as usual.
fn native<const N: usize>(number: Call, mut args: [Arg<'_>; N]) -> i32 {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes and removes a directory, and returns what a call with a bad address gives.
    fn results(entry: Entry) -> [i32; 4] {
        let path = std::env::temp_dir().join(format!("landlock-fuzz-ways-{}", thread_number()));
        let path = text(&path.to_string_lossy());
        let here = || Arg::Int(libc::AT_FDCWD.into());
        let make = || call(Call::Mkdir, [here(), Arg::Text(&path), Arg::Int(0o755)]);
        let remove = Arg::Int(libc::AT_REMOVEDIR.into());
        enter_by(entry, || {
            let (first, second) = (make(), make());
            let removed = call(Call::Unlink, [here(), Arg::Text(&path), remove]);
            let bad = call(Call::Unlink, [here(), Arg::Int(1), Arg::Int(0)]);
            [first, second, removed, bad]
        })
    }

    #[test]
    fn each_way_gives_the_same() {
        let expected = [0, -libc::EEXIST, 0, -libc::EFAULT];
        for in_worker in [false, true] {
            let ring = None;
            assert_eq!(results(Entry::Ring { ring, in_worker }), expected);
        }
        assert_eq!(results(Entry::Native), expected);
    }

    #[test]
    fn nothing_is_behind_an_edge() {
        let make = |edge: &Edge| {
            let here = Arg::Int(libc::AT_FDCWD.into());
            call(Call::Mkdir, [here, Arg::Edge(edge), Arg::Int(0o755)])
        };
        assert_eq!(make(&Edge::new(b"/").unwrap()), -libc::EFAULT);
        assert_eq!(make(&Edge::new(b"/\0").unwrap()), -libc::EEXIST);
    }
}
