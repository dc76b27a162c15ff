// SPDX-License-Identifier: GPL-2.0-only

//! What a program is, as a value and as text.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Error, ensure};
use landlock_uapi::restrict;
use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// Most actors of a program.
pub const MAX_ACTORS: usize = 3;

/// Most acts of an actor.
pub const MAX_ACTS: usize = 3;

/// Restricts all threads of the process.
pub const TSYNC: u32 = restrict::TSYNC as u32;

/// What exists when a round starts, and what each actor does then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// Sandboxes of all actors but those outside.
    #[serde(default)]
    pub start: Vec<Ruleset>,
    /// The rulesets [`Set::R0`] and [`Set::R1`].
    pub rulesets: Vec<Ruleset>,
    /// What is mounted in the tree.
    #[serde(default)]
    pub mount: Mounted,
    /// The actors. The first one is the main thread of its process.
    pub actors: Vec<Actor>,
}

/// What a ruleset handles, and its rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ruleset(pub Handles, pub Vec<Rule>);

/// What a ruleset handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, Serialize, Deserialize)]
pub enum Handles {
    /// Access to files.
    Files,
    /// TCP ports.
    Ports,
    /// Signals and abstract UNIX sockets.
    Scopes,
    /// All of that.
    All,
}

/// What a rule grants everything on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, Serialize, Deserialize)]
pub enum Rule {
    /// The directory `a`.
    A,
    /// The directory `b`.
    B,
    /// The directory `d`, wherever it is.
    D,
    /// A file in `a`.
    File,
    /// The root of the mount.
    Mount,
    /// A file in the mount.
    MountFile,
    /// The port 1001.
    Port1,
    /// The port 1002.
    Port2,
}

/// What is mounted at `m`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumIter, Serialize, Deserialize)]
pub enum Mounted {
    /// Nothing.
    #[default]
    Nothing,
    /// A file system.
    There,
    /// A file system that was unmounted lazily, and is held by a descriptor only.
    Detached,
}

/// An actor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Actor(pub Place, pub Vec<Act>);

/// What an actor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, Serialize, Deserialize)]
pub enum Place {
    /// A thread of the first process.
    Thread,
    /// A child of the first process, with the same sandboxes.
    Child,
    /// A process without a sandbox.
    Outside,
}

/// A ruleset, by the slot of its descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Set {
    R0,
    R1,
}

/// A file that comes and goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, Serialize, Deserialize)]
pub enum Name {
    /// A file in `a`.
    FileA,
    /// A file in `b`.
    FileB,
    /// Not there at first, in `a`.
    NewA,
    /// Not there at first, in `b`.
    NewB,
    /// The directory `d`, in `a`.
    DirA,
    /// Not there at first: `d`, in `b`.
    DirB,
    /// A file in the mount.
    FileM,
}

/// Whom a signal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Whom {
    /// An actor, by its number.
    Actor(usize),
    /// The group of all actors.
    Group,
    /// The process that watches, which has no sandbox.
    Outside,
}

/// A signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, Serialize, Deserialize)]
pub enum Sig {
    /// None: only the check is made.
    Check,
    /// One that interrupts.
    Interrupt,
    /// One that is ignored.
    Ignored,
    /// The one that kills.
    Kill,
}

/// What an actor waits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, Serialize, Deserialize)]
pub enum Wait {
    /// `epoll_wait(2)`, which ends at any interruption.
    Epoll,
    /// `recv(2)` with a timeout, which does as well.
    Receive,
    /// `nanosleep(2)`, which goes on after all but a handled signal.
    Sleep,
    /// `read(2)` of a pipe, which is started again.
    Read,
}

/// What an actor does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// Adds a rule that grants all that the ruleset handles.
    AddRule(Set, Rule),
    /// Enforces a ruleset, with these flags.
    Restrict(Set, u32),
    /// Enforces no ruleset, only flags.
    RestrictNothing(u32),
    /// Closes the descriptor of a ruleset.
    CloseRuleset(Set),
    /// Puts a new ruleset without rules in place of another one.
    ReplaceRuleset(Set, Handles),
    /// Opens a file to read.
    Read(Name),
    /// Opens a file to write.
    Write(Name),
    /// Truncates a file by its name.
    Truncate(Name),
    /// Renames.
    Rename(Name, Name),
    /// Exchanges two names.
    Exchange(Name, Name),
    /// Makes another link.
    Link(Name, Name),
    /// Removes a name.
    Unlink(Name),
    /// Mounts a file system over `b`.
    MountOver,
    /// Unmounts what is at `m`.
    Unmount,
    /// The same, lazily.
    Detach,
    /// Closes the descriptor of the mount's root.
    CloseMount,
    /// Sends a signal to a process or a group.
    Kill(Whom, Sig),
    /// Sends a signal to the thread of an actor.
    Tgkill(usize, Sig),
    /// Makes an actor the owner of a socket.
    SetOwner(usize),
    /// Sends to that socket, which signals its owner.
    Trigger,
    /// Reads what only a tracer of an actor may get.
    Inspect(usize),
    /// Connects to a port without a listener.
    Connect(u16),
    /// Binds to a port.
    Bind(u16),
    /// Connects to an abstract UNIX socket from outside.
    ConnectAbstract,
    /// Starts a thread that stays.
    Thread,
    /// Starts a process that stays.
    Fork,
    /// Is in `vfork(2)` for so many milliseconds.
    Vfork(u32),
    /// Executes a program, which ends the other threads.
    Exec,
    /// Ends the thread.
    Exit,
    /// Ends the process.
    ExitGroup,
    /// As long as others act: `vfork(2)` of some milliseconds, up to a number of times.
    VforkLoop {
        /// Milliseconds.
        ms: u32,
        /// Most times.
        most: u32,
    },
    /// As long as others act: starts threads that end. The last one stays.
    ThreadLoop,
    /// As long as others act: opens a file to read, notes when the verdict changes.
    ReadLoop(Name),
    /// As long as others act: opens the memory of the process.
    MemoryLoop,
    /// As long as others act: waits, counts interruptions.
    Wait(Wait),
}

