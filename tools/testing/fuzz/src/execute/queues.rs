// SPDX-License-Identifier: GPL-2.0-only

//! Carries out operations on message queues.

use crate::execute::processes::int;
use crate::execute::signals::sigevent;
use crate::execute::{SKIPPED, fd, keep};
use crate::program::{Op, Slot};
use crate::sys::{Arg, Call, call, text, words};

/// Number and size of the messages that a queue has room for.
const MESSAGES: i64 = 2;
const SIZE: usize = 16;

/// Carries out `op`.
pub fn execute(op: &Op) -> i32 {
    match op {
        Op::MqOpen { name, flags, slot } => open(*name, *flags, *slot),
        Op::MqUnlink { name } => call(Call::MqUnlink, [Arg::Text(&text(&title(*name)))]),
        Op::MqNotify { slot, signal } => {
            let event = sigevent(*signal, libc::SIGEV_SIGNAL, 0);
            call(Call::MqNotify, [fd(*slot), Arg::In(&event)])
        }
        Op::MqSend { slot } => {
            let (data, size) = (Arg::In(b"data"), int(4));
            call(Call::MqSend, [fd(*slot), data, size, int(0), int(0)])
        }
        Op::MqReceive { slot } => {
            let mut room = [0; SIZE];
            let (room, size) = (Arg::Out(&mut room), int(SIZE as i32));
            call(Call::MqReceive, [fd(*slot), room, size, int(0), int(0)])
        }
        _ => SKIPPED,
    }
}

/// Opens a queue that never waits.
fn open(name: u8, flags: i32, slot: Slot) -> i32 {
    let attr = words(&[0, MESSAGES, SIZE as i64, 0, 0, 0, 0, 0]);
    let (name, flags) = (text(&title(name)), flags | libc::O_NONBLOCK);
    let arguments = [Arg::Text(&name), int(flags), int(0o644), Arg::In(&attr)];
    keep(call(Call::MqOpen, arguments), slot)
}

/// Returns the name of a queue, as the kernel takes it.
fn title(name: u8) -> String {
    format!("q{name}")
}
