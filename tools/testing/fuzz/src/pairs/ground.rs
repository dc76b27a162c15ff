// SPDX-License-Identifier: GPL-2.0-only

//! What is there before actors act: files, descriptors, rulesets. All processes of a round share one
//! table of descriptors, so that closing one is the last one.

use std::ffi::CStr;
use std::fs;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use landlock_uapi as uapi;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use crate::pairs::perform::{SLICE_MS, int};
use crate::pairs::program::{Handles, Mounted, Name, Program, Rule, Ruleset, Set};
use crate::stage::place;
use crate::sys::{Arg, Call, call};

/// First of the descriptors that actors use; those of rulesets.
const RULESETS: i32 = 100;
/// The directory `d`, wherever it is.
pub const DIR: i32 = 102;
/// The root of the mount.
pub const MOUNT: i32 = 103;
/// A socket whose owner gets a signal when something comes.
pub const SIGNALLING: i32 = 104;
/// Its other end.
pub const TRIGGER: i32 = 105;
/// A socket that receives nothing. Receiving ends after a short time.
pub const QUIET: i32 = 106;
/// Objects of rules, from here on.
const OBJECTS: i32 = 107;
/// End of the descriptors that actors use.
const END: i32 = 112;

/// Ports that rules are about, without a listener.
pub const PORTS: [u16; 2] = [1001, 1002];

/// Where the tree is.
const ROOT: &CStr = c"/w";

/// Where the mount is.
pub const MOUNT_POINT: &CStr = c"/w/m";

/// Rights that are handled: writing, reading and truncating files; reading directories, removing and
/// making what is in them, and moving it elsewhere.
const FILE_RIGHTS: u64 = uapi::fs::WRITE_FILE | uapi::fs::READ_FILE | uapi::fs::TRUNCATE;
const DIR_RIGHTS: u64 = FILE_RIGHTS
    | uapi::fs::READ_DIR
    | uapi::fs::REMOVE_DIR
    | uapi::fs::REMOVE_FILE
    | uapi::fs::MAKE_DIR
    | uapi::fs::MAKE_REG
    | uapi::fs::REFER;
/// Binding and connecting.
const PORT_RIGHTS: u64 = uapi::net::BIND_TCP | uapi::net::CONNECT_TCP;

/// Names that come and go.
pub const NAMES: [(Name, &CStr); 7] = [
    (Name::FileA, c"/w/a/f"),
    (Name::FileB, c"/w/b/f"),
    (Name::NewA, c"/w/a/new"),
    (Name::NewB, c"/w/b/new"),
    (Name::DirA, c"/w/a/d"),
    (Name::DirB, c"/w/b/d"),
    (Name::FileM, c"/w/m/f"),
];

/// Returns the path of a name.
pub fn path_of(name: Name) -> &'static CStr {
    let found = NAMES.iter().find(|(other, _)| *other == name);
    found.map_or(c"", |(_, path)| path)
}

/// Returns the descriptor of a ruleset.
pub fn slot_of(set: Set) -> i32 {
    RULESETS + set as i32
}

/// Returns the descriptor of what a rule is about.
fn object_of(rule: Rule) -> i32 {
    match rule {
        Rule::D => DIR,
        Rule::Mount => MOUNT,
        Rule::A => OBJECTS,
        Rule::B => OBJECTS + 1,
        Rule::File => OBJECTS + 2,
        _ => OBJECTS + 3,
    }
}

/// Makes the tree and the descriptors of a program.
pub fn prepare(program: &Program) -> Result<()> {
    mount_tmpfs(ROOT)?;
    for dir in ["/w/a", "/w/b", "/w/m", "/w/a/d"] {
        fs::create_dir(dir)?;
    }
    if program.mount != Mounted::Nothing {
        mount_tmpfs(MOUNT_POINT)?;
    }
    for file in ["a/p", "b/p", "a/d/p", "a/f", "b/f", "m/p", "m/f"] {
        fs::write(format!("/w/{file}"), "content")?;
    }
    open_objects();
    open_sockets()?;
    if program.mount == Mounted::Detached {
        let result = call(
            Call::Umount,
            [Arg::Text(MOUNT_POINT), int(libc::MNT_DETACH)],
        );
        ensure!(result == 0, "cannot unmount: error {result}");
    }
    for (set, ruleset) in [Set::R0, Set::R1].into_iter().zip(&program.rulesets) {
        keep(make(ruleset), slot_of(set));
    }
    Ok(())
}

/// Removes the tree and the descriptors.
pub fn clean() {
    for descriptor in RULESETS..END {
        call(Call::Close, [int(descriptor)]);
    }
    let unmount = |path| call(Call::Umount, [Arg::Text(path), int(libc::MNT_DETACH)]);
    while unmount(ROOT) == 0 {}
}

/// Mounts an empty file system; returns 0 or an error.
pub fn mount(path: &CStr) -> i32 {
    let [source, kind] = [Arg::Text(c"tmpfs"), Arg::Text(c"tmpfs")];
    call(Call::Mount, [source, Arg::Text(path), kind, int(0), int(0)])
}

