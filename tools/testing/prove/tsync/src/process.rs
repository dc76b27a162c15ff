// SPDX-License-Identifier: GPL-2.0-only

//! What each thread of a process can do next, and the protocol of `syscalls/tsync.rs`.

use crate::{
    policy::Progress,
    state::{Phase, Place, Restart, State, Thread, Work},
};

/// Why siblings cannot prepare.
pub(crate) const NO_MEMORY: u8 = 12;

/// A way in which the protocol could be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mistake {
    /// The caller aborts and starts over when it waited for some time.
    Patience,
    /// The caller holds `exec_update_lock` while it waits for answers, as C does.
    LockWhileWaiting,
    /// The caller decides without `exec_update_lock`.
    CommitWithoutLock,
    /// The caller does not look for new threads when all it knew are prepared.
    OneRound,
    /// The caller waits for all task works after an abort, as C does.
    WaitAfterAbort,
}

/// What a thread may do of its own will.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Role {
    pub(crate) calls: u8,
    pub(crate) vforks: bool,
    pub(crate) reads: bool,
    pub(crate) executes: bool,
    pub(crate) creates: bool,
    pub(crate) exits: bool,
    /// It closes a file, in a task work that blocks.
    pub(crate) closes: bool,
}

/// One step of a thread, or of what is around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// From user space into a system call.
    Enter,
    Return,
    Vfork,
    WaitForLock,
    Read,
    Close,
    Execute,
    Create,
    Call,
    Exit,
    RunWork,
    FailWork,
    /// The next step of the caller.
    Next,
    FailAllocation,
    /// The caller stops waiting as it was interrupted.
    Interrupted,
    /// Only with [`Mistake::Patience`].
    Timeout,
    Signal,
    Kill,
    OutsiderLocks,
    OutsiderUnlocks,
}

/// A step, and the thread that takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Action {
    pub(crate) thread: u8,
    pub(crate) step: Step,
}

/// The processes that have to take a step some time if it stays possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Must {
    /// Nobody.
    Not,
    /// A thread.
    Thread(u8),
    /// A caller that tries to take a lock. It must succeed some time even if the lock is only free
    /// now and then.
    Lock(u8),
    /// A reader in another process.
    Outsider,
}

/// The process, and what happens to it.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    /// Those that exist first are before those that are created.
    pub(crate) roles: Vec<Role>,
    pub(crate) absent: usize,
    pub(crate) signals: u8,
    pub(crate) creations: u8,
    pub(crate) failures: u8,
    pub(crate) has_outsider: bool,
    pub(crate) may_be_killed: bool,
    /// Task works that block end some time.
    pub(crate) closing_ends: bool,
    pub(crate) mistake: Option<Mistake>,
}

impl Process {
    pub(crate) fn start(&self) -> State {
        let existing = self.roles.len() - self.absent;
        let thread = |(i, role): (usize, &Role)| Thread {
            place: if i < existing {
                Place::User
            } else {
                Place::Absent
            },
            work: Work::None,
            has_stale_work: false,
            is_enlisted: false,
            is_calling: false,
            has_signal: false,
            calls: role.calls,
            domain: 0,
            interruptions: 0,
        };

        State {
            threads: self.roles.iter().enumerate().map(thread).collect(),
            caller: None,
            progress: Progress::new(),
            is_locked: false,
            has_outsider: false,
            is_killed: false,
            commits: 0,
            signals: self.signals,
            creations: self.creations,
            failures: self.failures,
            is_torn: false,
            is_refused: false,
        }
    }

