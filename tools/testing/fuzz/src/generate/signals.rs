// SPDX-License-Identifier: GPL-2.0-only

//! Chooses senders and targets of signals, and how they are sent.

use crate::generate::{Held, Maker};
use crate::program::{Actor, Many, Op, Owner};

/// Signals; programs block those that are not 0.
const SIGNALS: [i32; 4] = [0, libc::SIGUSR1, libc::SIGURG, libc::SIGIO];

/// How files know their owners.
const OWNERS: [Owner; 7] = [
    Owner::Number,
    Owner::Number,
    Owner::Number,
    Owner::GroupNumber,
    Owner::Thread,
    Owner::Process,
    Owner::Group,
];

impl Maker {
    /// Adds a signal.
    pub(super) fn signal(&mut self, actor: Actor, target: Actor) {
        let signal = self.choice.one(&SIGNALS);
        let op = match self.choice.below(26) {
            0..6 => Op::Kill { target, signal },
            6..9 => Op::Tgkill { target, signal },
            9..11 => Op::PidfdSignal {
                target,
                signal,
                // A process, a thread, its process, its group, what excludes each other.
                flags: self
                    .choice
                    .weighted(&[(4, 0), (1, 1), (1, 2), (2, 4), (1, 3)]),
            },
            11..13 => Op::Queue {
                target,
                signal,
                thread: self.choice.chance(50),
            },
            13..16 => Op::KillMany {
                many: self.many(target),
                signal,
            },
            16 => Op::NewGroup,
            17..19 => return self.timer(actor, target),
            19..22 => return self.queue(actor, target),
            _ => Op::Pending,
        };
        self.push(actor, op);
    }

    /// Adds a timer that signals a thread: of the actor itself if it is to work.
    fn timer(&mut self, actor: Actor, target: Actor) {
        let process = self.actors[usize::from(actor)].process;
        let mut siblings: Vec<_> = (0..self.actors.len() as Actor).collect();
        siblings.retain(|other| self.actors[usize::from(*other)].process == process);
        siblings.push(target);
        let target = self.choice.one(&siblings);
        let signal = self.choice.one(&SIGNALS);
        self.push(actor, Op::Timer { target, signal });
        self.push(target, Op::Pending);
    }

    /// Returns many that a signal can be sent to.
    fn many(&mut self, leader: Actor) -> Many {
        self.choice
            .one(&[Many::OwnGroup, Many::Everybody, Many::Group(leader)])
    }

    /// Adds that an actor owns a socket, and that something is sent to it.
    pub(super) fn owner(&mut self, actor: Actor, target: Actor) {
        let Some(slot) = self.find(actor, |held| matches!(held, Held::Socket(..))) else {
            return self.unix(actor);
        };
        let signal = self.choice.one(&[0, libc::SIGUSR1, libc::SIGIO]);
        let owner = self.choice.one(&OWNERS);
        self.push(
            actor,
            Op::SetOwner {
                slot,
                owner,
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
}
