// SPDX-License-Identifier: GPL-2.0-only

//! What all processes of a round share: where each member is, and what it got.

use std::os::fd::RawFd;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};

use anyhow::{Context, Result};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};

use crate::pairs::program::{MAX_ACTORS, MAX_ACTS};
use crate::stage;
use crate::sys;

/// Descriptor of the table in every process of a round.
pub const TABLE: RawFd = 99;

/// Most that take part in a round: the actors, and one that each starts.
pub const MEMBERS: usize = 2 * MAX_ACTORS;

/// Where a round is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Phase {
    /// Actors act. Before, they get ready.
    Act = 1,
    /// They look at what they may do.
    Observe = 2,
}

/// Where a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Status {
    /// There is none.
    Absent = 0,
    /// It acts, or is about to.
    Busy = 1,
    /// It has done what it is there for.
    Done = 2,
    /// It looked at what it may do.
    Observed = 3,
    /// It left by itself.
    Left = 4,
    /// It was killed, or its process executed a program.
    Dead = 5,
}

/// All turns at once.
pub const ALL: i32 = -1;

/// Result of an act that was not carried out.
pub const NOT_RUN: i32 = crate::board::NOT_RUN;

/// What a member leaves in the table.
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
enum Field {
    Pid,
    Tid,
    Status,
    Interrupts,
    Exhausted,
    Observed,
    Layers,
    Results,
}

/// Words for each member.
const WIDTH: usize = Field::Results as usize + MAX_ACTS;

/// Words before those of the members: the phase, the turn, how many actors are there, whether layers
/// are counted, the observer, how many actors are about to act.
const HEAD: usize = 6;

