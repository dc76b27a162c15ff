// SPDX-License-Identifier: GPL-2.0-only

//! Opens files in unusual ways, and executes programs.

use crate::execute::{SKIPPED, base, keep, number, unless};
use crate::program::{Base, Op, Place, Slot};
use crate::sys::{self, Arg, Call, call, text};
use crate::tree::{EXECUTED, elf};

/// Largest handle of a file, with its head.
const HANDLE: usize = 8 + 128;

/// Carries out `op`.
pub fn execute(op: &Op) -> i32 {
    match op {
        Op::OpenHow {
            place,
            flags,
            resolve,
            slot,
        } => {
            let mode = if flags & libc::O_CREAT != 0 { 0o644 } else { 0 };
            let how = [(*flags as u64), mode, *resolve]
                .map(u64::to_ne_bytes)
                .concat();
            let path = text(&place.path);
            // Any rename on the machine may make `..` fail once.
            let result = unless(libc::EAGAIN, || {
                let size = Arg::Int(how.len() as i64);
                let arguments = [base(place), Arg::Text(&path), Arg::In(&how), size];
                call(Call::OpenAt2, arguments)
            });
            keep(result, *slot)
        }
        Op::OpenHandle { place, flags, slot } => by_handle(place, *flags, *slot),
        Op::Exec { place, flags } => {
            let dir = match place.base {
                Base::Cwd => libc::AT_FDCWD,
                Base::Slot(slot) => number(slot),
            };
            run(dir, &place.path, *flags)
        }
        Op::ExecSlot { slot, flags } => run(number(*slot), "", flags | libc::AT_EMPTY_PATH),
        Op::ExecMemory { flags } => {
            let file = call(Call::MemfdCreate, [Arg::Text(c"program"), Arg::Int(0)]);
            if file < 0 {
                return file;
            }
            let (program, descriptor) = (elf(), || Arg::Int(file.into()));
            let size = Arg::Int(program.len() as i64);
            call(Call::Write, [descriptor(), Arg::In(&program), size]);
            let result = run(file, "", flags | libc::AT_EMPTY_PATH);
            call(Call::Close, [descriptor()]);
            result
        }
        _ => SKIPPED,
    }
}

/// Opens a file by its handle, on the file system of the working directory.
fn by_handle(place: &Place, flags: i32, slot: Slot) -> i32 {
    let mut handle = [0; HANDLE];
    handle[..4].copy_from_slice(&(HANDLE as u32 - 8).to_ne_bytes());
    let mut mount = [0; 8];
    let path = text(&place.path);
    let [out, id] = [Arg::Out(&mut handle), Arg::Out(&mut mount)];
    let named = call(
        Call::NameToHandle,
        [base(place), Arg::Text(&path), out, id, Arg::Int(0)],
    );
    if named < 0 {
        return named;
    }
    let (here, flags) = (Arg::Int(libc::AT_FDCWD.into()), Arg::Int(flags.into()));
    keep(
        call(Call::OpenByHandle, [here, Arg::Out(&mut handle), flags]),
        slot,
    )
}

/// Runs a program; returns [`EXECUTED`] if that was possible, 0 if it would be.
fn run(dir: i32, path: &str, flags: i32) -> i32 {
    let path = text(path);
    let status = sys::in_child(|| -sys::execute(dir, &path, &[c"x".to_owned()], flags));
    if (1..EXECUTED).contains(&status) {
        -status
    } else {
        status
    }
}
