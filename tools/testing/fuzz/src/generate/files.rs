// SPDX-License-Identifier: GPL-2.0-only

//! Chooses operations on files.

use crate::generate::{Held, Maker};
use crate::program::{Actor, Base, Op, Place, Slot};
use crate::race;

/// Commands of `ioctl(2)`: what Landlock always allows, what the file system answers, what a
/// device does.
const IOCTLS: [u32; 22] = [
    0x5451,      // FIOCLEX
    0x5450,      // FIONCLEX
    0x5421,      // FIONBIO
    0x5452,      // FIOASYNC
    0x5460,      // FIOQSIZE
    0x541b,      // FIONREAD
    0x0000_0001, // FIBMAP
    0x0000_0002, // FIGETBSZ
    0xc020_660b, // FS_IOC_FIEMAP
    0x4004_9409, // FICLONE
    0x4020_940d, // FICLONERANGE
    0xc018_9436, // FIDEDUPERANGE
    0x8010_661b, // FS_IOC_GETFSSYSFSPATH
    0x8011_6615, // FS_IOC_GETFSUUID
    0x8008_6601, // FS_IOC_GETFLAGS
    0x801c_581f, // FS_IOC_FSGETXATTR
    0x4030_5828, // FS_IOC_RESVSP
    0x8004_6601, // FS_IOC32_GETFLAGS
    0x402c_5828, // FS_IOC_RESVSP_32
    0x8004_5200, // RNDGETENTCNT
    0x5401,      // TCGETS
    0x1260,      // BLKGETSIZE
];

/// Ways to open a file.
const ACCESS: [i32; 4] = [libc::O_RDONLY, libc::O_WRONLY, libc::O_RDWR, 3];

/// What changes a file's opening.
const OPEN_FLAGS: [i32; 6] = [
    libc::O_CREAT,
    libc::O_TRUNC,
    libc::O_APPEND,
    libc::O_EXCL,
    libc::O_NOFOLLOW,
    libc::O_CLOEXEC,
];

impl Maker {
    /// Adds an operation on files.
    pub(super) fn file(&mut self, actor: Actor) {
        if self.has_race && self.choice.chance(15) {
            return self.race(actor);
        }
        match self.choice.below(100) {
            0..18 => self.open(actor),
            18..22 => self.open_unusually(actor),
            22..33 => self.open_dir(actor),
            33..64 => self.change(actor),
            64..78 => self.refer(actor),
            78..80 => self.exec(actor),
            80..96 => self.use_slot(actor),
            _ => self.directory(actor),
        }
    }

    /// Adds an operation on the file that is under two directories in turn.
    fn race(&mut self, actor: Actor) {
        let path = self.choice.one(&race::FILES).to_owned();
        let place = Place {
            base: Base::Cwd,
            path: path.clone(),
        };
        match self.choice.below(4) {
            0 => self.push(actor, Op::Exec { place, flags: 0 }),
            1 => self.push(actor, Op::Truncate { path }),
            _ => {
                let flags = self.choice.one(&ACCESS) | libc::O_NONBLOCK;
                let slot = self.new_slot();
                self.push(actor, Op::Open { place, flags, slot });
                // Other operations would log the directory.
                self.hold(actor, slot, Held::Nothing);
                self.push(actor, Op::Ftruncate { slot });
            }
        }
    }

    /// Adds the opening of something that is most likely no directory.
    fn open(&mut self, actor: Actor) {
        let path = match self.choice.below(10) {
            0 => self.names.new_name(&mut self.choice),
            1..3 => self.choice.one(&self.names.devices.clone()),
            3 => format!("/proc/self/fd/{}", 100 + self.choice.below(12)),
            _ => self.names.file(&mut self.choice),
        };
        let mut flags = self.choice.weighted(&[
            (40, ACCESS[0]),
            (20, ACCESS[1]),
            (28, ACCESS[2]),
            (3, ACCESS[3]),
            (9, libc::O_PATH),
        ]);
        for flag in OPEN_FLAGS {
            if self.choice.chance(16) {
                flags |= flag;
            }
        }
        self.open_as(actor, path, flags, Held::File);
    }

    /// Adds the opening of a directory, or of a file without a name in it.
    fn open_dir(&mut self, actor: Actor) {
        let path = self.names.dir(&mut self.choice);
        let (flags, held) = self.choice.weighted(&[
            (55, (libc::O_RDONLY | libc::O_DIRECTORY, Held::Dir)),
            (20, (libc::O_PATH | libc::O_DIRECTORY, Held::Dir)),
            (10, (libc::O_RDONLY, Held::Dir)),
            (15, (libc::O_TMPFILE | libc::O_RDWR, Held::File)),
        ]);
        self.open_as(actor, path, flags, held);
    }

    fn open_as(&mut self, actor: Actor, path: String, flags: i32, held: Held) {
        let slot = self.new_slot();
        let place = self.place(actor, path);
        // Nothing may wait: neither for the other end of a pipe nor for a terminal.
        let flags = flags | libc::O_NONBLOCK | libc::O_NOCTTY;
        self.push(actor, Op::Open { place, flags, slot });
        self.hold(actor, slot, held);
    }

