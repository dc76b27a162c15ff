// SPDX-License-Identifier: GPL-2.0-only

//! What a program is: files, and a sequence of operations by several actors.

use std::fmt;

use strum::{IntoStaticStr, VariantNames};

/// Most actors of a program. The first one is never sandboxed.
pub const MAX_ACTORS: usize = 8;

/// Number of descriptors that each process keeps open for later operations.
pub const SLOTS: u8 = 12;

/// One of the actors of a program: a process, or a thread of one.
pub type Actor = u8;

/// A descriptor that an operation left open, by its place in the actor's process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(pub u8);

/// Where a path starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// At the working directory, if the path is not absolute.
    Cwd,
    /// At a directory that was opened before.
    Slot(Slot),
}

/// A path, and where it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where it starts.
    pub base: Base,
    /// The path.
    pub path: String,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        if let Base::Slot(slot) = self.base {
            write!(formatter, "@{}/", slot.0)?;
        }
        formatter.write_str(&self.path)
    }
}

/// A program: made from a seed, and from nothing else.
#[derive(Debug)]
pub struct Program {
    /// What it was made from.
    pub seed: u64,
    /// Files that are made first.
    pub tree: Vec<Node>,
    /// Whether directories are renamed meanwhile, see [`crate::race`].
    pub has_race: bool,
    /// What is done then, one after the other.
    pub steps: Vec<Step>,
    /// Numbers of these operations in the whole program, if this is a part of it.
    pub kept: Option<Vec<usize>>,
}

impl Program {
    /// Returns the number that the operation at `index` has in the whole program.
    pub fn number(&self, index: usize) -> usize {
        let kept = self.kept.as_ref().and_then(|kept| kept.get(index));
        kept.copied().unwrap_or(index)
    }
}

/// An operation and who carries it out.
#[derive(Clone, Debug)]
pub struct Step {
    /// Who.
    pub actor: Actor,
    /// What.
    pub op: Op,
}

/// A file of the tree, by its absolute path.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it is.
    pub path: String,
    /// What it is.
    pub kind: Kind,
}

/// What a file of the tree is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Dir,
    /// A regular file with some bytes.
    File,
    /// A program that ends with [`crate::tree::EXECUTED`].
    Program,
    /// A named pipe.
    Fifo,
    /// A name of a socket that nobody listens to.
    Socket,
    /// A character device, with its minor number: of those with major number 1.
    Device(u32),
    /// A symbolic link.
    Symlink(String),
    /// Another name of an earlier file.
    HardLink(String),
    /// A directory with a file system of its own.
    Tmpfs,
    /// A directory that shows another one.
    Bind(String),
    /// A directory that shows another one below what was written to it.
    Overlay(String),
}

/// Where a socket is bound, or what it is connected to.
#[derive(Clone, Debug)]
pub enum Address {
    /// IPv4: address, port, bytes that are passed.
    V4([u8; 4], u16, u8),
    /// IPv6: loopback, any, or an IPv4 address mapped; port, bytes that are passed.
    V6(V6, u16, u8),
    /// Family `AF_UNSPEC`, with port and bytes that are passed.
    Unspecified(u16, u8),
    /// UNIX, by path.
    Path(String),
    /// UNIX, abstract.
    Abstract(String),
}

/// An IPv6 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum V6 {
    /// `::1`
    Loopback,
    /// `::`
    Any,
    /// `::ffff:127.0.0.1`
    Mapped,
}

/// An operation. Each is at most a few system calls; its result is one number.
#[derive(Clone, Debug, IntoStaticStr, VariantNames)]
#[allow(missing_docs)]
pub enum Op {
    // Files
    Open {
        place: Place,
        flags: i32,
        slot: Slot,
    },
    Close {
        slot: Slot,
    },
    Exec {
        place: Place,
    },
    Mkdir {
        place: Place,
    },
    Mknod {
        place: Place,
        mode: u32,
        device: u32,
    },
    Unlink {
        place: Place,
    },
    Rmdir {
        place: Place,
    },
    Symlink {
        place: Place,
    },
    Link {
        from: Place,
        to: Place,
        flags: i32,
    },
    LinkSlot {
        slot: Slot,
        to: Place,
    },
    Rename {
        from: Place,
        to: Place,
        flags: u32,
    },
    Truncate {
        path: String,
    },
    Ftruncate {
        slot: Slot,
    },
    Ioctl {
        slot: Slot,
        command: u32,
    },
    Readdir {
        slot: Slot,
    },
    Read {
        slot: Slot,
    },
    Write {
        slot: Slot,
    },
    Chdir {
        path: String,
    },
    Fchdir {
        slot: Slot,
    },
    Chroot {
        path: String,
    },
    Restore,
    // Mounts
    MountTmpfs {
        path: String,
    },
    MountBind {
        from: String,
        to: String,
    },
    MountMove {
        from: String,
        to: String,
    },
    Remount {
        path: String,
    },
    Umount {
        path: String,
    },
    OpenTree {
        path: String,
        flags: u32,
        slot: Slot,
    },
    MoveMount {
        slot: Slot,
        to: String,
    },
    MountNew {
        slot: Slot,
    },
    PivotRoot {
        path: String,
    },
    // Sockets
    Socket {
        domain: i32,
        kind: i32,
        protocol: i32,
        slot: Slot,
    },
    Bind {
        slot: Slot,
        address: Address,
    },
    Listen {
        slot: Slot,
    },
    Connect {
        slot: Slot,
        address: Address,
    },
    Accept {
        slot: Slot,
        new: Slot,
    },
    Send {
        slot: Slot,
        address: Option<Address>,
        flags: i32,
    },
    Receive {
        slot: Slot,
    },
    ReuseAddress {
        slot: Slot,
    },
    // Other processes
    Kill {
        target: Actor,
        signal: i32,
    },
    Tgkill {
        target: Actor,
        signal: i32,
    },
    PidfdSignal {
        target: Actor,
        signal: i32,
    },
    PidfdGetfd {
        target: Actor,
        slot: Slot,
        new: Slot,
    },
    SetOwner {
        slot: Slot,
        target: Actor,
        signal: i32,
    },
    Pending,
    PtraceAttach {
        target: Actor,
    },
    PtraceSeize {
        target: Actor,
    },
    Traceme {
        slot: Slot,
    },
    OpenProc {
        target: Actor,
        file: &'static str,
    },
    SendSlot {
        target: Actor,
        slot: Slot,
    },
    ReceiveSlot {
        from: Actor,
        slot: Slot,
    },
    Fork {
        child: Actor,
    },
    Thread {
        child: Actor,
    },
    ExecSelf,
    DropCapabilities,
    // Landlock
    NoNewPrivs,
    CreateRuleset {
        attr: [u64; 6],
        size: usize,
        flags: u32,
        slot: Slot,
    },
    AddRulePath {
        ruleset: Slot,
        place: Place,
        access: u64,
        flags: u32,
    },
    AddRuleSlot {
        ruleset: Slot,
        target: Slot,
        access: u64,
        flags: u32,
    },
    AddRulePort {
        ruleset: Slot,
        port: u64,
        access: u64,
        flags: u32,
    },
    AddRuleType {
        ruleset: Slot,
        kind: u32,
    },
    Restrict {
        ruleset: Option<Slot>,
        flags: u32,
    },
}