/// The table.
#[derive(Clone, Copy)]
pub struct Table(&'static [AtomicI32]);

impl Table {
    /// Makes a table and puts it behind its descriptor, for this process and its children.
    pub fn make() -> Result<Self> {
        let file = memfd_create("table", MemfdFlags::ALLOW_SEALING).context("no table")?;
        ftruncate(&file, sys::PAGE as u64)?;
        fcntl_add_seals(&file, SealFlags::SHRINK)?;
        stage::place(file, TABLE);
        Self::open()
    }

    /// Uses the table of this round.
    pub fn open() -> Result<Self> {
        let words = sys::share(TABLE).ok().context("the table is lost")?;
        Ok(Self(words))
    }

    /// Empties the table before a round.
    pub fn reset(self, turn: i32) {
        self.0.iter().for_each(|word| word.store(0, SeqCst));
        for member in 0..MEMBERS {
            for act in 0..MAX_ACTS {
                self.set_result(member, act, NOT_RUN);
            }
        }
        self.set_turn(turn);
    }

    fn field(self, member: usize, field: Field) -> &'static AtomicI32 {
        &self.0[HEAD + member * WIDTH + field as usize]
    }

    fn result_word(self, member: usize, act: usize) -> &'static AtomicI32 {
        &self.0[HEAD + member * WIDTH + Field::Results as usize + act]
    }

    /// Returns whether the round came to `phase`.
    pub fn has_come_to(self, phase: Phase) -> bool {
        self.0[0].load(SeqCst) >= phase as i32
    }

    /// Starts a phase.
    pub fn start(self, phase: Phase) {
        self.0[0].store(phase as i32, SeqCst);
    }

    /// Returns whose turn it is, or [`ALL`].
    pub fn turn(self) -> i32 {
        self.0[1].load(SeqCst)
    }

    /// Gives the turn to an actor, or to [`ALL`].
    pub fn set_turn(self, turn: i32) {
        self.0[1].store(turn, SeqCst);
    }

    /// Counts an actor that is there.
    pub fn arrive(self) {
        self.0[2].fetch_add(1, SeqCst);
    }

    /// Returns how many actors are there.
    pub fn arrived(self) -> usize {
        self.0[2].load(SeqCst) as usize
    }

    /// Counts an actor that is about to act; returns how many are.
    pub fn get_ready(self) -> usize {
        self.0[5].fetch_add(1, SeqCst) as usize + 1
    }

    /// Has members count their layers when they observe.
    pub fn count_layers(self) {
        self.0[3].store(1, SeqCst);
    }

    /// Returns whether members count their layers.
    pub fn counts_layers(self) -> bool {
        self.0[3].load(SeqCst) != 0
    }

    /// Notes the observer: a process without a sandbox, which is not interrupted.
    pub fn set_watcher(self, pid: i32) {
        self.0[4].store(pid, SeqCst);
    }

    /// Returns the observer.
    pub fn watcher(self) -> i32 {
        self.0[4].load(SeqCst)
    }

    /// Notes the process of a member, and that it is busy.
    pub fn enter(self, member: usize, pid: i32, tid: i32) {
        self.field(member, Field::Pid).store(pid, SeqCst);
        self.field(member, Field::Tid).store(tid, SeqCst);
        self.set_status(member, Status::Busy);
    }

    /// Returns the process and the thread of a member, or zeros.
    pub fn numbers(self, member: usize) -> (i32, i32) {
        let [pid, tid] = [Field::Pid, Field::Tid].map(|field| self.field(member, field));
        (pid.load(SeqCst), tid.load(SeqCst))
    }

    /// Returns where a member is.
    pub fn status(self, member: usize) -> Status {
        match self.field(member, Field::Status).load(SeqCst) {
            1 => Status::Busy,
            2 => Status::Done,
            3 => Status::Observed,
            4 => Status::Left,
            5 => Status::Dead,
            _ => Status::Absent,
        }
    }

    /// Notes where a member is.
    pub fn set_status(self, member: usize, status: Status) {
        self.field(member, Field::Status)
            .store(status as i32, SeqCst);
    }

    /// Notes the death of those members of the process `pid` that are still there, but for `but`.
    pub fn bury(self, pid: i32, but: Option<usize>) {
        let others = (0..MEMBERS).filter(|member| Some(*member) != but);
        for member in others.filter(|member| self.numbers(*member).0 == pid) {
            if matches!(self.status(member), Status::Busy | Status::Done) {
                self.set_status(member, Status::Dead);
            }
        }
    }

    /// Returns the result of an act.
    pub fn result(self, member: usize, act: usize) -> i32 {
        self.result_word(member, act).load(SeqCst)
    }

    /// Notes the result of an act.
    pub fn set_result(self, member: usize, act: usize, result: i32) {
        self.result_word(member, act).store(result, SeqCst);
    }

    /// Counts an interruption of an actor.
    pub fn count_interrupt(self, member: usize) {
        self.field(member, Field::Interrupts).fetch_add(1, SeqCst);
    }

    /// Returns how often an actor was interrupted.
    pub fn interrupts(self, member: usize) -> i32 {
        self.field(member, Field::Interrupts).load(SeqCst)
    }

    /// Notes that an actor gave up before the others were done.
    pub fn exhaust(self, member: usize) {
        self.field(member, Field::Exhausted).store(1, SeqCst);
    }

    /// Returns whether an actor gave up before the others were done.
    pub fn is_exhausted(self, member: usize) -> bool {
        self.field(member, Field::Exhausted).load(SeqCst) != 0
    }

    /// Notes what a member may do, and how many layers it has.
    pub fn observe(self, member: usize, observed: i32, layers: i32) {
        self.field(member, Field::Observed).store(observed, SeqCst);
        self.field(member, Field::Layers).store(layers, SeqCst);
        self.set_status(member, Status::Observed);
    }

    /// Returns what a member may do, and how many layers it has.
    pub fn observation(self, member: usize) -> (i32, i32) {
        let [observed, layers] =
            [Field::Observed, Field::Layers].map(|field| self.field(member, field));
        (observed.load(SeqCst), layers.load(SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_do_not_overlap() {
        let words: Vec<AtomicI32> = (0..sys::PAGE / 4).map(|_| AtomicI32::new(7)).collect();
        let table = Table(words.leak());
        table.reset(ALL);
        let last = MEMBERS - 1;
        table.enter(last, 5, 6);
        table.set_result(last, MAX_ACTS - 1, -13);
        assert_eq!(table.result(last - 1, MAX_ACTS - 1), NOT_RUN);
        assert_eq!((table.numbers(last), table.turn()), ((5, 6), ALL));
        table.bury(5, Some(last));
        assert_eq!(table.status(last), Status::Busy);
        table.bury(5, None);
        assert_eq!(table.status(last), Status::Dead);
        assert!(HEAD + MEMBERS * WIDTH <= words_of_a_page());
    }

    fn words_of_a_page() -> usize {
        sys::PAGE / size_of::<AtomicI32>()
    }
}