    /// Adds what makes or removes a file, or changes its length.
    fn change(&mut self, actor: Actor) {
        let new = self.names.new_name(&mut self.choice);
        let file = self.names.file(&mut self.choice);
        let dir = self.names.dir(&mut self.choice);
        let op = match self.choice.below(16) {
            0..2 => Op::Mkdir {
                place: self.place(actor, new),
            },
            2..7 => self.mknod(actor, new),
            7..9 => Op::Unlink {
                place: self.place(actor, file),
            },
            9 => Op::Unlink {
                place: self.place(actor, new),
            },
            10 => Op::Rmdir {
                place: self.place(actor, new),
            },
            11 => Op::Rmdir {
                place: self.place(actor, dir),
            },
            12 => Op::Symlink {
                place: self.place(actor, new),
            },
            _ => Op::Truncate { path: file },
        };
        self.push(actor, op);
    }

    fn mknod(&mut self, actor: Actor, path: String) -> Op {
        let null = libc::makedev(1, 3) as u32;
        let (mode, device) = self.choice.one(&[
            (libc::S_IFREG, 0),
            (0, 0),
            (libc::S_IFCHR, null),
            (libc::S_IFCHR, 0),
            (libc::S_IFBLK, libc::makedev(7, 0) as u32),
            (libc::S_IFIFO, 0),
            (libc::S_IFSOCK, 0),
            (libc::S_IFDIR, 0),
        ]);
        Op::Mknod {
            place: self.place(actor, path),
            mode,
            device,
        }
    }

    /// Adds a link or a rename, within a directory or between two.
    fn refer(&mut self, actor: Actor) {
        let from = match self.choice.below(5) {
            0 => self.names.dir(&mut self.choice),
            1 => self.names.new_name(&mut self.choice),
            _ => self.names.file(&mut self.choice),
        };
        let mut to = self.names.new_name(&mut self.choice);
        if self.choice.chance(20) {
            to = self.names.any(&mut self.choice);
        } else if let (true, Some((dir, _))) = (self.choice.chance(25), from.rsplit_once('/')) {
            to = format!("{dir}/n{}", self.choice.below(5));
        }
        let (from, to) = (self.place(actor, from), self.place(actor, to));
        let op = match self.choice.below(10) {
            0..4 => {
                let flags = self
                    .choice
                    .weighted(&[(8, 0), (1, libc::AT_SYMLINK_FOLLOW)]);
                Op::Link { from, to, flags }
            }
            4 => match self.find(actor, |held| held == Held::File) {
                Some(slot) => Op::LinkSlot { slot, to },
                None => Op::Link { from, to, flags: 0 },
            },
            _ => {
                // NOREPLACE, EXCHANGE, WHITEOUT, and what excludes each other
                let flags = [(9, 0), (3, 1), (6, 2), (3, 4), (1, 5), (1, 3), (1, 8)];
                let flags = self.choice.weighted(&flags);
                Op::Rename { from, to, flags }
            }
        };
        self.push(actor, op);
    }

    /// Adds the use of something that is open.
    fn use_slot(&mut self, actor: Actor) {
        if self.choice.chance(20) {
            if let Some(slot) = self.find(actor, |held| held == Held::Dir) {
                let op = match self.choice.chance(80) {
                    true => Op::Readdir { slot },
                    false => Op::Notify { slot },
                };
                return self.push(actor, op);
            }
        }
        let Some(slot) = self.find(actor, |held| held == Held::File) else {
            return self.open(actor);
        };
        let op = match self.choice.below(14) {
            12 => Op::Fallocate { slot },
            13 => Op::RingCommand { slot },
            0..4 => Op::Ftruncate { slot },
            4..9 => Op::Ioctl {
                slot,
                command: self.choice.one(&IOCTLS),
            },
            9 => Op::Read { slot },
            10 => Op::Write { slot },
            _ => return self.pass_slot(actor, slot),
        };
        self.push(actor, op);
    }

    /// Adds that another actor is given what is open, and uses it.
    pub(super) fn pass_slot(&mut self, actor: Actor, slot: Slot) {
        let target = self.any_actor();
        let new = self.new_slot();
        let held = self.actors[usize::from(actor)].slots[usize::from(slot.0)];
        self.push(actor, Op::SendSlot { target, slot });
        self.push(
            target,
            Op::ReceiveSlot {
                from: actor,
                slot: new,
            },
        );
        self.hold(target, new, held);
        let command = self.choice.one(&IOCTLS);
        self.push(target, Op::Ftruncate { slot: new });
        self.push(target, Op::Ioctl { slot: new, command });
    }

    /// Adds a change of the working directory or of the root.
    fn directory(&mut self, actor: Actor) {
        let path = self.names.dir(&mut self.choice);
        let op = match (
            self.choice.below(12),
            self.find(actor, |held| held == Held::Dir),
        ) {
            (0..5, Some(slot)) => Op::Fchdir { slot },
            (11, _) if actor != 0 => Op::Chroot { path },
            (10, _) => Op::Chdir {
                path: "/".to_owned(),
            },
            _ => Op::Chdir { path },
        };
        self.push(actor, op);
    }
}
