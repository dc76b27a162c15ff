// SPDX-License-Identifier: GPL-2.0-only

//! Carries out acts that wait.

use super::{SLICE_MS, int};
use crate::pairs::actor::Member;
use crate::pairs::ground;
use crate::pairs::program::Wait;
use crate::sys::{Arg, Call, call};

/// Waits until the others are done, and counts what interrupts.
pub fn until_others_are_done(member: &Member<'_>, wait: Wait) -> i32 {
    let file = match wait {
        Wait::Epoll => call(Call::EpollCreate, [int(libc::O_CLOEXEC)]),
        Wait::Read => call(
            Call::TimerfdCreate,
            [libc::CLOCK_MONOTONIC, libc::O_CLOEXEC].map(int),
        ),
        Wait::Receive => return wait_for_others(member, || receive(ground::QUIET)),
        Wait::Sleep => return wait_for_others(member, sleep),
    };
    let once = || match wait {
        Wait::Epoll => wait_for_event(file),
        _ => read_timer(file),
    };
    wait_for_others(member, once);
    call(Call::Close, [int(file)])
}

/// Waits again and again, each time for no longer than a slice.
fn wait_for_others(member: &Member<'_>, once: impl Fn() -> i32) -> i32 {
    while member.others_act() {
        if once() == -libc::EINTR {
            member.table.count_interrupt(member.me);
        }
    }
    0
}

fn wait_for_event(epoll: i32) -> i32 {
    let mut event = [0; 16];
    let [one, time, no_signals, size] = [1, SLICE_MS, 0, 8].map(int);
    call(
        Call::EpollWait,
        [
            int(epoll),
            Arg::Out(&mut event),
            one,
            time,
            no_signals,
            size,
        ],
    )
}

fn receive(socket: i32) -> i32 {
    let mut byte = [0];
    let [one, flags, no_address, no_size] = [1, 0, 0, 0].map(int);
    call(
        Call::Recv,
        [
            int(socket),
            Arg::Out(&mut byte),
            one,
            flags,
            no_address,
            no_size,
        ],
    )
}

/// Returns a slice, in seconds and nanoseconds.
fn slice() -> [u8; 16] {
    let mut time = [0; 16];
    time[8..].copy_from_slice(&(i64::from(SLICE_MS) * 1_000_000).to_ne_bytes());
    time
}

fn sleep() -> i32 {
    call(Call::Nanosleep, [Arg::In(&slice()), int(0)])
}

/// Reads from a timer, which expires when a slice is over.
fn read_timer(timer: i32) -> i32 {
    let mut setting = [0; 32];
    setting[16..].copy_from_slice(&slice());
    let (setting, none) = (Arg::In(&setting), int(0));
    call(Call::TimerfdSet, [int(timer), int(0), setting, none]);
    let mut count = [0; 8];
    let size = int(count.len() as i32);
    call(Call::Read, [int(timer), Arg::Out(&mut count), size])
}