impl Act {
    /// Returns whether this lasts for as long as others act.
    pub fn is_background(self) -> bool {
        use Act::*;
        let loops = matches!(self, VforkLoop { .. } | ThreadLoop | ReadLoop(_));
        loops || matches!(self, MemoryLoop | Wait(_))
    }

    /// Returns how long this sleeps, at the least.
    fn sleeps(self) -> Duration {
        match self {
            Self::Vfork(ms) => Duration::from_millis(ms.into()),
            Self::VforkLoop { ms, .. } => 2 * Duration::from_millis(ms.into()),
            _ => Duration::ZERO,
        }
    }

    /// Returns whether this takes the `exec_update_lock` of the process.
    fn takes_exec_lock(self) -> bool {
        matches!(self, Self::Exec | Self::MemoryLoop | Self::Inspect(_))
    }

    /// Returns whether this is for all threads of the process.
    pub fn is_tsync(self) -> bool {
        matches!(self, Self::Restrict(_, flags) | Self::RestrictNothing(flags) if flags & TSYNC != 0)
    }
}

impl Program {
    /// Returns all acts.
    pub fn acts(&self) -> impl Iterator<Item = Act> + '_ {
        self.actors.iter().flat_map(|Actor(_, acts)| acts).copied()
    }

    /// Returns whether others need not wait for the actor `index`.
    pub fn is_background(&self, index: usize) -> bool {
        let Actor(_, acts) = &self.actors[index];
        acts.iter().any(|act| act.is_background())
    }

    /// Returns how long a round may take on a machine that is not busy.
    pub fn sleeps(&self) -> Duration {
        self.acts().map(Act::sleeps).sum()
    }

    /// Returns whether it is known that C may not come to an end: TSYNC waits for siblings with a
    /// lock held that they take.
    pub fn c_may_hang(&self) -> bool {
        self.acts().any(Act::is_tsync) && self.acts().any(Act::takes_exec_lock)
    }

    /// Fails when this is no program.
    pub fn check(&self) -> Result<(), Error> {
        let count = self.actors.len();
        ensure!((1..=MAX_ACTORS).contains(&count), "1 to 3 actors");
        ensure!(self.rulesets.len() == 2, "2 rulesets");
        let Actor(first, _) = &self.actors[0];
        ensure!(*first == Place::Thread, "the first actor is a thread");
        let lengths = self.actors.iter().map(|Actor(_, acts)| acts.len());
        for length in lengths {
            ensure!((1..=MAX_ACTS).contains(&length), "1 to 3 acts");
        }
        let foreground = (0..count).any(|index| !self.is_background(index));
        ensure!(foreground, "somebody must come to an end by itself");
        let known = |whom: usize| whom < count;
        let targets = self.acts().all(|act| match act {
            Act::Kill(Whom::Actor(whom), _) | Act::Tgkill(whom, _) => known(whom),
            Act::SetOwner(whom) | Act::Inspect(whom) => known(whom),
            _ => true,
        });
        ensure!(targets, "an actor that is not there");
        Ok(())
    }
}

impl fmt::Display for Program {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let text = ron::to_string(self).map_err(|_| fmt::Error)?;
        formatter.write_str(&text)
    }
}

impl FromStr for Program {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let program: Self = ron::from_str(text).context("this is no program")?;
        program.check()?;
        Ok(program)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_a_program() {
        let text = "(rulesets:[(Files,[A]),(Ports,[])],actors:[(Thread,[Restrict(R0,8)]),\
                    (Child,[Kill(Actor(0),Kill),VforkLoop(ms:2,most:3)])])";
        let program: Program = text.parse().unwrap();
        assert_eq!(program.to_string().parse::<Program>().unwrap(), program);
        assert!(program.is_background(1) && !program.is_background(0));
        assert!(!program.c_may_hang());
        assert!(
            text.replace("Actor(0)", "Actor(2)")
                .parse::<Program>()
                .is_err()
        );
        assert!(
            text.replace("(Thread", "(Outside")
                .parse::<Program>()
                .is_err()
        );
    }
}
