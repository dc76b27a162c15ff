// SPDX-License-Identifier: GPL-2.0-only

//! An actor: waits for its turn, carries out operations, says that it is done.

use std::cell::Cell;
use std::ffi::CString;
use std::os::fd::RawFd;
use std::sync::{Arc, mpsc};

use crate::board::{BOARD, Board};
use crate::execute::{Executor, SKIPPED};
use crate::program::{Actor, Op, Program};
use crate::selection::Selection;
use crate::sys::{self, Side, borrow, text};

/// Descriptor where the actor 0 is told what to do.
pub const ORDERS: RawFd = 20;

/// Descriptor of the program that this is.
pub const OURSELVES: RawFd = 41;

/// What is to be done: a range of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The first operation.
    pub start: u16,
    /// The end of the range.
    pub end: u16,
}

impl Order {
    /// Nothing is to be done any more: what is open is to be closed.
    ///
    /// Closing a socket can signal the owner of another one. When all processes are killed at once,
    /// it is unknown which owners are still there.
    pub const FAREWELL: Self = Self {
        start: u16::MAX,
        end: u16::MAX,
    };

    /// Returns the order as a message.
    pub fn encode(self) -> [u8; 4] {
        let [a, b] = self.start.to_ne_bytes();
        let [c, d] = self.end.to_ne_bytes();
        [a, b, c, d]
    }

    /// Reads a message.
    pub fn decode([a, b, c, d]: [u8; 4]) -> Self {
        Self {
            start: u16::from_ne_bytes([a, b]),
            end: u16::from_ne_bytes([c, d]),
        }
    }
}

/// Serves as the actor `me` until the stage ends.
pub fn serve(me: Actor, program: &Arc<Program>, has_threads: bool) {
    let board = Board::new(borrow(BOARD));
    let actor = Executor {
        me,
        program,
        board: &board,
        has_threads: Cell::new(has_threads),
    };
    let orders = borrow(ORDERS + RawFd::from(me));
    let mut message = [0; 4];
    while let Ok(4) = rustix::io::read(orders, &mut message) {
        carry_out(&actor, Order::decode(message));
    }
}

/// Carries out an order and answers.
fn carry_out(actor: &Executor<'_>, order: Order) {
    if order == Order::FAREWELL {
        actor.close_slots();
    }
    for index in order.start..order.end {
        let step = &actor.program.steps[usize::from(index)];
        let result = match &step.op {
            Op::Fork { child } => fork(actor, *child),
            Op::Thread { child } => thread(actor, *child),
            Op::ExecSelf => execute_self(
                actor,
                Order {
                    start: index,
                    ..order
                },
            ),
            op => actor.execute(op, step.way),
        };
        actor.board.set_result(index.into(), result);
    }
    let orders = borrow(ORDERS + RawFd::from(actor.me));
    let _ = rustix::io::write(orders, b"d");
}

/// Goes on with an order whose first operation made this program start.
pub fn go_on(me: Actor, program: &Arc<Program>, order: Order) {
    let board = Board::new(borrow(BOARD));
    board.set_result(order.start.into(), 0);
    let actor = Executor {
        me,
        program,
        board: &board,
        has_threads: Cell::new(false),
    };
    let start = order.start + 1;
    carry_out(&actor, Order { start, ..order });
    serve(me, program, false);
}

/// Makes a process that serves as the actor `child`.
fn fork(actor: &Executor<'_>, child: Actor) -> i32 {
    match sys::fork(0) {
        Err(error) => error,
        Ok(Side::Child) => {
            serve(child, actor.program, false);
            sys::exit(0)
        }
        Ok(Side::Parent(pid)) => {
            actor.board.set_numbers(child, (pid, pid));
            0
        }
    }
}

/// Makes a thread that serves as the actor `child`.
fn thread(actor: &Executor<'_>, child: Actor) -> i32 {
    actor.has_threads.set(true);
    let program = Arc::clone(actor.program);
    let process = std::process::id() as i32;
    let (report, started) = mpsc::channel();
    std::thread::spawn(move || {
        let board = Board::new(borrow(BOARD));
        board.set_numbers(child, (process, sys::thread_number()));
        let _ = report.send(());
        serve(child, &program, true);
    });
    started.recv().map_or(-libc::EAGAIN, |()| 0)
}

/// Becomes this program anew, in the same place of the order. Only returns when that fails.
fn execute_self(actor: &Executor<'_>, order: Order) -> i32 {
    if actor.has_threads.get() {
        return SKIPPED;
    }
    let words = [
        "fuzz".to_owned(),
        "actor".to_owned(),
        actor.program.seed.to_string(),
        format!("--only={}", Selection::of(actor.program)),
        format!("--me={}", actor.me),
        format!("--start={}", order.start),
        format!("--end={}", order.end),
    ];
    let words: Vec<CString> = words.iter().map(|word| text(word)).collect();
    sys::execute(OURSELVES, c"", &words, libc::AT_EMPTY_PATH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_survive_their_message() {
        let order = Order { start: 3, end: 260 };
        assert_eq!(Order::decode(order.encode()), order);
    }
}
