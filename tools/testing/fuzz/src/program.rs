// SPDX-License-Identifier: GPL-2.0-only

//! What a program is: files, and a sequence of operations by several actors.

use std::fmt;

mod op;

pub use op::{Bytes, Many, Op, Owner};

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

/// An operation and the actor that carries it out.
#[derive(Clone, Debug)]
pub struct Step {
    /// The actor.
    pub actor: Actor,
    /// How.
    pub way: Way,
    /// What.
    pub op: Op,
}

/// How the system calls of an operation enter the kernel. Those that cannot, or a kernel that has no
/// other way, use the usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As usual.
    Native,
    /// As a program with 32 bits does.
    Compat,
    /// By a request of io_uring.
    Ring,
    /// The same, carried out by a worker.
    Worker,
    /// By a request of a ring with the credentials of its maker.
    OldRing(Slot),
    /// The same, carried out by a worker.
    OldRingWorker(Slot),
}

impl Way {
    /// Returns whether requests of io_uring are made, which workers may carry out.
    pub fn is_ring(self) -> bool {
        !matches!(self, Self::Native | Self::Compat)
    }

    /// Returns its name, which what it covers is counted by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "",
            Self::Compat => "32-bit",
            Self::Ring => "ring",
            Self::Worker => "worker",
            Self::OldRing(_) => "old ring",
            Self::OldRingWorker(_) => "old worker",
        }
    }
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
    /// A script, with the path of what interprets it.
    Script(String),
    /// A named pipe.
    Fifo,
    /// A name of a socket without a listener.
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
    /// UNIX, with a name that the kernel chooses.
    Auto,
    /// Between virtual machines: this machine itself, and a port.
    Vsock(u32),
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
