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

/// Signals that actors block, so that they can be asked whether they came.
pub const WATCHED: [i32; 3] = [libc::SIGUSR1, libc::SIGURG, libc::SIGIO];

/// Actor that is not there.
const ABSENT: i32 = -libc::ESRCH;

impl Executor<'_> {
    /// Carries out `op`.
    pub(super) fn process(&self, op: &Op) -> i32 {
        match op {
            Op::Kill { target, signal } => {
                self.with(*target, |pid, _| call(Call::Kill, [pid, *signal].map(int)))
            }
            Op::Tgkill { target, signal } => self.with(*target, |pid, tid| {
                call(Call::Tgkill, [pid, tid, *signal].map(int))
            }),
            Op::PidfdSignal { target, signal } => self.with_pidfd(*target, |pidfd| {
                call(Call::PidfdSignal, [pidfd, *signal, 0, 0].map(int))
            }),
            Op::PidfdGetfd { target, slot, new } => self.with_pidfd(*target, |pidfd| {
                let copy = call(Call::PidfdGetfd, [pidfd, number(*slot), 0].map(int));
                keep(copy, *new)
            }),
            Op::SetOwner {
                slot,
                target,
                signal,
            } => self.with(*target, |pid, _| set_owner(*slot, pid, *signal)),
            Op::Pending => pending(),
            Op::PtraceAttach { target } => {
                self.with(*target, |_, tid| trace(libc::PTRACE_ATTACH, tid))
            }
            Op::PtraceSeize { target } => {
                self.with(*target, |_, tid| trace(libc::PTRACE_SEIZE, tid))
            }
            Op::Traceme { slot } => traceme(*slot),
            Op::OpenProc { target, file } => self.with(*target, |pid, _| open_proc(pid, file)),
            Op::SendSlot { target, slot } => send_slot(*target, *slot),
            Op::ReceiveSlot { slot, .. } => self.receive_slot(*slot),
            Op::DropCapabilities => drop_capabilities(),
            _ => SKIPPED,
        }
    }

    /// Does something to the process and thread of an actor.
    fn with(&self, target: Actor, action: impl FnOnce(i32, i32) -> i32) -> i32 {
        match self.board.numbers(target) {
            (0, _) => ABSENT,
            (pid, tid) => action(pid, tid),
        }
    }

    /// Does something to an actor by a descriptor of its process.
    fn with_pidfd(&self, target: Actor, action: impl FnOnce(i32) -> i32) -> i32 {
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

fn int(value: i32) -> Arg<'static> {
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

/// Lets the process `pid` hear when a file can be used.
fn set_owner(slot: Slot, pid: i32, signal: i32) -> i32 {
    let set = |command, value| call(Call::Fcntl, [fd(slot), int(command), int(value)]);
    let result = set(libc::F_SETOWN, pid);
    set(10, signal); // F_SETSIG
    set(libc::F_SETFL, libc::O_ASYNC | libc::O_NONBLOCK);
    result
}

/// Returns which of the watched signals have come, one bit for each.
fn pending() -> i32 {
    let set: u64 = WATCHED.iter().map(|signal| 1 << (signal - 1)).sum();
    let set = set.to_ne_bytes();
    let now = [0; 16];
    let mut seen = 0;
    loop {
        let arguments = [Arg::In(&set), Arg::Int(0), Arg::In(&now), Arg::Int(8)];
        let signal = call(Call::SigTimedWait, arguments);
        match WATCHED.iter().position(|watched| *watched == signal) {
            Some(index) => seen |= 1 << index,
            None => return seen,
        }
    }
}

/// Traces a thread, and lets it go at once.
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

/// Opens a file in the directory of a process.
fn open_proc(pid: i32, file: &str) -> i32 {
    let path = text(&format!("/proc/{pid}/{file}"));
    let [here, flags] = [libc::AT_FDCWD, libc::O_RDONLY | libc::O_NONBLOCK].map(int);
    let opened = call(Call::Open, [here, Arg::Text(&path), flags]);
    if opened >= 0 {
        call(Call::Close, [int(opened)]);
    }
    opened.min(0)
}

/// Gives up all capabilities.
fn drop_capabilities() -> i32 {
    const VERSION_3: u32 = 0x2008_0522;
    let mut header = VERSION_3.to_ne_bytes().to_vec();
    header.extend([0; 4]);
    call(Call::Capset, [Arg::In(&header), Arg::In(&[0; 24])])
}