fn mount_tmpfs(path: &CStr) -> Result<()> {
    let result = mount(path);
    ensure!(result == 0, "cannot mount {path:?}: error {result}");
    Ok(())
}

/// Opens the objects of rules.
fn open_objects() {
    let objects = [
        (c"/w/a", OBJECTS),
        (c"/w/b", OBJECTS + 1),
        (c"/w/a/p", OBJECTS + 2),
        (c"/w/a/d", DIR),
        (MOUNT_POINT, MOUNT),
    ];
    for (path, descriptor) in objects {
        let [here, flags] = [libc::AT_FDCWD, libc::O_PATH].map(int);
        let opened = call(Call::Open, [here, Arg::Text(path), flags]);
        keep(opened, descriptor);
    }
}

/// Opens the socket that signals its owner, and the one that stays quiet.
fn open_sockets() -> Result<()> {
    let pair = || {
        let flags = SocketFlags::empty();
        socketpair(AddressFamily::UNIX, SocketType::DGRAM, flags, None)
    };
    let (signalling, trigger) = pair().context("no sockets")?;
    place(signalling, SIGNALLING);
    place(trigger, TRIGGER);
    let flags = libc::O_ASYNC | libc::O_NONBLOCK;
    for descriptor in [SIGNALLING, TRIGGER] {
        call(Call::Fcntl, [descriptor, libc::F_SETFL, flags].map(int));
    }
    let (quiet, _) = pair().context("no sockets")?;
    let time = Duration::from_millis(SLICE_MS as u64);
    set_socket_timeout(&quiet, Timeout::Recv, Some(time))?;
    place(quiet, QUIET);
    Ok(())
}

/// Moves a descriptor to where it belongs; what was there is closed.
pub fn keep(opened: i32, descriptor: i32) -> i32 {
    if opened < 0 {
        return opened;
    }
    let moved = call(Call::Dup3, [opened, descriptor, 0].map(int));
    call(Call::Close, [int(opened)]);
    moved.min(0)
}

/// Makes a ruleset without rules; returns its descriptor or an error.
pub fn make_ruleset(handles: Handles) -> i32 {
    let all = handles == Handles::All;
    let word = |kind, rights: u64| if all || handles == kind { rights } else { 0 };
    let words = [
        word(Handles::Files, DIR_RIGHTS),
        word(Handles::Ports, PORT_RIGHTS),
        word(Handles::Scopes, uapi::scope::ALL),
    ];
    let mut bytes = [0; 24];
    for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&word.to_ne_bytes());
    }
    let size = Arg::Int(bytes.len() as i64);
    call(Call::CreateRuleset, [Arg::In(&bytes), size, int(0)])
}

/// Makes a ruleset with its rules. Rules of other kinds than it handles are left out.
pub fn make(ruleset: &Ruleset) -> i32 {
    let Ruleset(handles, rules) = ruleset;
    let descriptor = make_ruleset(*handles);
    for rule in rules {
        add_rule(descriptor, *rule);
    }
    descriptor
}

/// Adds a rule that grants all that can be granted.
pub fn add_rule(ruleset: i32, rule: Rule) -> i32 {
    let port = match rule {
        Rule::Port1 => Some(PORTS[0]),
        Rule::Port2 => Some(PORTS[1]),
        _ => None,
    };
    let mut bytes = [0; 16];
    let rights = match (port, rule) {
        (Some(_), _) => PORT_RIGHTS,
        (None, Rule::File | Rule::MountFile) => FILE_RIGHTS,
        _ => DIR_RIGHTS,
    };
    bytes[..8].copy_from_slice(&rights.to_ne_bytes());
    let number = match port {
        Some(port) => u64::from(port),
        None => object_of(rule) as u64,
    };
    bytes[8..].copy_from_slice(&number.to_ne_bytes());
    let kind = if port.is_some() { 2 } else { 1 };
    call(
        Call::AddRule,
        [int(ruleset), int(kind), Arg::In(&bytes), int(0)],
    )
}

/// Address of a socket of a process outside of the sandbox.
const ABSTRACT: &[u8] = b"\x01\0\0landlock-pairs";

/// Makes the socket outside, for as long as it is kept.
pub fn listen_abstract() -> Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::DGRAM, flags, None)?;
    let size = Arg::Int(ABSTRACT.len() as i64);
    let result = call(
        Call::Bind,
        [int(socket.as_raw_fd()), Arg::In(ABSTRACT), size],
    );
    ensure!(result == 0, "no abstract socket: error {result}");
    Ok(socket)
}

/// Connects to the socket outside.
pub fn connect_abstract() -> i32 {
    let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC;
    let socket = call(Call::Socket, [libc::AF_UNIX, kind, 0].map(int));
    let size = Arg::Int(ABSTRACT.len() as i64);
    let result = call(Call::Connect, [int(socket), Arg::In(ABSTRACT), size]);
    call(Call::Close, [int(socket)]);
    result
}
