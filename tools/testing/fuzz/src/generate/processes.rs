// SPDX-License-Identifier: GPL-2.0-only

//! Chooses operations on other processes.

use crate::generate::{Held, Maker};
use crate::program::{Actor, Op};

/// Files of a process which only those may open that may trace it; and one that anybody may.
const PROC_FILES: [&str; 14] = [
    "mem",
    "environ",
    "maps",
    "exe",
    "root",
    "fd",
    "auxv",
    "status",
    "cwd",
    "smaps",
    "mountinfo",
    "ns/net",
    "clear_refs",
    "fdinfo/40",
];

/// Files of a process that show more to those who may trace it.
const SHOWING_FILES: [&str; 8] = [
    "stat",
    "stat",
    "syscall",
    "environ",
    "auxv",
    "smaps_rollup",
    "pagemap",
    "personality",
];

/// Links of a process.
const PROC_LINKS: [&str; 5] = ["exe", "cwd", "root", "fd/40", "ns/mnt"];

impl Maker {
    /// Adds an operation on another actor.
    pub(super) fn process(&mut self, actor: Actor) {
        let target = self.any_target(actor);
        let op = match self.choice.below(40) {
            0..10 => return self.signal(actor, target),
            10..13 => Op::PtraceAttach { target },
            13 => Op::PtraceSeize { target },
            14..16 => Op::ReadProc {
                target,
                file: self.choice.one(&SHOWING_FILES),
            },
            16..20 => Op::OpenProc {
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
            28..33 => self.peek(target),
            33..38 => return self.credentials(actor),
            _ if actor == 0 => Op::Pending,
            _ => Op::ExecSelf,
        };
        self.push(actor, op);
    }

    /// Returns an operation for which the actor must be allowed to trace the target.
    fn peek(&mut self, target: Actor) -> Op {
        match self.choice.below(6) {
            0 => Op::ReadMemory { target },
            1 => Op::WriteMemory { target },
            2 => Op::RobustList { target },
            3 => Op::Compare {
                target,
                kind: self.choice.below(9) as i32,
            },
            _ => Op::ReadProcLink {
                target,
                file: self.choice.one(&PROC_LINKS),
            },
        }
    }

    /// Returns another actor, or rarely the same.
    fn any_target(&mut self, actor: Actor) -> Actor {
        let target = self.choice.below(self.actors.len()) as Actor;
        match self.choice.chance(90) && target == actor {
            true => (target + 1) % self.actors.len() as Actor,
            false => target,
        }
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
