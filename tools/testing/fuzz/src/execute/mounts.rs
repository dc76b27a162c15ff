// SPDX-License-Identifier: GPL-2.0-only

//! Carries out operations on mounts.

use crate::execute::{SKIPPED, fd, keep};
use crate::program::Op;
use crate::sys::{Arg, Call, call, text};
use crate::tree::mount_at;

/// Path and flag of a call about an open mount: nothing but the descriptor.
const MOVE_MOUNT_F_EMPTY_PATH: i64 = 4;

/// Makes the file system that was configured.
const FSCONFIG_CMD_CREATE: i64 = 6;

/// Changes the file system that was picked.
const FSCONFIG_CMD_RECONFIGURE: i64 = 7;

/// Carries out `op`.
pub fn execute(op: &Op) -> i32 {
    let here = || Arg::Int(libc::AT_FDCWD.into());
    match op {
        Op::MountTmpfs { path } => mount_at("tmpfs", path, Some("tmpfs"), 0, ""),
        Op::MountBind { from, to } => mount_at(from, to, None, libc::MS_BIND, ""),
        Op::MountMove { from, to } => mount_at(from, to, None, libc::MS_MOVE, ""),
        Op::Remount { path } => mount_at("", path, None, libc::MS_REMOUNT | libc::MS_BIND, ""),
        Op::Reconfigure { path } => reconfigure(path),
        Op::Umount { path } => umount(path),
        Op::OpenTree { path, flags, slot } => {
            let path = text(path);
            let tree = call(
                Call::OpenTree,
                [here(), Arg::Text(&path), Arg::Int((*flags).into())],
            );
            keep(tree, *slot)
        }
        Op::MoveMount { slot, to } => {
            let to = text(to);
            let flags = Arg::Int(MOVE_MOUNT_F_EMPTY_PATH);
            call(
                Call::MoveMount,
                [fd(*slot), Arg::Text(c""), here(), Arg::Text(&to), flags],
            )
        }
        Op::MountNew { slot } => {
            let context = call(Call::Fsopen, [Arg::Text(c"tmpfs"), Arg::Int(0)]);
            if context < 0 {
                return context;
            }
            let context = i64::from(context);
            let create = [context, FSCONFIG_CMD_CREATE, 0, 0, 0].map(Arg::Int);
            call(Call::Fsconfig, create);
            let mount = call(Call::Fsmount, [Arg::Int(context), Arg::Int(0), Arg::Int(0)]);
            call(Call::Close, [Arg::Int(context)]);
            keep(mount, *slot)
        }
        Op::PivotRoot { path } => {
            let path = text(path);
            call(Call::PivotRoot, [Arg::Text(&path), Arg::Text(&path)])
        }
        _ => SKIPPED,
    }
}

/// Changes nothing of a file system, by the calls that could.
fn reconfigure(path: &str) -> i32 {
    let path = text(path);
    let here = Arg::Int(libc::AT_FDCWD.into());
    let context = call(Call::Fspick, [here, Arg::Text(&path), Arg::Int(0)]);
    if context < 0 {
        return context;
    }
    let context = i64::from(context);
    let command = [context, FSCONFIG_CMD_RECONFIGURE, 0, 0, 0].map(Arg::Int);
    let result = call(Call::Fsconfig, command);
    call(Call::Close, [Arg::Int(context)]);
    result
}

/// Unmounts, also what is in use.
fn umount(path: &str) -> i32 {
    let path = text(path);
    let umount = |flags: i32| call(Call::Umount, [Arg::Text(&path), Arg::Int(flags.into())]);
    match umount(0) {
        error if error == -libc::EBUSY => umount(libc::MNT_DETACH),
        result => result,
    }
}
