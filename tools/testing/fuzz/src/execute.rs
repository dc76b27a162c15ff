// SPDX-License-Identifier: GPL-2.0-only

//! Carries out operations. What an operation leaves behind is in the kernel only, so that an actor
//! can also become another program.

use std::cell::Cell;
use std::os::fd::RawFd;
use std::sync::Arc;

use crate::board::Board;
use crate::program::{Actor, Base, Op, Place, Program, SLOTS, Slot};
use crate::sys::{Arg, Call, call, text};
use crate::tree;

mod files;
mod landlock;
mod mounts;
mod processes;
mod sockets;

pub use processes::WATCHED;

/// Descriptor of the slot 0.
const FIRST_SLOT: RawFd = 100;

/// Descriptor where the datagrams for the actor 0 are written.
pub const POST_OUT: RawFd = 50;

/// Descriptor where the actor 0 finds its datagrams.
pub const POST_IN: RawFd = 60;

/// An operation that makes no sense for this actor.
pub const SKIPPED: i32 = -2000;

/// Somebody who carries out operations.
pub struct Executor<'a> {
    /// Which actor.
    pub me: Actor,
    /// The program.
    pub program: &'a Arc<Program>,
    /// Results and process numbers.
    pub board: &'a Board<'a>,
    /// Whether the process of this actor has, or had, several threads.
    pub has_threads: Cell<bool>,
}

impl Executor<'_> {
    /// Closes what operations left open.
    pub fn close_slots(&self) {
        for slot in 0..SLOTS {
            call(Call::Close, [fd(Slot(slot))]);
        }
    }

    /// Carries out `op`, but for those that make other actors or that do not return.
    pub fn execute(&self, op: &Op) -> i32 {
        match op {
            Op::Restore => {
                tree::restore(&self.program.tree);
                0
            }
            Op::Close { slot } => call(Call::Close, [fd(*slot)]),
            Op::NoNewPrivs
            | Op::CreateRuleset { .. }
            | Op::AddRulePath { .. }
            | Op::AddRuleSlot { .. }
            | Op::AddRulePort { .. }
            | Op::AddRuleType { .. }
            | Op::Restrict { .. } => landlock::execute(op),
            Op::MountTmpfs { .. }
            | Op::MountBind { .. }
            | Op::MountMove { .. }
            | Op::Remount { .. }
            | Op::Umount { .. }
            | Op::OpenTree { .. }
            | Op::MoveMount { .. }
            | Op::MountNew { .. }
            | Op::PivotRoot { .. } => mounts::execute(op),
            Op::Socket { .. }
            | Op::Bind { .. }
            | Op::Listen { .. }
            | Op::Connect { .. }
            | Op::Accept { .. }
            | Op::Send { .. }
            | Op::Receive { .. }
            | Op::ReuseAddress { .. } => sockets::execute(op),
            Op::Kill { .. }
            | Op::Tgkill { .. }
            | Op::PidfdSignal { .. }
            | Op::PidfdGetfd { .. }
            | Op::SetOwner { .. }
            | Op::Pending
            | Op::PtraceAttach { .. }
            | Op::PtraceSeize { .. }
            | Op::Traceme { .. }
            | Op::OpenProc { .. }
            | Op::SendSlot { .. }
            | Op::ReceiveSlot { .. }
            | Op::DropCapabilities => self.process(op),
            Op::Fork { .. } | Op::Thread { .. } | Op::ExecSelf => SKIPPED,
            _ => files::execute(op),
        }
    }
}

/// Returns the descriptor of a slot.
fn fd(slot: Slot) -> Arg<'static> {
    Arg::Int(number(slot).into())
}

/// Returns the number of the descriptor of a slot.
fn number(slot: Slot) -> RawFd {
    FIRST_SLOT + RawFd::from(slot.0)
}

/// Returns the descriptor where a path starts.
fn base(place: &Place) -> Arg<'static> {
    match place.base {
        Base::Cwd => Arg::Int(libc::AT_FDCWD.into()),
        Base::Slot(slot) => fd(slot),
    }
}

/// Makes a call with the place as its first two arguments.
fn at<const N: usize>(number: Call, place: &Place, rest: [i64; N]) -> i32 {
    let path = text(&place.path);
    let [a, b] = [0, 1].map(|index| rest.get(index).copied().unwrap_or(0));
    call(
        number,
        [base(place), Arg::Text(&path), Arg::Int(a), Arg::Int(b)],
    )
}

/// Moves the descriptor that a call returned into a slot.
fn keep(descriptor: i32, slot: Slot) -> i32 {
    if descriptor < 0 {
        return descriptor;
    }
    let old = i64::from(descriptor);
    let moved = call(Call::Dup3, [Arg::Int(old), fd(slot), Arg::Int(0)]);
    call(Call::Close, [Arg::Int(old)]);
    moved.min(0)
}
