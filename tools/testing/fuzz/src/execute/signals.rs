// SPDX-License-Identifier: GPL-2.0-only

//! Carries out operations that send signals, or have files send them.

use std::time::{Duration, Instant};

use crate::execute::processes::int;
use crate::execute::{Executor, SKIPPED, fd};
use crate::program::{Many, Op, Owner, Slot};
use crate::sys::{Arg, Call, call, words};

/// Signals that actors block, so that they can be asked whether they came.
pub const WATCHED: [i32; 3] = [libc::SIGUSR1, libc::SIGURG, libc::SIGIO];

/// Commands of `fcntl(2)`.
const F_SETSIG: i32 = 10;
const F_SETOWN_EX: i32 = 15;

/// Size of what comes with a signal.
const SIGINFO: usize = 128;

/// Size of a `struct sigevent`.
const SIGEVENT: usize = 64;

/// How long a timer may take that is already over.
const TIMER_LIMIT: Duration = Duration::from_secs(1);

impl Executor<'_> {
    /// Carries out `op`.
    pub(super) fn signal(&self, op: &Op) -> i32 {
        match op {
            Op::Kill { target, signal } => {
                self.with(*target, |pid, _| call(Call::Kill, [pid, *signal].map(int)))
            }
            Op::Tgkill { target, signal } => self.with(*target, |pid, tid| {
                call(Call::Tgkill, [pid, tid, *signal].map(int))
            }),
            Op::PidfdSignal {
                target,
                signal,
                flags,
            } => self.with_pidfd(*target, |pidfd| {
                call(
                    Call::PidfdSignal,
                    [pidfd, *signal, 0, *flags as i32].map(int),
                )
            }),
            Op::KillMany { many, signal } => match many {
                Many::OwnGroup => call(Call::Kill, [0, *signal].map(int)),
                Many::Everybody => call(Call::Kill, [-1, *signal].map(int)),
                Many::Group(leader) => {
                    self.with(*leader, |pid, _| call(Call::Kill, [-pid, *signal].map(int)))
                }
            },
            Op::NewGroup => call(Call::SetGroup, [0, 0].map(int)),
            Op::Queue {
                target,
                signal,
                thread,
            } => self.with(*target, |pid, tid| {
                queue(pid, thread.then_some(tid), *signal)
            }),
            Op::SetOwner {
                slot,
                owner,
                target,
                signal,
            } => self.with(*target, |pid, tid| {
                set_owner(*slot, *owner, (pid, tid), *signal)
            }),
            Op::Timer { target, signal } => self.with(*target, |_, tid| timer(tid, *signal)),
            Op::Pending => pending(),
            _ => SKIPPED,
        }
    }
}

/// Sends a signal with a value, to a process or to one of its threads.
fn queue(pid: i32, tid: Option<i32>, signal: i32) -> i32 {
    let mut info = [0; SIGINFO];
    info[..4].copy_from_slice(&signal.to_ne_bytes());
    info[8..12].copy_from_slice(&libc::SI_QUEUE.to_ne_bytes());
    let info = Arg::In(&info);
    match tid {
        None => call(Call::QueueSignal, [int(pid), int(signal), info]),
        Some(tid) => call(
            Call::QueueThreadSignal,
            [int(pid), int(tid), int(signal), info],
        ),
    }
}

/// Lets an actor hear when a file can be used.
fn set_owner(slot: Slot, owner: Owner, (pid, tid): (i32, i32), signal: i32) -> i32 {
    let set = |command, value| call(Call::Fcntl, [fd(slot), int(command), int(value)]);
    let set_as = |kind: i32, number: i32| {
        let owner = [kind, number].map(i32::to_ne_bytes).concat();
        call(Call::Fcntl, [fd(slot), int(F_SETOWN_EX), Arg::In(&owner)])
    };
    let result = match owner {
        Owner::Number => set(libc::F_SETOWN, pid),
        Owner::GroupNumber => set(libc::F_SETOWN, -pid),
        Owner::Thread => set_as(0, tid),
        Owner::Process => set_as(1, pid),
        Owner::Group => set_as(2, pid),
    };
    set(F_SETSIG, signal);
    set(libc::F_SETFL, libc::O_ASYNC | libc::O_NONBLOCK);
    result
}

/// Returns how to notify of an event: `struct sigevent`.
pub(super) fn sigevent(signal: i32, how: i32, tid: i32) -> Vec<u8> {
    let mut event = words(&[0]);
    event.extend([signal, how, tid].map(i32::to_ne_bytes).concat());
    event.resize(SIGEVENT, 0);
    event
}

/// Has a timer signal a thread, and waits until it did. The timer stays: with it would go the signal.
fn timer(tid: i32, signal: i32) -> i32 {
    let event = sigevent(signal, libc::SIGEV_THREAD_ID, tid);
    let mut id = [0; 4];
    let arguments = [
        int(libc::CLOCK_MONOTONIC),
        Arg::In(&event),
        Arg::Out(&mut id),
    ];
    let made = call(Call::TimerCreate, arguments);
    if made < 0 {
        return made;
    }
    let id = || int(i32::from_ne_bytes(id));
    // No interval, one nanosecond.
    let when = [0, 0, 0, 1_i64].map(i64::to_ne_bytes).concat();
    let set = call(Call::TimerSet, [id(), int(0), Arg::In(&when), int(0)]);
    let (started, mut left) = (Instant::now(), [1; 32]);
    while left != [0; 32] && started.elapsed() < TIMER_LIMIT {
        call(Call::TimerGet, [id(), Arg::Out(&mut left)]);
    }
    set
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
