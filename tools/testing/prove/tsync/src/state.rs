// SPDX-License-Identifier: GPL-2.0-only

//! Where the threads of a process are, and what changes with one step of one of them.

use crate::policy::{Outcome, Progress};

/// Where the caller is in `syscalls/tsync.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    Begin,
    Count,
    /// With so many idle task works, and the next thread to look at.
    Enlist(u8, u8),
    Answers,
    Lock,
    Commit,
    Committing,
    /// To restart, or to fail.
    Abort(Restart),
    /// Only with [`Mistake::WaitAfterAbort`].
    WaitAfterAbort(Restart),
}

/// Whether an aborted call starts again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Restart {
    Yes,
    No,
}

/// Where a thread is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// It does not exist yet.
    Absent,
    User,
    /// In a system call that task works and signals interrupt.
    Kernel,
    /// In `vfork()`: only a fatal signal interrupts it.
    Vfork,
    /// Waits for `exec_update_lock`: only a fatal signal interrupts it.
    LockWait,
    /// Holds `exec_update_lock` to read.
    Reading,
    /// In a task work that blocks.
    Closing,
    /// Executes a program: waits for all other threads to be dead.
    Executing,
    Calling(Phase),
    /// In its task work, waits for the decision.
    Prepared,
    /// In its task work, after an abort.
    Aborted,
    /// Still runs task works.
    Exiting,
    Dead,
}

/// The task work of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Work {
    None,
    Queued,
    /// Taken off the queue, behind another task work that blocks.
    Detached,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Thread {
    pub(crate) place: Place,
    pub(crate) work: Work,
    /// A detached task work of a call that was aborted.
    pub(crate) has_stale_work: bool,
    /// It is in the list of the caller.
    pub(crate) is_enlisted: bool,
    /// It is in a call of its own, wherever it is.
    pub(crate) is_calling: bool,
    pub(crate) has_signal: bool,
    pub(crate) calls: u8,
    /// How many domains it got.
    pub(crate) domain: u8,
    /// How often the present call interrupted it: never, once, or more often.
    pub(crate) interruptions: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) threads: Vec<Thread>,
    /// The thread whose turn it is.
    pub(crate) caller: Option<u8>,
    pub(crate) progress: Progress<u8>,
    /// The caller holds `exec_update_lock` to write.
    pub(crate) is_locked: bool,
    /// Another process holds it to read.
    pub(crate) has_outsider: bool,
    pub(crate) is_killed: bool,
    /// How many calls committed.
    pub(crate) commits: u8,
    pub(crate) signals: u8,
    pub(crate) creations: u8,
    pub(crate) failures: u8,
    /// The last step committed in a sibling that was not protected.
    pub(crate) is_torn: bool,
    /// The last step was a decision to commit that was refused.
    pub(crate) is_refused: bool,
}

impl State {
    pub(crate) fn is_lockable(&self) -> bool {
        !self.has_outsider
            && !self.is_locked
            && self
                .threads
                .iter()
                .all(|thread| thread.place != Place::Reading)
    }

    pub(crate) fn is_alone(&self, i: usize) -> bool {
        let is_gone = |(j, thread): (usize, &Thread)| {
            j == i || matches!(thread.place, Place::Absent | Place::Dead)
        };

        self.threads.iter().enumerate().all(is_gone)
    }

    /// The siblings of `i` that the caller sees, and has not enlisted.
    pub(crate) fn missing(&self, i: usize) -> impl Iterator<Item = &Thread> {
        self.threads
            .iter()
            .enumerate()
            .filter_map(move |(j, thread)| {
                let is_seen = !matches!(thread.place, Place::Absent | Place::Exiting | Place::Dead);

                (j != i && is_seen && !thread.is_enlisted).then_some(thread)
            })
    }

