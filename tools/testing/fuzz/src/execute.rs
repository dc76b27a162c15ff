// SPDX-License-Identifier: GPL-2.0-only

//! Carries out operations. What an operation leaves behind is in the kernel only, so that an actor
//! can also become another program.

use std::cell::Cell;
use std::os::fd::RawFd;
use std::sync::Arc;

use crate::board::Board;
use crate::program::{Actor, Base, Op, Place, Program, SLOTS, Slot, Way};
use crate::sys::{self, Arg, Call, Entry, call, text};
use crate::tree;

mod credentials;
mod files;
mod landlock;
mod mounts;
mod opening;
mod processes;
mod queues;
mod raw;
mod signals;
mod sockets;

pub use signals::WATCHED;

/// Descriptor of the slot 0.
const FIRST_SLOT: RawFd = 100;

/// Descriptor where the datagrams for the actor 0 are written.
pub const POST_OUT: RawFd = 50;

/// Descriptor where the actor 0 finds its datagrams.
pub const POST_IN: RawFd = 60;

/// How often a call is made that chance gets in the way of.
const ATTEMPTS: usize = 100;

/// An operation that makes no sense for this actor.
pub const SKIPPED: i32 = -2000;

/// A process that carries out operations.
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

    /// Carries out `op` by `way`, but for those that make other actors or that do not return.
    pub fn execute(&self, op: &Op, way: Way) -> i32 {
        sys::enter_by(entry(way), || self.carry_out(op))
    }

    fn carry_out(&self, op: &Op) -> i32 {
        match op {
            Op::Ring { slot } => keep(sys::ring::make(), *slot),
            Op::RingCommand { slot } => sys::ring::command(number(*slot)),
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
            Op::RawRuleset { .. } | Op::RawRule { .. } | Op::RawRestrict { .. } => raw::execute(op),
            Op::OpenHow { .. }
            | Op::OpenHandle { .. }
            | Op::Exec { .. }
            | Op::ExecSlot { .. }
            | Op::ExecMemory { .. } => opening::execute(op),
            Op::DropCapabilities
            | Op::EffectiveUser { .. }
            | Op::Groups
            | Op::JoinKeyring
            | Op::KeyringToParent => credentials::execute(op),
            Op::MountTmpfs { .. }
            | Op::Reconfigure { .. }
            | Op::MountBind { .. }
            | Op::MountMove { .. }
            | Op::Remount { .. }
            | Op::Umount { .. }
            | Op::OpenTree { .. }
            | Op::MoveMount { .. }
            | Op::MountNew { .. }
            | Op::PivotRoot { .. } => mounts::execute(op),
            Op::Fork { .. } | Op::Thread { .. } | Op::ExecSelf => SKIPPED,
            _ => self.beyond_files(op),
        }
    }

    /// Carries out an operation on sockets or other actors, or else on files.
    fn beyond_files(&self, op: &Op) -> i32 {
        match op {
            Op::Socket { .. }
            | Op::Bind { .. }
            | Op::Listen { .. }
            | Op::Connect { .. }
            | Op::Accept { .. }
            | Op::Send { .. }
            | Op::SendMany { .. }
            | Op::SendMessage { .. }
            | Op::AddressForm { .. }
            | Op::Receive { .. }
            | Op::ReceiveMessage { .. }
            | Op::ReuseAddress { .. } => sockets::execute(op),
            Op::Kill { .. }
            | Op::KillMany { .. }
            | Op::NewGroup
            | Op::Queue { .. }
            | Op::Tgkill { .. }
            | Op::PidfdSignal { .. }
            | Op::SetOwner { .. }
            | Op::Timer { .. }
            | Op::Pending => self.signal(op),
            Op::MqOpen { .. }
            | Op::MqUnlink { .. }
            | Op::MqNotify { .. }
            | Op::MqSend { .. }
            | Op::MqReceive { .. } => queues::execute(op),
            Op::PidfdGetfd { .. }
            | Op::PtraceAttach { .. }
            | Op::PtraceSeize { .. }
            | Op::Traceme { .. }
            | Op::OpenProc { .. }
            | Op::ReadProc { .. }
            | Op::ReadProcLink { .. }
            | Op::ReadMemory { .. }
            | Op::WriteMemory { .. }
            | Op::Compare { .. }
            | Op::RobustList { .. }
            | Op::SendSlot { .. }
            | Op::ReceiveSlot { .. } => self.process(op),
            _ => files::execute(op),
        }
    }
}

/// Returns how calls enter the kernel on `way`.
fn entry(way: Way) -> Entry {
    let (slot, in_worker) = match way {
        Way::Native => return Entry::Native,
        Way::Compat => return Entry::Compat,
        Way::Ring => (None, false),
        Way::Worker => (None, true),
        Way::OldRing(slot) => (Some(slot), false),
        Way::OldRingWorker(slot) => (Some(slot), true),
    };
    Entry::Ring {
        ring: slot.map(number),
        in_worker,
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

/// Makes a call until its result is not `error`, which means that chance got in the way.
fn unless(error: i32, make: impl FnMut() -> i32) -> i32 {
    let mut results = std::iter::repeat_with(make).take(ATTEMPTS);
    let is_answer = |result: &i32| *result != -error;
    results.find(is_answer).unwrap_or(-error)
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
