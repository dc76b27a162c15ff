// SPDX-License-Identifier: GPL-2.0-only

//! The 32-bit way into the kernel: `int $0x80`, with addresses below 4 GiB.

use std::arch::asm;

use super::memory::Memory;
use super::{Arg, Call};

/// Alignment of what arguments lend, in low memory.
const ALIGNMENT: usize = 16;

/// Makes a system call of the 32-bit table, unless its structures are not made for that.
pub fn call(number: Call, args: &mut [Arg<'_>]) -> Option<i32> {
    let compat = compat_number(number)?;
    let room = |arg: &Arg<'_>| {
        arg.lent()
            .map_or(0, <[u8]>::len)
            .next_multiple_of(ALIGNMENT)
    };
    let mut memory = match Memory::low(args.iter().map(room).sum()) {
        Ok(memory) => memory,
        Err(error) => return Some(error),
    };
    let mut words = [0; 6];
    let mut used = 0;
    for (word, arg) in words.iter_mut().zip(&mut *args) {
        *word = match arg.lent() {
            Some(bytes) => {
                memory.write(used, bytes);
                memory.address(used)
            }
            None => arg.word(),
        };
        used += room(arg);
    }
    let result = enter(compat, split(number, words));
    let mut used = 0;
    for arg in args {
        let room = room(arg);
        if let Arg::Out(bytes) = arg {
            memory.read(used, bytes);
        }
        used += room;
    }
    Some(result)
}

/// Returns the words for the 32-bit table, which passes lengths of files in two halves.
fn split(number: Call, words: [i64; 6]) -> [i64; 6] {
    match (number, words) {
        (Call::Truncate | Call::Ftruncate, [file, length, ..]) => {
            [file, length, length >> 32, 0, 0, 0]
        }
        (Call::Fallocate, [file, mode, offset, length, ..]) => {
            [file, mode, offset, offset >> 32, length, length >> 32]
        }
        _ => words,
    }
}

/// Enters the kernel; returns the value or the negative error.
#[cfg(target_arch = "x86_64")]
fn enter(number: i32, words: [i64; 6]) -> i32 {
    let mut result = i64::from(number);
    // SAFETY: The calls of `Call` use memory through their arguments only, which `call` moved to
    // memory of its own with as much room. The kernel keeps all registers but %rax and %r8 to %r11;
    // %rbx and %rbp, which the compiler needs, are put back.
    unsafe {
        asm!(
            "push rbx",
            "push rbp",
            "mov rbx, [r12]",
            "mov rcx, [r12 + 8]",
            "mov rdx, [r12 + 16]",
            "mov rsi, [r12 + 24]",
            "mov rdi, [r12 + 32]",
            "mov rbp, [r12 + 40]",
            "int 0x80",
            "pop rbp",
            "pop rbx",
            inout("rax") result,
            in("r12") words.as_ptr(),
            out("rcx") _, out("rdx") _, out("rsi") _, out("rdi") _,
            out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    result as i32
}

/// There is no such way.
#[cfg(not(target_arch = "x86_64"))]
fn enter(_: i32, _: [i64; 6]) -> i32 {
    -libc::ENOSYS
}

/// Numbers of calls in the 32-bit table; those that are not here take structures with addresses that
/// [`super::words`] does not make.
const NUMBERS: [(Call, i32); 74] = [
    (Call::Accept, 364),
    (Call::AddRule, 445),
    (Call::Bind, 361),
    (Call::Capset, 185),
    (Call::Chdir, 12),
    (Call::Chroot, 61),
    (Call::Close, 6),
    (Call::Connect, 362),
    (Call::CreateRuleset, 444),
    (Call::Dup3, 330),
    (Call::Execute, 358),
    (Call::Fallocate, 324),
    (Call::Fchdir, 133),
    (Call::Fcntl, 221),
    (Call::Fsconfig, 431),
    (Call::Fsmount, 432),
    (Call::Fsopen, 430),
    (Call::Fspick, 433),
    (Call::Ftruncate, 194),
    (Call::GetDents, 220),
    (Call::Ioctl, 54),
    (Call::KeyCtl, 288),
    (Call::Kcmp, 349),
    (Call::Kill, 37),
    (Call::Link, 303),
    (Call::Listen, 363),
    (Call::Lseek, 19),
    (Call::MemfdCreate, 356),
    (Call::Mkdir, 296),
    (Call::Mknod, 297),
    (Call::Mount, 21),
    (Call::MoveMount, 429),
    (Call::MqNotify, 281),
    (Call::MqOpen, 277),
    (Call::MqReceive, 419),
    (Call::MqSend, 418),
    (Call::MqUnlink, 278),
    (Call::NameToHandle, 341),
    (Call::Open, 295),
    (Call::OpenByHandle, 342),
    (Call::OpenAt2, 437),
    (Call::OpenTree, 428),
    (Call::PidfdGetfd, 438),
    (Call::PidfdOpen, 434),
    (Call::PidfdSignal, 424),
    (Call::PivotRoot, 217),
    (Call::Prctl, 172),
    (Call::Ptrace, 26),
    (Call::QueueThreadSignal, 335),
    (Call::QueueSignal, 178),
    (Call::Read, 3),
    (Call::ReadLink, 305),
    (Call::Recv, 371),
    (Call::ReceiveMessage, 372),
    (Call::Rename, 353),
    (Call::RestrictSelf, 446),
    (Call::SendMany, 345),
    (Call::SendMessage, 370),
    (Call::SendTo, 369),
    (Call::SetUsers, 208),
    (Call::SetGroups, 206),
    (Call::SetGroup, 57),
    (Call::SetSockOpt, 366),
    (Call::SigTimedWait, 421),
    (Call::Socket, 359),
    (Call::Symlink, 304),
    (Call::Tgkill, 270),
    (Call::TimerCreate, 259),
    (Call::TimerGet, 408),
    (Call::TimerSet, 409),
    (Call::Truncate, 193),
    (Call::Umount, 52),
    (Call::Unlink, 301),
    (Call::Write, 4),
];

/// Returns the number of a call in the 32-bit table.
fn compat_number(number: Call) -> Option<i32> {
    let found = NUMBERS.iter().find(|(call, _)| *call == number);
    found.map(|(_, compat)| *compat)
}
