// SPDX-License-Identifier: GPL-2.0-only

//! Carries out operations on other processes.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, RawFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

use crate::execute::{Executor, POST_IN, POST_OUT, SKIPPED, fd, keep, number};
use crate::program::{Actor, Op, Slot};
use crate::sys::{self, Arg, Call, borrow, call, text};

/// Actor that is not there.
const ABSENT: i32 = -libc::ESRCH;

impl Executor<'_> {
    /// Carries out `op`.
    pub(super) fn process(&self, op: &Op) -> i32 {
        match op {
            Op::PidfdGetfd { target, slot, new } => self.with_pidfd(*target, |pidfd| {
                let copy = call(Call::PidfdGetfd, [pidfd, number(*slot), 0].map(int));
                keep(copy, *new)
            }),
            Op::PtraceAttach { target } => {
                self.with(*target, |_, tid| trace(libc::PTRACE_ATTACH, tid))
            }
            Op::PtraceSeize { target } => {
                self.with(*target, |_, tid| trace(libc::PTRACE_SEIZE, tid))
            }
            Op::Traceme { slot } => traceme(*slot),
            Op::OpenProc { target, file } => {
                self.with(*target, |pid, _| close(open_proc(pid, file)))
            }
            Op::ReadProc { target, file } => self.with(*target, |pid, _| read_proc(pid, file)),
            Op::ReadProcLink { target, file } => self.with(*target, |pid, _| read_link(pid, file)),
            Op::ReadMemory { target } => {
                self.with(*target, |pid, _| memory(Call::ProcessRead, pid))
            }
            Op::WriteMemory { target } => {
                self.with(*target, |pid, _| memory(Call::ProcessWrite, pid))
            }
            Op::Compare { target, kind } => self.with(*target, |pid, _| {
                let me = std::process::id() as i32;
                // Which of two comes first is chance.
                call(Call::Kcmp, [me, pid, *kind, 0, 0].map(int)).min(1)
            }),
            Op::RobustList { target } => self.with(*target, |_, tid| {
                let (mut head, mut length) = ([0; 8], [0; 8]);
                let room = [Arg::Out(&mut head), Arg::Out(&mut length)];
                let [head, length] = room;
                call(Call::GetRobustList, [int(tid), head, length])
            }),
            Op::SendSlot { target, slot } => send_slot(*target, *slot),
            Op::ReceiveSlot { slot, .. } => self.receive_slot(*slot),
            _ => SKIPPED,
        }
    }

    /// Does something to the process and thread of an actor.
    pub(super) fn with(&self, target: Actor, action: impl FnOnce(i32, i32) -> i32) -> i32 {
        match self.board.numbers(target) {
            (0, _) => ABSENT,
            (pid, tid) => action(pid, tid),
        }
    }

    /// Does something to an actor by a descriptor of its process.
    pub(super) fn with_pidfd(&self, target: Actor, action: impl FnOnce(i32) -> i32) -> i32 {
        self.with(target, |pid, _| {
            let pidfd = call(Call::PidfdOpen, [pid, 0].map(int));
            if pidfd < 0 {
                return pidfd;
            }
            let result = action(pidfd);
            call(Call::Close, [int(pidfd)]);
            result
        })
    }

    /// Takes what the last datagram carries.
    fn receive_slot(&self, slot: Slot) -> i32 {
        let mut byte = [0];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut buffer = RecvAncillaryBuffer::new(&mut space);
        let flags = RecvFlags::DONTWAIT;
        let post = borrow(POST_IN + RawFd::from(self.me));
        let received = recvmsg(post, &mut [IoSliceMut::new(&mut byte)], &mut buffer, flags);
        if let Err(error) = received {
            return -error.raw_os_error();
        }
        for message in buffer.drain() {
            if let RecvAncillaryMessage::ScmRights(mut files) = message {
                if let Some(file) = files.next() {
                    let [old, no_flags] = [file.as_raw_fd(), 0].map(int);
                    return call(Call::Dup3, [old, fd(slot), no_flags]).min(0);
                }
            }
        }
        -libc::ENODATA
    }
}

pub(super) fn int(value: i32) -> Arg<'static> {
    Arg::Int(value.into())
}

