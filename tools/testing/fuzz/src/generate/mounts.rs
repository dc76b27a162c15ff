// SPDX-License-Identifier: GPL-2.0-only

//! Chooses operations on mounts, and on directories that leave them.

use crate::generate::{Held, Maker};
use crate::program::{Actor, Base, Op, Place};

impl Maker {
    /// Adds an operation on mounts.
    pub(super) fn mount(&mut self, actor: Actor) {
        // A sandboxed actor is denied all of it; the one without a sandbox changes things.
        let actor = if self.choice.chance(35) { 0 } else { actor };
        if self.choice.chance(25) {
            return self.disconnect(actor);
        }
        let path = self.choice.one(&self.names.inner);
        let other = self.choice.one(&self.names.inner);
        let slot = self.new_slot();
        let (op, held) = match self.choice.below(12) {
            0..2 => (Op::MountTmpfs { path }, None),
            2..4 => (
                Op::MountBind {
                    from: path,
                    to: other,
                },
                None,
            ),
            4 => (
                Op::MountMove {
                    from: path,
                    to: other,
                },
                None,
            ),
            5 if self.choice.chance(50) => (Op::Reconfigure { path }, None),
            5 => (Op::Remount { path }, None),
            6..8 => (
                Op::Umount {
                    path: self.mounted(),
                },
                None,
            ),
            8 => {
                let flags = self.choice.one(&[0, 1]);
                self.push(actor, Op::OpenTree { path, flags, slot });
                (Op::MoveMount { slot, to: other }, Some(Held::Mount))
            }
            9 => match self.find(actor, |held| held == Held::Mount) {
                Some(slot) => (Op::MoveMount { slot, to: other }, None),
                None => (Op::MountNew { slot }, Some(Held::Mount)),
            },
            10 => (Op::MountNew { slot }, Some(Held::Mount)),
            _ => {
                // That would succeed, and leave nothing behind.
                let path = if actor == 0 { "/".to_owned() } else { path };
                (Op::PivotRoot { path }, None)
            }
        };
        self.push(actor, op);
        if let Some(held) = held {
            self.hold(actor, slot, held);
        }
    }

    /// Returns a directory that has something mounted on it, if there is one.
    fn mounted(&mut self) -> String {
        if self.names.mounts.is_empty() || self.choice.chance(20) {
            return self.choice.one(&self.names.inner);
        }
        self.choice.one(&self.names.mounts)
    }

    /// Adds that a directory is opened, then removed or moved away, then used.
    fn disconnect(&mut self, actor: Actor) {
        let path = self.choice.one(&self.names.inner);
        let slot = self.new_slot();
        let flags = self.choice.one(&[libc::O_PATH, libc::O_RDONLY]) | libc::O_DIRECTORY;
        let absolute = |path| Place {
            base: Base::Cwd,
            path,
        };
        let place = absolute(path.clone());
        self.push(actor, Op::Open { place, flags, slot });
        self.hold(actor, slot, Held::Dir);
        let to = self.names.new_name(&mut self.choice);
        let op = match self.choice.below(4) {
            0 => Op::Umount { path },
            1 => Op::Rmdir {
                place: absolute(path),
            },
            _ => Op::Rename {
                from: absolute(path),
                to: absolute(to),
                flags: 0,
            },
        };
        self.push(0, op);
        let beneath = |path: &str| Place {
            base: Base::Slot(slot),
            path: path.to_owned(),
        };
        let name = format!("n{}", self.choice.below(5));
        let file = format!("f{}", self.choice.below(9));
        self.push(
            actor,
            Op::Mkdir {
                place: beneath(&name),
            },
        );
        let flags = libc::O_RDWR | libc::O_CREAT;
        let new = self.new_slot();
        self.push(
            actor,
            Op::Open {
                place: beneath(&file),
                flags,
                slot: new,
            },
        );
        self.hold(actor, new, Held::File);
        let (from, to) = (beneath(&file), self.names.new_name(&mut self.choice));
        let to = self.place(actor, to);
        self.push(actor, Op::Rename { from, to, flags: 0 });
    }
}
