// SPDX-License-Identifier: GPL-2.0-only

//! Carries out acts. A process that was forked beside other threads must not allocate: nothing here
//! does, but starting threads.

use std::ffi::CStr;
use std::sync::mpsc;
use std::thread;

use crate::pairs::actor::{self, Member, stay};
use crate::pairs::ground::{self, PORTS, path_of, slot_of};
use crate::pairs::program::{Act, MAX_ACTORS, Name, Sig, Whom};
use crate::sys::{self, Arg, Call, Side, call};

mod waits;

/// How an act ended.
pub enum Outcome {
    /// With a result.
    Result(i32),
    /// The thread ends.
    Leave,
    /// The process ends.
    LeaveAll,
}

/// How long an actor waits at a time: others come to an end meanwhile.
pub const SLICE_MS: i32 = 10;

/// Most changes of a verdict that are noted.
const MOST_CHANGES: u32 = 5;

/// Makes a number an argument.
pub fn int(value: i32) -> Arg<'static> {
    Arg::Int(value.into())
}

/// Carries out one act.
pub fn act(member: &Member<'_>, act: Act) -> Outcome {
    match act {
        Act::Exit => Outcome::Leave,
        Act::ExitGroup => Outcome::LeaveAll,
        act => Outcome::Result(result(member, act)),
    }
}

fn result(member: &Member<'_>, act: Act) -> i32 {
    match act {
        Act::AddRule(set, rule) => ground::add_rule(slot_of(set), rule),
        Act::Restrict(set, flags) => restrict(slot_of(set), flags),
        Act::RestrictNothing(flags) => restrict(-1, flags),
        Act::CloseRuleset(set) => call(Call::Close, [int(slot_of(set))]),
        Act::ReplaceRuleset(set, handles) => {
            ground::keep(ground::make_ruleset(handles), slot_of(set))
        }
        Act::Read(name) => open_at(libc::AT_FDCWD, path_of(name), libc::O_RDONLY),
        Act::Write(name) => open_at(libc::AT_FDCWD, path_of(name), libc::O_WRONLY),
        Act::Truncate(name) => call(Call::Truncate, [Arg::Text(path_of(name)), int(0)]),
        Act::Rename(from, to) => two_names(Call::Rename, from, to, 0),
        Act::Exchange(from, to) => two_names(Call::Rename, from, to, libc::RENAME_EXCHANGE),
        Act::Link(from, to) => two_names(Call::Link, from, to, 0),
        Act::Unlink(name) => unlink(name),
        Act::MountOver => ground::mount(c"/w/b"),
        Act::Unmount => unmount(0),
        Act::Detach => unmount(libc::MNT_DETACH),
        Act::CloseMount => call(Call::Close, [int(ground::MOUNT)]),
        Act::Connect(port) => connect(port),
        Act::Bind(port) => bind(port),
        Act::ConnectAbstract => ground::connect_abstract(),
        act => on_others(member, act),
    }
}

/// Carries out acts on other members, and those that make some.
fn on_others(member: &Member<'_>, act: Act) -> i32 {
    match act {
        Act::Kill(whom, sig) => kill(member, whom, sig),
        Act::Tgkill(whom, sig) => {
            let (pid, tid) = member.table.numbers(whom);
            call(Call::Tgkill, [pid, tid, number(sig)].map(int))
        }
        Act::SetOwner(whom) => {
            let (pid, _) = member.table.numbers(whom);
            call(
                Call::Fcntl,
                [ground::SIGNALLING, libc::F_SETOWN, pid].map(int),
            )
        }
        Act::Trigger => {
            let (byte, one) = (Arg::In(b"x"), Arg::Int(1));
            call(Call::Write, [int(ground::TRIGGER), byte, one])
        }
        Act::Inspect(whom) => inspect(member.table.numbers(whom).1),
        Act::Thread => start_thread(member, true),
        Act::Fork => fork(member),
        Act::Vfork(ms) => vfork(ms),
        Act::Exec => actor::execute(member.me),
        act => in_background(member, act),
    }
}

/// Carries out acts that last as long as others act. Each is done once at least.
fn in_background(member: &Member<'_>, act: Act) -> i32 {
    match act {
        Act::VforkLoop { ms, most } => vfork_loop(member, ms, most),
        Act::ThreadLoop => {
            while member.others_act() {
                start_thread(member, false);
            }
            start_thread(member, true)
        }
        Act::ReadLoop(name) => read_loop(member, name),
        Act::MemoryLoop => {
            let open = || open_at(libc::AT_FDCWD, c"/proc/self/mem", libc::O_RDONLY);
            let mut result = open();
            while member.others_act() {
                result = open();
            }
            result
        }
        Act::Wait(wait) => waits::until_others_are_done(member, wait),
        _ => -libc::ENOSYS,
    }
}

fn restrict(ruleset: i32, flags: u32) -> i32 {
    call(
        Call::RestrictSelf,
        [int(ruleset), Arg::Int(i64::from(flags))],
    )
}

/// Opens a file and closes it.
pub fn open_at(dir: i32, path: &CStr, flags: i32) -> i32 {
    let flags = int(flags | libc::O_CLOEXEC | libc::O_NONBLOCK);
    let file = call(Call::Open, [int(dir), Arg::Text(path), flags]);
    if file >= 0 {
        call(Call::Close, [int(file)]);
    }
    file.min(0)
}