    /// Enlists thread `j`, if it is missing. Returns the number of task works that this needs.
    pub(crate) fn enlist(&mut self, caller: usize, j: usize) -> u8 {
        let thread = &mut self.threads[j];
        if j == caller || thread.is_enlisted {
            return 0;
        }

        match thread.place {
            Place::Absent | Place::Dead => return 0,
            // Here it is too late to give it a task work.
            Place::Exiting => {
                self.progress.enlist();
                self.progress.withdraw();
            }
            _ => {
                self.progress.enlist();
                thread.work = Work::Queued;
                thread.is_enlisted = true;
                thread.interruptions = (thread.interruptions + 1).min(2);
            }
        }
        1
    }

    /// The end of what a thread was doing.
    pub(crate) fn go_on(&mut self, i: usize) {
        let thread = &mut self.threads[i];

        match thread.place {
            Place::Executing => thread.place = Place::Dead,
            // A detached task work is next. It is run as if it were in the queue again.
            Place::Closing if thread.work == Work::Detached => {
                thread.work = Work::Queued;
                thread.place = Place::User;
            }
            _ => thread.place = Place::User,
        }
        thread.has_stale_work = false;
    }

    /// Runs a task work that blocks, and takes those off the queue that are behind it.
    pub(crate) fn close(&mut self, i: usize) {
        let thread = &mut self.threads[i];

        thread.place = Place::Closing;
        if thread.work == Work::Queued {
            thread.work = Work::Detached;
        }
    }

    pub(crate) fn create(&mut self, i: usize) {
        let domain = self.threads[i].domain;
        let is_absent = |thread: &&mut Thread| thread.place == Place::Absent;

        self.creations -= 1;
        self.threads[i].place = Place::User;
        if let Some(child) = self.threads.iter_mut().find(is_absent) {
            child.place = Place::User;
            child.domain = domain;
        }
    }

    pub(crate) fn call(&mut self, i: usize) {
        let thread = &mut self.threads[i];

        if !thread.is_calling {
            thread.calls -= 1;
            thread.is_calling = true;
        }
        thread.place = Place::Calling(Phase::Begin);
    }

    pub(crate) fn exit(&mut self, i: usize) {
        let thread = &mut self.threads[i];

        thread.is_calling = false;
        thread.place = match thread.place {
            Place::Exiting => Place::Dead,
            _ => Place::Exiting,
        };
    }

    /// A thread runs its task work, as `Sibling::run()` begins.
    pub(crate) fn prepare(&mut self, i: usize) {
        let thread = &mut self.threads[i];

        thread.work = Work::None;
        if self.progress.outcome().is_none() {
            self.progress.prepared();
            thread.place = Place::Prepared;
        }
    }

    /// A prepared thread does what was decided, as `Sibling::run()` ends.
    pub(crate) fn finish(&mut self, i: usize) {
        let thread = &mut self.threads[i];

        thread.place = Place::User;
        if self.progress.outcome() == Some(Outcome::Commit) {
            thread.domain += 1;
            self.progress.finish();
            self.is_torn = !self.is_locked
                || self.has_outsider
                || self
                    .threads
                    .iter()
                    .any(|thread| thread.place == Place::Reading);
        }
    }

    /// Decides to abort, and cancels the task works that are still in a queue.
    pub(crate) fn abort(&mut self) {
        self.progress.abort();
        for thread in &mut self.threads {
            if thread.place == Place::Prepared {
                thread.place = Place::Aborted;
            }
            thread.has_stale_work |= thread.work == Work::Detached;
            thread.work = Work::None;
        }
    }

    /// Returns whether a task work of an aborted call has not ended.
    pub(crate) fn has_old_works(&self) -> bool {
        self.threads
            .iter()
            .any(|thread| thread.has_stale_work || thread.place == Place::Aborted)
    }

    /// The caller leaves its call, or starts it again.
    pub(crate) fn end_call(&mut self, i: usize, restart: Restart) {
        self.caller = None;
        self.is_locked = false;
        self.progress = Progress::new();
        for thread in &mut self.threads {
            thread.is_enlisted = false;
        }
        self.threads[i].place = Place::User;
        if restart == Restart::No {
            self.threads[i].is_calling = false;
            self.forget_interruptions();
        }
    }

    pub(crate) fn forget_interruptions(&mut self) {
        for thread in &mut self.threads {
            thread.interruptions = 0;
        }
    }
}
