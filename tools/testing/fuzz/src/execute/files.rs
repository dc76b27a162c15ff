// SPDX-License-Identifier: GPL-2.0-only

//! Carries out operations on files.

use crate::execute::{SKIPPED, at, base, fd, keep};
use crate::program::{Base, Op, Place};
use crate::sys::{Arg, Call, call, text};

/// Signals changes of a directory.
const F_NOTIFY: i64 = 1026;

/// Files that are changed, created, deleted or renamed, again and again.
const EVENTS: i64 = 0x8000_0000 | 2 | 4 | 8 | 16;

/// Carries out `op`.
pub fn execute(op: &Op) -> i32 {
    match op {
        Op::Open { place, flags, slot } => {
            keep(at(Call::Open, place, [(*flags).into(), 0o644]), *slot)
        }
        Op::Mkdir { place } => at(Call::Mkdir, place, [0o755]),
        Op::Mknod {
            place,
            mode,
            device,
        } => at(
            Call::Mknod,
            place,
            [(mode | 0o644).into(), (*device).into()],
        ),
        Op::Unlink { place } => at(Call::Unlink, place, [0]),
        Op::Rmdir { place } => at(Call::Unlink, place, [libc::AT_REMOVEDIR.into()]),
        Op::Symlink { place } => {
            let path = text(&place.path);
            call(
                Call::Symlink,
                [Arg::Text(c"target"), base(place), Arg::Text(&path)],
            )
        }
        Op::Link { from, to, flags } => two(Call::Link, from, to, (*flags).into()),
        Op::LinkSlot { slot, to } => {
            let from = Place {
                base: Base::Slot(*slot),
                path: String::new(),
            };
            two(Call::Link, &from, to, libc::AT_EMPTY_PATH.into())
        }
        Op::Rename { from, to, flags } => two(Call::Rename, from, to, (*flags).into()),
        Op::Truncate { path } => call(Call::Truncate, [Arg::Text(&text(path)), Arg::Int(4)]),
        Op::Chdir { path } => call(Call::Chdir, [Arg::Text(&text(path))]),
        Op::Chroot { path } => call(Call::Chroot, [Arg::Text(&text(path))]),
        Op::Fchdir { slot } => call(Call::Fchdir, [fd(*slot)]),
        _ => on_slot(op),
    }
}

/// Carries out an operation on what is open.
fn on_slot(op: &Op) -> i32 {
    let mut buffer = [0; 1024];
    match op {
        Op::Ftruncate { slot } => call(Call::Ftruncate, [fd(*slot), Arg::Int(5)]),
        Op::Fallocate { slot } => call(
            Call::Fallocate,
            [fd(*slot), Arg::Int(0), Arg::Int(2), Arg::Int(6)],
        ),
        Op::Notify { slot } => call(
            Call::Fcntl,
            [fd(*slot), Arg::Int(F_NOTIFY), Arg::Int(EVENTS)],
        ),
        Op::Ioctl { slot, command } => call(
            Call::Ioctl,
            [
                fd(*slot),
                Arg::Int((*command).into()),
                Arg::Out(&mut buffer),
            ],
        ),
        Op::Readdir { slot } => {
            call(Call::Lseek, [fd(*slot), Arg::Int(0), Arg::Int(0)]);
            let size = Arg::Int(buffer.len() as i64);
            call(Call::GetDents, [fd(*slot), Arg::Out(&mut buffer), size]).min(1)
        }
        Op::Read { slot } => call(Call::Read, [fd(*slot), Arg::Out(&mut buffer), Arg::Int(8)]),
        Op::Write { slot } => call(Call::Write, [fd(*slot), Arg::In(b"12345678"), Arg::Int(8)]),
        _ => SKIPPED,
    }
}

/// Makes a call about two places.
fn two(number: Call, from: &Place, to: &Place, flags: i64) -> i32 {
    let (old, new) = (text(&from.path), text(&to.path));
    call(
        number,
        [
            base(from),
            Arg::Text(&old),
            base(to),
            Arg::Text(&new),
            Arg::Int(flags),
        ],
    )
}
