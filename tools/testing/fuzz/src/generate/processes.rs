// SPDX-License-Identifier: GPL-2.0-only

//! Chooses operations on other processes.

use crate::generate::{Held, Maker};
use crate::program::{Actor, Op};

/// Files of a process which only those may open that may trace it; and one that anybody may.
const PROC_FILES: [&str; 8] = [
    "mem", "environ", "maps", "exe", "root", "fd", "auxv", "status",
];

/// Signals; programs block those that are not 0.
pub const SIGNALS: [i32; 4] = [0, libc::SIGUSR1, libc::SIGURG, libc::SIGIO];

impl Maker {
    /// Adds an operation on another actor.
    pub(super) fn process(&mut self, actor: Actor) {
        let target = self.any_target(actor);
        let signal = self.choice.one(&SIGNALS);
        let op = match self.choice.below(30) {
            0..5 => Op::Kill { target, signal },
            5..7 => Op::Tgkill { target, signal },
            7 => Op::PidfdSignal { target, signal },
            8..10 => Op::Pending,
            10..13 => Op::PtraceAttach { target },
            13 => Op::PtraceSeize { target },
            14..20 => Op::OpenProc {
                target,
                file: self.choice.one(&PROC_FILES),
            },
            20 => {
                let (slot, new) = (self.new_slot(), self.new_slot());
                self.push(actor, Op::PidfdGetfd { target, slot, new });
                let held = self.actors[usize::from(target)].slots[usize::from(slot.0)];
                return self.hold(actor, new, held);
            }
            21 => match self.find(actor, |held| held == Held::Ruleset) {
                Some(slot) => Op::Traceme { slot },
                None => Op::Traceme {
                    slot: self.new_slot(),
                },
            },
            22..26 => return self.owner(actor, target),
            26..28 => return self.start(actor),
            _ if actor == 0 => Op::Pending,
            _ => Op::ExecSelf,
        };
        self.push(actor, op);
    }

    /// Returns another actor, or rarely the same.
    fn any_target(&mut self, actor: Actor) -> Actor {
        let target = self.choice.below(self.actors.len()) as Actor;
        match self.choice.chance(90) && target == actor {
            true => (target + 1) % self.actors.len() as Actor,
            false => target,
        }
    }

    /// Adds that an actor owns a socket, and that something is sent to it.
    fn owner(&mut self, actor: Actor, target: Actor) {
        let Some(slot) = self.find(actor, |held| matches!(held, Held::Socket(..))) else {
            return self.unix(actor);
        };
        let signal = self.choice.one(&[0, libc::SIGUSR1, libc::SIGIO]);
        self.push(
            actor,
            Op::SetOwner {
                slot,
                target,
                signal,
            },
        );
        if let Some(other) = self.find(actor, |held| matches!(held, Held::Socket(..))) {
            self.push(
                actor,
                Op::Send {
                    slot: other,
                    address: None,
                    flags: 0,
                },
            );
            self.push(
                actor,
                Op::Send {
                    slot: other,
                    address: None,
                    flags: libc::MSG_OOB,
                },
            );
        }
        self.push(target, Op::Pending);
    }

    /// Adds a new actor, which inherits what its parent is denied.
    fn start(&mut self, actor: Actor) {
        if !self.has_room() {
            return;
        }
        let child = self.new_actor(actor);
        if self.choice.chance(55) || actor == 0 {
            self.push(actor, Op::Fork { child });
        } else {
            let process = self.actors[usize::from(actor)].process;
            self.actors[usize::from(child)].process = process;
            self.push(actor, Op::Thread { child });
        }
        if self.choice.chance(50) {
            self.sandbox(child);
        }
    }
}
