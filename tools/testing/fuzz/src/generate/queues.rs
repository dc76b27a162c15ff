// SPDX-License-Identifier: GPL-2.0-only

//! Chooses operations on message queues, which signal the actor that waits for a message.

use crate::generate::{Held, Maker};
use crate::program::{Actor, Op, Slot};

/// How queues are opened: nothing but their mode counts.
const FLAGS: [i32; 5] = [
    libc::O_RDWR | libc::O_CREAT,
    libc::O_RDWR | libc::O_CREAT,
    libc::O_RDWR,
    libc::O_RDONLY | libc::O_CREAT,
    libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL,
];

impl Maker {
    /// Adds an operation on a message queue; or that one actor waits for a message of another one.
    pub(super) fn queue(&mut self, actor: Actor, target: Actor) {
        let old = self.find(actor, |held| held == Held::Queue);
        let Some(slot) = old.filter(|_| self.choice.chance(50)) else {
            return self.wait_for_message(actor, target);
        };
        let signal = self.choice.one(&[0, libc::SIGUSR1, libc::SIGIO]);
        let op = match self.choice.below(6) {
            0 => Op::MqNotify { slot, signal },
            1..3 => Op::MqSend { slot },
            3..5 => Op::MqReceive { slot },
            _ => Op::MqUnlink {
                name: self.queue_name(),
            },
        };
        self.push(actor, op);
    }

    /// Adds that both open the same queue, one asks to be signalled, and the other one sends.
    fn wait_for_message(&mut self, actor: Actor, target: Actor) {
        let name = self.queue_name();
        let [sender, receiver] = [actor, target].map(|actor| self.open_queue(actor, name));
        // Only an empty queue notifies of a message.
        self.push(target, Op::MqReceive { slot: receiver });
        self.push(target, Op::MqReceive { slot: receiver });
        let signal = libc::SIGUSR1;
        self.push(
            target,
            Op::MqNotify {
                slot: receiver,
                signal,
            },
        );
        self.push(actor, Op::MqSend { slot: sender });
        self.push(target, Op::Pending);
    }

    fn open_queue(&mut self, actor: Actor, name: u8) -> Slot {
        let slot = self.new_slot();
        let flags = self.choice.one(&FLAGS);
        self.push(actor, Op::MqOpen { name, flags, slot });
        self.hold(actor, slot, Held::Queue);
        slot
    }

    fn queue_name(&mut self) -> u8 {
        self.choice.below(2) as u8
    }
}
