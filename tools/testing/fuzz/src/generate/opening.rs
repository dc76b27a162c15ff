// SPDX-License-Identifier: GPL-2.0-only

//! Chooses unusual ways to open files, and what to execute.

use crate::generate::{Held, Maker};
use crate::program::{Actor, Op};

/// Execute nothing, but check whether it would be allowed.
const AT_EXECVE_CHECK: i32 = 0x1_0000;

/// How `openat2(2)` may resolve a path: each bit, some together, one that does not exist.
const RESOLVE: [u64; 9] = [0, 0, 1, 2, 4, 8, 0x10, 0x0c, 0x40];

/// Flags of what is opened: for reading, writing and both, created, shortened.
const FLAGS: [i32; 6] = [
    libc::O_RDONLY,
    libc::O_WRONLY,
    libc::O_RDWR,
    libc::O_RDWR | libc::O_CREAT,
    libc::O_WRONLY | libc::O_TRUNC,
    libc::O_PATH,
];

impl Maker {
    /// Adds the opening of a file by `openat2(2)` or by its handle.
    pub(super) fn open_unusually(&mut self, actor: Actor) {
        let path = self.names.any(&mut self.choice);
        let place = self.place(actor, path);
        let slot = self.new_slot();
        let flags = self.choice.one(&FLAGS) | libc::O_NONBLOCK;
        let resolve = self.choice.one(&RESOLVE);
        let op = match (self.choice.chance(70), flags & libc::O_PATH != 0) {
            // With O_PATH, other flags are an error.
            (true, true) => Op::OpenHow {
                place,
                flags: libc::O_PATH,
                resolve,
                slot,
            },
            (true, false) => Op::OpenHow {
                place,
                flags,
                resolve,
                slot,
            },
            (false, _) => Op::OpenHandle { place, flags, slot },
        };
        self.push(actor, op);
        self.hold(actor, slot, Held::File);
    }

    /// Adds the execution of a program, a script, an open file, or memory.
    pub(super) fn exec(&mut self, actor: Actor) {
        let flags = self
            .choice
            .one(&[0, 0, AT_EXECVE_CHECK, libc::AT_SYMLINK_NOFOLLOW]);
        let file = self.find(actor, |held| held == Held::File);
        let op = match (self.choice.below(10), file) {
            (0, _) => Op::ExecMemory { flags },
            (1, Some(slot)) => Op::ExecSlot { slot, flags },
            (number, _) => {
                let path = match number {
                    2..9 => self.choice.one(&self.names.programs),
                    _ => self.names.file(&mut self.choice),
                };
                if number == 3 {
                    return self.exec_opened(actor, path, flags);
                }
                let place = self.place(actor, path);
                Op::Exec { place, flags }
            }
        };
        self.push(actor, op);
    }

    /// Adds the opening of a program, and its execution.
    fn exec_opened(&mut self, actor: Actor, path: String, exec_flags: i32) {
        let (place, slot) = (self.place(actor, path), self.new_slot());
        let flags = self.choice.one(&[libc::O_PATH, libc::O_RDONLY]);
        self.push(actor, Op::Open { place, flags, slot });
        self.hold(actor, slot, Held::File);
        let flags = exec_flags;
        self.push(actor, Op::ExecSlot { slot, flags });
    }
}