/// Sends a slot to another actor, on sockets that were connected before any sandbox.
fn send_slot(target: Actor, slot: Slot) -> i32 {
    if call(Call::Fcntl, [fd(slot), int(libc::F_GETFD)]) < 0 {
        return -libc::EBADF;
    }
    let files = [borrow(number(slot))];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut buffer = SendAncillaryBuffer::new(&mut space);
    buffer.push(SendAncillaryMessage::ScmRights(&files));
    let post = borrow(POST_OUT + RawFd::from(target));
    let sent = sendmsg(
        post,
        &[IoSlice::new(b"x")],
        &mut buffer,
        SendFlags::DONTWAIT,
    );
    sent.map_or_else(|error| -error.raw_os_error(), |_| 0)
}

/// Traces a thread, and detaches from it immediately.
fn trace(request: u32, tid: i32) -> i32 {
    let ptrace = |request: u32| call(Call::Ptrace, [request as i32, tid, 0, 0].map(int));
    let result = ptrace(request);
    if result < 0 {
        return result;
    }
    if request == libc::PTRACE_SEIZE {
        ptrace(libc::PTRACE_INTERRUPT);
    }
    sys::wait(tid);
    ptrace(libc::PTRACE_DETACH)
}

/// Lets a child ask to be traced by a parent that restricted itself meanwhile.
fn traceme(ruleset: Slot) -> i32 {
    let status = sys::in_child(|| {
        let Ok((go_out, go_in)) = rustix::pipe::pipe() else {
            return libc::EMFILE;
        };
        match sys::fork(0) {
            Ok(sys::Side::Child) => {
                drop(go_in);
                let _ = rustix::io::read(&go_out, &mut [0]);
                let request = [libc::PTRACE_TRACEME as i32, 0, 0, 0];
                sys::exit(-call(Call::Ptrace, request.map(int)))
            }
            Ok(sys::Side::Parent(pid)) => {
                call(Call::RestrictSelf, [fd(ruleset), int(0)]);
                drop(go_in);
                sys::wait(pid)
            }
            Err(error) => -error,
        }
    });
    if status > 0 { -status } else { status }
}

/// Address where no process has memory.
const NOWHERE: u64 = 8;

/// Accesses a byte of a process that is not there: 0 if that was not denied before.
fn memory(number: Call, pid: i32) -> i32 {
    let part = [NOWHERE, 1].map(u64::to_ne_bytes).concat();
    let one = || Arg::Int(1);
    let (here, there) = (Arg::In(&part), Arg::In(&part));
    match call(number, [int(pid), here, one(), there, one(), int(0)]) {
        error if error == -libc::EFAULT => 0,
        result => result,
    }
}

/// Reads a link in the directory of a process.
fn read_link(pid: i32, file: &str) -> i32 {
    let path = text(&format!("/proc/{pid}/{file}"));
    let mut room = [0; 256];
    let size = Arg::Int(room.len() as i64);
    let here = int(libc::AT_FDCWD);
    call(
        Call::ReadLink,
        [here, Arg::Text(&path), Arg::Out(&mut room), size],
    )
    .min(0)
}

/// Opens a file in the directory of a process; returns its descriptor, or the error.
fn open_proc(pid: i32, file: &str) -> i32 {
    let path = text(&format!("/proc/{pid}/{file}"));
    let [here, flags] = [libc::AT_FDCWD, libc::O_RDONLY | libc::O_NONBLOCK].map(int);
    call(Call::Open, [here, Arg::Text(&path), flags])
}

/// Closes what was opened; returns the error if nothing was.
fn close(opened: i32) -> i32 {
    if opened >= 0 {
        call(Call::Close, [int(opened)]);
    }
    opened.min(0)
}

/// Reads a file in the directory of a process; returns how many of its words say something, or the
/// error. To those who may not look into the process, some files show zeros.
fn read_proc(pid: i32, file: &str) -> i32 {
    let opened = open_proc(pid, file);
    if opened < 0 {
        return opened;
    }
    let mut room = [0; 512];
    let size = int(room.len() as i32);
    let length = call(Call::Read, [int(opened), Arg::Out(&mut room), size]);
    close(opened);
    match file {
        _ if length < 0 => length,
        "stat" => addresses_in_stat(&room),
        _ => length.min(1),
    }
}

/// Returns how many of the addresses in `/proc/<pid>/stat` are shown.
fn addresses_in_stat(text: &[u8]) -> i32 {
    let text = String::from_utf8_lossy(text);
    let (_, fields) = text.rsplit_once(')').unwrap_or_default();
    // The state is the third field; code and stack begin and end in the fields 26 to 28.
    let addresses = fields.split_whitespace().skip(26 - 3).take(3);
    addresses.filter(|address| address.len() > 1).count() as i32
}