    fn has(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    /// Lists what can happen next, and whether it must: a thread that must go on some time does.
    pub(crate) fn steps(&self, state: &State, mut add: impl FnMut(Action, Must)) {
        for i in 0..state.threads.len() {
            let thread = i as u8;

            self.thread_steps(state, i, |step, must| add(Action { thread, step }, must));
        }
        let mut around = |step, must| add(Action { thread: 0, step }, must);

        if self.has_outsider && !state.has_outsider && !state.is_locked {
            around(Step::OutsiderLocks, Must::Not);
        }
        if state.has_outsider {
            around(Step::OutsiderUnlocks, Must::Outsider);
        }
        if self.may_be_killed && !state.is_killed {
            around(Step::Kill, Must::Not);
        }
    }

    fn thread_steps(&self, state: &State, i: usize, mut add: impl FnMut(Step, Must)) {
        let (thread, role) = (&state.threads[i], self.roles[i]);
        let must = Must::Thread(i as u8);
        let has_work = thread.work == Work::Queued;
        let may_fail = has_work && state.failures > 0;

        match thread.place {
            Place::User if has_work || state.is_killed => {
                add(if has_work { Step::RunWork } else { Step::Exit }, must);
                if may_fail {
                    add(Step::FailWork, Must::Not);
                }
            }
            Place::User if thread.is_calling => add(Step::Call, must),
            Place::User => {
                add(Step::Enter, Must::Not);
                if role.exits {
                    add(Step::Exit, Must::Not);
                }
            }
            Place::Kernel => self.kernel_steps(state, i, add),
            Place::Vfork | Place::Reading | Place::Aborted => add(Step::Return, must),
            Place::LockWait if !state.is_locked => add(Step::Read, must),
            Place::LockWait if state.is_killed => add(Step::Return, must),
            Place::Closing if self.closing_ends => add(Step::Return, must),
            Place::Executing if state.is_alone(i) => add(Step::Return, must),
            Place::Calling(phase) => self.caller_steps(state, i, phase, add),
            Place::Prepared if state.progress.outcome().is_some() => add(Step::Next, must),
            Place::Exiting => {
                add(if has_work { Step::RunWork } else { Step::Exit }, must);
                if may_fail {
                    add(Step::FailWork, Must::Not);
                }
            }
            _ => (),
        }
    }

    fn kernel_steps(&self, state: &State, i: usize, mut add: impl FnMut(Step, Must)) {
        let (thread, role) = (&state.threads[i], self.roles[i]);
        let may = |can, step, add: &mut dyn FnMut(Step, Must)| {
            if can {
                add(step, Must::Not);
            }
        };

        may(role.vforks, Step::Vfork, &mut add);
        may(role.reads, Step::WaitForLock, &mut add);
        may(role.closes, Step::Close, &mut add);
        may(role.executes && !state.is_killed, Step::Execute, &mut add);
        may(thread.calls > 0, Step::Call, &mut add);
        may(
            role.creates && state.creations > 0 && !state.is_killed,
            Step::Create,
            &mut add,
        );
        // It may block here for ever, unless it is interrupted.
        let is_interrupted = thread.work == Work::Queued || state.is_killed;
        let must = if is_interrupted {
            Must::Thread(i as u8)
        } else {
            Must::Not
        };
        add(Step::Return, must);
    }

    fn caller_steps(&self, state: &State, i: usize, phase: Phase, mut add: impl FnMut(Step, Must)) {
        let thread = &state.threads[i];
        let must = Must::Thread(i as u8);
        let is_interrupted = thread.has_signal || thread.work == Work::Queued || state.is_killed;
        let is_lockable = state.is_lockable();

        match phase {
            Phase::Answers | Phase::Lock if state.signals > 0 && !thread.has_signal => {
                add(Step::Signal, Must::Not);
            }
            _ => (),
        }
        match phase {
            Phase::Begin => {
                // The turn of another thread: it restarts, and runs its task works on the way.
                let is_futile =
                    state.caller.is_some() || (self.has(Mistake::LockWhileWaiting) && !is_lockable);

                add(if is_futile { Step::Return } else { Step::Next }, must);
            }
            Phase::Count => {
                add(Step::Next, must);
                if state.failures > 0 {
                    add(Step::FailAllocation, Must::Not);
                }
            }
            Phase::Answers => {
                if state.progress.answer().is_some() {
                    add(Step::Next, must);
                } else if is_interrupted {
                    add(Step::Interrupted, must);
                } else if self.has(Mistake::Patience) {
                    add(Step::Timeout, Must::Not);
                }
            }
            Phase::Lock => {
                let is_held = self.has(Mistake::LockWhileWaiting);

                if is_lockable || is_held || self.has(Mistake::CommitWithoutLock) {
                    add(Step::Next, Must::Lock(i as u8));
                } else if is_interrupted {
                    add(Step::Interrupted, must);
                }
            }
            Phase::Committing if !state.progress.is_phase_over() => (),
            Phase::WaitAfterAbort(_) if state.has_old_works() => (),
            Phase::Enlist(..)
            | Phase::Commit
            | Phase::Committing
            | Phase::Abort(_)
            | Phase::WaitAfterAbort(_) => add(Step::Next, must),
        }
    }

    /// Returns the state after `action`, which is one of [`Self::steps`].
    pub(crate) fn after(&self, state: &State, action: Action) -> State {
        let mut next = state.clone();
        let i = usize::from(action.thread);

        (next.is_torn, next.is_refused) = (false, false);
        match action.step {
            Step::Enter => next.threads[i].place = Place::Kernel,
            Step::Return => next.go_on(i),
            Step::Vfork => next.threads[i].place = Place::Vfork,
            Step::WaitForLock => next.threads[i].place = Place::LockWait,
            Step::Read => next.threads[i].place = Place::Reading,
            Step::Close => next.close(i),
            Step::Execute => {
                next.threads[i].place = Place::Executing;
                next.is_killed = true;
            }
            Step::Create => next.create(i),
            Step::Call => next.call(i),
            Step::Exit => next.exit(i),
            Step::RunWork => next.prepare(i),
            Step::FailWork => {
                next.failures -= 1;
                next.threads[i].work = Work::None;
                next.progress.failed(NO_MEMORY);
            }
            Step::Next if next.threads[i].place == Place::Prepared => next.finish(i),
            Step::Next => self.advance(&mut next, i),
            Step::FailAllocation => {
                next.failures -= 1;
                next.threads[i].place = Place::Calling(Phase::Abort(Restart::No));
            }
            Step::Interrupted => {
                // It starts over for a reason, so others may be interrupted once more.
                next.forget_interruptions();
                next.threads[i].has_signal = false;
                next.threads[i].place = Place::Calling(Phase::Abort(Restart::Yes));
            }
            Step::Timeout => next.threads[i].place = Place::Calling(Phase::Abort(Restart::Yes)),
            Step::Signal => {
                next.signals -= 1;
                next.threads[i].has_signal = true;
            }
            Step::Kill => next.is_killed = true,
            Step::OutsiderLocks => next.has_outsider = true,
            Step::OutsiderUnlocks => next.has_outsider = false,
        }
        next
    }

    /// The next step of the caller, as in `syscalls/tsync.rs`.
    fn advance(&self, state: &mut State, i: usize) {
        let Place::Calling(phase) = state.threads[i].place else {
            unreachable!("only a caller advances");
        };

        let next = match phase {
            Phase::Begin => {
                state.caller = Some(i as u8);
                state.progress = Progress::new();
                state.is_locked = self.has(Mistake::LockWhileWaiting);
                Phase::Count
            }
            Phase::Count => match state.missing(i).count() {
                0 => Phase::Lock,
                count => Phase::Enlist(count as u8, 0),
            },
            Phase::Enlist(0, _) => Phase::Answers,
            Phase::Enlist(idle, at) if usize::from(at) < state.threads.len() => {
                Phase::Enlist(idle - state.enlist(i, usize::from(at)), at + 1)
            }
            Phase::Enlist(..) => Phase::Answers,
            Phase::Answers => match state.progress.answer() {
                Some(Ok(())) if self.has(Mistake::OneRound) => Phase::Lock,
                Some(Ok(())) => Phase::Count,
                _ => Phase::Abort(Restart::No),
            },
            Phase::Lock => {
                state.is_locked = !self.has(Mistake::CommitWithoutLock);
                Phase::Commit
            }
            Phase::Commit if state.progress.commit() => Phase::Committing,
            Phase::Commit => {
                state.is_refused = true;
                Phase::Abort(Restart::Yes)
            }
            Phase::Committing => {
                state.commits += 1;
                state.threads[i].domain += 1;
                return state.end_call(i, Restart::No);
            }
            Phase::Abort(restart) => {
                state.abort();
                if !self.has(Mistake::WaitAfterAbort) {
                    return state.end_call(i, restart);
                }
                Phase::WaitAfterAbort(restart)
            }
            Phase::WaitAfterAbort(restart) => return state.end_call(i, restart),
        };
        state.threads[i].place = Place::Calling(next);
    }
}