fn two_names(number: Call, from: Name, to: Name, flags: u32) -> i32 {
    let [from, to] = [from, to].map(|name| Arg::Text(path_of(name)));
    let here = || int(libc::AT_FDCWD);
    call(number, [here(), from, here(), to, Arg::Int(flags.into())])
}

fn unlink(name: Name) -> i32 {
    let path = Arg::Text(path_of(name));
    let is_dir = matches!(name, Name::DirA | Name::DirB);
    let flags = if is_dir { libc::AT_REMOVEDIR } else { 0 };
    call(Call::Unlink, [int(libc::AT_FDCWD), path, int(flags)])
}

fn unmount(flags: i32) -> i32 {
    call(Call::Umount, [Arg::Text(ground::MOUNT_POINT), int(flags)])
}

/// Does something with a new TCP socket and a port of the loopback device.
fn with_port(number: Call, port: u16) -> i32 {
    let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC;
    let socket = call(Call::Socket, [libc::AF_INET, kind, 0].map(int));
    let mut address = [0; 16];
    address[..2].copy_from_slice(&(libc::AF_INET as u16).to_ne_bytes());
    address[2..4].copy_from_slice(&port.to_be_bytes());
    address[4..8].copy_from_slice(&[127, 0, 0, 1]);
    let size = Arg::Int(address.len() as i64);
    let result = call(number, [int(socket), Arg::In(&address), size]);
    call(Call::Close, [int(socket)]);
    result
}

/// Connects to a port without a listener.
pub fn connect(port: u16) -> i32 {
    with_port(Call::Connect, port)
}

fn bind(port: u16) -> i32 {
    with_port(Call::Bind, port + PORTS[1] - PORTS[0])
}

fn number(sig: Sig) -> i32 {
    match sig {
        Sig::Check => 0,
        Sig::Interrupt => libc::SIGUSR1,
        Sig::Ignored => libc::SIGURG,
        Sig::Kill => libc::SIGKILL,
    }
}

fn kill(member: &Member<'_>, whom: Whom, sig: Sig) -> i32 {
    let pid = match whom {
        Whom::Actor(index) => member.table.numbers(index).0,
        Whom::Group => 0,
        // An observer is not interrupted.
        Whom::Outside => return call(Call::Kill, [member.table.watcher(), 0].map(int)),
    };
    call(Call::Kill, [pid, number(sig)].map(int))
}

/// Asks for what only a tracer of a thread may get.
fn inspect(tid: i32) -> i32 {
    let (mut head, mut length) = ([0; 8], [0; 8]);
    let room = [Arg::Out(&mut head), Arg::Out(&mut length)];
    let [head, length] = room;
    call(Call::GetRobustList, [int(tid), head, length])
}

/// Returns the number of the member that an actor may start.
fn child_of(member: &Member<'_>) -> usize {
    MAX_ACTORS + member.me
}

/// Starts a thread, which stays as a member or ends at once.
fn start_thread(member: &Member<'_>, stays: bool) -> i32 {
    let (table, child) = (member.table, child_of(member));
    let (report, started) = mpsc::channel();
    let thread = thread::spawn(move || {
        if stays {
            table.enter(child, std::process::id() as i32, sys::thread_number());
            let _ = report.send(());
            stay(table, child);
        }
    });
    if stays {
        started.recv().map_or(-libc::EAGAIN, |()| 0)
    } else {
        thread.join().map_or(-libc::EAGAIN, |()| 0)
    }
}

/// Starts a process that stays as a member. Its parent is that of this process.
fn fork(member: &Member<'_>) -> i32 {
    match sys::fork(libc::CLONE_PARENT | libc::CLONE_FILES) {
        Ok(Side::Child) => {
            let pid = std::process::id() as i32;
            member.table.enter(child_of(member), pid, pid);
            stay(member.table, child_of(member))
        }
        Ok(Side::Parent(_)) => {
            let is_there = || member.table.numbers(child_of(member)).0 != 0;
            actor::wait_until(is_there);
            0
        }
        Err(error) => error,
    }
}

fn vfork(ms: u32) -> i32 {
    match sys::vfork(ms) {
        pid if pid < 0 => pid,
        pid => loop {
            let status = sys::wait(pid);
            if status != -libc::EINTR {
                return status;
            }
        },
    }
}

fn vfork_loop(member: &Member<'_>, ms: u32, most: u32) -> i32 {
    for _ in 0..most {
        let result = vfork(ms);
        if result < 0 || !member.others_act() {
            return result.min(0);
        }
    }
    member.table.exhaust(member.me);
    0
}

/// Opens a file again and again; returns the verdicts as digits (0 allowed, 1 denied, 2 neither),
/// each time that they change.
fn read_loop(member: &Member<'_>, name: Name) -> i32 {
    let look = || match open_at(libc::AT_FDCWD, path_of(name), libc::O_RDONLY) {
        0 => 0,
        error if error == -libc::EACCES => 1,
        _ => 2,
    };
    // The first digit keeps zeros in sight.
    let (mut digits, mut changes, mut last) = (9, 0, -1);
    loop {
        let others_act = member.others_act();
        let verdict = look();
        if verdict != last && changes < MOST_CHANGES {
            digits = digits * 10 + verdict;
            changes += 1;
            last = verdict;
        }
        if !others_act {
            return digits;
        }
    }
}
