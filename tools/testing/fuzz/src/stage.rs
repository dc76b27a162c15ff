// SPDX-License-Identifier: GPL-2.0-only

//! The stage: the first process of a program's namespaces. It makes the files, and lets one actor
//! after the other carry out its operations.

use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::actor::{self, ORDERS, OURSELVES, Order};
use crate::board::{BLOCKED, BOARD, Board, NOT_RUN};
use crate::execute::{POST_IN, POST_OUT, WATCHED};
use crate::program::{Actor, MAX_ACTORS, Program, Step};
use crate::race;
use crate::sys::{self, Arg, Call, Side, borrow, call};
use crate::tree;

/// Descriptor where the stage talks to the actor 0.
const STAGE: RawFd = 30;

/// How long an actor may take for its operations. No operation waits: this is for what goes wrong.
const LIMIT: Timespec = Timespec {
    tv_sec: 5,
    tv_nsec: 0,
};

/// Where the root directory of programs is made; any directory will do.
const NEW_ROOT: &str = "/mnt";

/// Namespaces of a program: message queues have one as well.
const NAMESPACES: i32 =
    libc::CLONE_NEWNS | libc::CLONE_NEWPID | libc::CLONE_NEWNET | libc::CLONE_NEWIPC;

/// Says, before an operation, which one it is.
pub type Announce<'a> = &'a dyn Fn(usize);

/// Makes a process that is alone in new namespaces.
pub fn fork() -> Result<Side, i32> {
    sys::fork(NAMESPACES)
}

/// Runs a program in this process, which is alone in new namespaces.
pub fn run(program: &Arc<Program>, announce: Option<Announce<'_>>) -> Result<()> {
    prepare().context("cannot prepare the stage")?;
    tree::make(&program.tree);
    if program.has_race {
        race::start();
    }
    connect()?;
    let board = Board::new(borrow(BOARD));
    if let Ok(Side::Child) = sys::fork(0).map(|side| note_first(&board, side)) {
        actor::serve(0, program, false);
        sys::exit(0);
    }
    let mut start = 0;
    while start < program.steps.len() {
        let who = program.steps[start].actor;
        let same = |step: &&Step| step.actor == who && announce.is_none();
        let more = program.steps[start + 1..].iter().take_while(same).count();
        let end = start + 1 + more;
        if let Some(announce) = announce {
            announce(start);
        }
        let order = Order {
            start: start as u16,
            end: end as u16,
        };
        give(&board, who, order);
        start = end;
    }
    (0..MAX_ACTORS as Actor).for_each(|who| give(&board, who, Order::FAREWELL));
    Ok(())
}

/// Notes the number of the first actor.
fn note_first(board: &Board<'_>, side: Side) -> Side {
    if let Side::Parent(pid) = side {
        board.set_numbers(0, (pid, pid));
    }
    side
}

/// Lets an actor carry out an order. One that does not come to an end is killed.
fn give(board: &Board<'_>, who: Actor, order: Order) {
    let (pid, _) = board.numbers(who);
    if pid == 0 {
        return;
    }
    let channel = borrow(STAGE + RawFd::from(who));
    let _ = rustix::io::write(channel, &order.encode());
    let mut waiting = [PollFd::new(&channel, PollFlags::IN)];
    if let Ok(1) = poll(&mut waiting, Some(&LIMIT)) {
        let _ = rustix::io::read(channel, &mut [0]);
        return;
    }
    let mut range = usize::from(order.start)..usize::from(order.end);
    if let Some(stuck) = range.find(|step| board.result(*step) == NOT_RUN) {
        board.set_result(stuck, BLOCKED);
    }
    end(pid);
    board.set_numbers(who, (0, 0));
}

/// Kills a process and waits until it is gone, with all that closing its files brings about.
fn end(pid: i32) {
    let process = Pid::from_raw(pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    if let Some(process) = process {
        let _ = pidfd_send_signal(&process, Signal::KILL);
        let _ = poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&LIMIT));
    }
}

/// Prepares what all actors inherit.
fn prepare() -> Result<()> {
    // Signals to the own group stay within the program.
    rustix::process::setsid()?;
    let private = libc::MS_REC | libc::MS_PRIVATE;
    tree::mount_at("", "/", None, private, "");
    new_root()?;
    let mounts = [
        ("tmpfs", tree::ROOT),
        ("tmpfs", tree::LAYERS),
        ("proc", "/proc"),
    ];
    for (kind, path) in mounts {
        std::fs::create_dir(path)?;
        mount(kind, path, Some(kind), 0)?;
    }
    std::env::set_current_dir(tree::ROOT)?;
    rustix::process::umask(rustix::fs::Mode::empty());
    sys::block_signals(WATCHED.iter().map(|signal| 1 << (signal - 1)).sum());
    loopback_up();
    Ok(())
}

/// Makes a root directory of its own, with nothing in it but this program.
fn new_root() -> Result<()> {
    mount("tmpfs", NEW_ROOT, Some("tmpfs"), 0)?;
    std::env::set_current_dir(NEW_ROOT)?;
    std::fs::write("fuzz", "")?;
    let ourselves = std::env::current_exe()?;
    mount(&ourselves.to_string_lossy(), "fuzz", None, libc::MS_BIND)?;
    mount(".", "/", None, libc::MS_MOVE)?;
    rustix::process::chroot(".")?;
    std::env::set_current_dir("/")?;
    place(std::fs::File::open("/fuzz")?.into(), OURSELVES);
    Ok(())
}

/// Mounts, or fails.
fn mount(source: &str, target: &str, kind: Option<&str>, flags: u64) -> Result<()> {
    let result = tree::mount_at(source, target, kind, flags, "");
    ensure!(result == 0, "cannot mount {target}: error {result}");
    Ok(())
}

/// Sets the loopback device up, without which there is no network.
pub fn loopback_up() {
    let socket = call(
        Call::Socket,
        [libc::AF_INET, libc::SOCK_DGRAM, 0].map(|value| Arg::Int(value.into())),
    );
    let mut request = [0; 40];
    request[..2].copy_from_slice(b"lo");
    request[16..18].copy_from_slice(&((libc::IFF_UP | libc::IFF_RUNNING) as u16).to_ne_bytes());
    let number = Arg::Int(libc::SIOCSIFFLAGS as i64);
    call(
        Call::Ioctl,
        [Arg::Int(socket.into()), number, Arg::In(&request)],
    );
    call(Call::Close, [Arg::Int(socket.into())]);
}

/// Opens the descriptors by which the stage and the actors talk.
fn connect() -> Result<()> {
    for actor in 0..MAX_ACTORS as RawFd {
        let pair = |kind| socketpair(AddressFamily::UNIX, kind, SocketFlags::empty(), None);
        let (stage, orders) = pair(SocketType::SEQPACKET)?;
        let (post_out, post_in) = pair(SocketType::DGRAM)?;
        place(stage, STAGE + actor);
        place(orders, ORDERS + actor);
        place(post_out, POST_OUT + actor);
        place(post_in, POST_IN + actor);
    }
    Ok(())
}

/// Gives a file the descriptor `number`, which programs that are executed inherit.
pub fn place(file: OwnedFd, number: RawFd) {
    let old = file.as_fd().as_raw_fd();
    if old != number {
        call(
            Call::Dup3,
            [old, number, 0].map(|value| Arg::Int(value.into())),
        );
    } else {
        std::mem::forget(file);
    }
}
