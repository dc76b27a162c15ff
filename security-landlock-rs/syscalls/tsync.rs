// SPDX-License-Identifier: GPL-2.0-only

//! `LANDLOCK_RESTRICT_SELF_TSYNC`: all threads of the process get the new domain, or none does.
//!
//! Only a thread itself can change its credentials. So the thread that asks gives each of its
//! siblings a work to do ([`crate::kapi::task_work`]), and [`crate::policy::tsync`] tells how far
//! they are:
//!
//! ```text
//!  who asks                                  each sibling
//!     v
//!  exec_update_lock, or restart
//!     v
//!  which threads have no work yet? <----+
//!     | some             | none         |
//!     v                  |              |
//!  allocate, enlist -----|--------------|--> prepare new credentials
//!     v                  |              |       | done            | failed
//!  wait: all prepared? --|--------------+       v                 v
//!     | failed, signal   |                   wait: decision?    count it
//!     v                  v                      |
//!  decide: abort      decide: commit -----------+--> commit or abort
//!     v                  |                                     v
//!  cancel what is queued |                                   count it
//!     v                  v
//!  wait: all finished?  <---------------------------------------+
//!     v
//!  restart, or fail     commit
//! ```
//!
//! - *Threads that appear* have the credentials of the thread that creates them. Who is prepared
//!   creates none, so a round that finds no thread without a work has them all.
//! - *Threads that exit* do their works first, as any other thread. Who is too far for that takes
//!   no work, or is not looked at: it does not return to user space.
//! - *Threads that block* are interrupted by the work. Who cannot be (`vfork()`, a stopped or frozen
//!   thread) is waited for, and this wait is interruptible itself.
//! - *Signals* for who asks, its freezing, stopping and killing, and another thread's work for it,
//!   end that wait: everybody aborts and goes on, and the system call starts again
//!   (`ERESTARTNOINTR`), after whatever interrupted it. Only the last wait is uninterruptible: all
//!   who are still waited for are running, or woken up.
//! - *All or none*: allocations and whatever else can fail come before the decision.
//! - *Who asks at the same time* in another thread finds `exec_update_lock` taken. It may not wait
//!   for the lock, as it has to do its work: it restarts, and does the work on the way.
//! - *A sibling that waits for `exec_update_lock`*, as `execve()` and the opening of
//!   `/proc/self/mem` do, cannot be interrupted by its work. So the wait for it is not endless:
//!   who asks gives up the lock when nobody has answered for [`PATIENCE`], and restarts.
//!
//! Siblings that share the old credentials of who asks will share its new ones. The others get
//! credentials of their own, with the new domain in place of theirs, whatever that was.
//!
//! The works own what they need, so that nobody relies on somebody else still being there. Memory
//! is charged to who asks, but for the credentials that siblings make.
//!
//! Lock order: `exec_update_lock`, which only who asks takes, then the lock of the progress, in
//! which nothing nests. Siblings hold no lock when they do their works.

use crate::{
    kapi::{
        cred::{NewCred, PreparedCred, ReadyCred},
        log,
        task::{self, ExecUpdateLock, NoNewPrivs},
        task_work::{Idle, Queued, ThreadWork},
    },
    policy::tsync::{Outcome, Progress},
    subject::CredState,
};

use kernel::{
    alloc::{flags::GFP_KERNEL_ACCOUNT, KVVec},
    error::code::ERESTARTNOINTR,
    new_condvar, new_spinlock,
    prelude::*,
    sync::{rcu, Arc, CondVar, CondVarTimeoutResult, SpinLock},
    task::Task,
    time::{msecs_to_jiffies, Msecs},
};

/// How long who asks waits when not a single thread answers, before it starts over.
const PATIENCE: Msecs = 500;

/// Makes all siblings of the current thread use new credentials with the state of `new`, and
/// `no_new_privs` as said. The current thread stays as it is. Those who listen are told of each
/// thread for which the domain `enforced` comes into force.
///
/// Fails with `ENOMEM`, or with [`ERESTARTNOINTR`]; no thread has changed then. Sleeps.
pub(super) fn commit_in_siblings(
    new: &NewCred,
    no_new_privs: NoNewPrivs,
    enforced: Option<u64>,
) -> Result {
    let _serial = ExecUpdateLock::try_lock().ok_or_else(task::restart_syscall)?;
    let shared = Shared::new(new.clone(), no_new_privs, enforced)?;
    let mut works = Works::new();

    let rounds = works.enlist_all(&shared);
    let decision = shared.decide(rounds);
    if decision.is_err() {
        works.cancel(&shared);
    }
    shared.wait_until_over();
    decision
}

/// What who asks and its siblings share.
#[pin_data]
struct Shared {
    new: NewCred,
    no_new_privs: NoNewPrivs,
    /// The new domain, by its identifier, if there is one.
    enforced: Option<u64>,
    #[pin]
    progress: SpinLock<Progress<Error>>,
    /// Who asks waits here, for answers and for the end.
    #[pin]
    answers: CondVar,
    /// Siblings wait here.
    #[pin]
    decision: CondVar,
}

impl Shared {
    fn new(new: NewCred, no_new_privs: NoNewPrivs, enforced: Option<u64>) -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                new,
                no_new_privs,
                enforced,
                progress <- new_spinlock!(Progress::new(), "landlock_tsync"),
                answers <- new_condvar!("landlock_tsync_answers"),
                decision <- new_condvar!("landlock_tsync_decision"),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// Changes the progress, and wakes up who asks if that is what it waits for.
    fn advance(&self, step: impl FnOnce(&mut Progress<Error>)) {
        let mut progress = self.progress.lock();

        step(&mut progress);
        if progress.is_phase_over() {
            self.answers.notify_all();
        }
    }

    /// Waits until all enlisted siblings are prepared.
    ///
    /// Fails as one of them did, or to restart the system call after a signal or too long a time.
    fn wait_for_answers(&self) -> Result {
        let patience = msecs_to_jiffies(PATIENCE);
        let mut progress = self.progress.lock();

        loop {
            if let Some(answer) = progress.is_answered() {
                return answer;
            }
            let missing = progress.missing_answers();
            let wait = self
                .answers
                .wait_interruptible_timeout(&mut progress, patience);
            let is_futile = match wait {
                CondVarTimeoutResult::Woken { .. } => false,
                CondVarTimeoutResult::Timeout => progress.missing_answers() == missing,
                CondVarTimeoutResult::Signal { .. } => true,
            };

            if is_futile && progress.is_answered().is_none() {
                return Err(task::restart_syscall());
            }
        }
    }

    /// Decides for all siblings, after rounds that ended with `rounds`.
    fn decide(&self, rounds: Result) -> Result {
        let decision = self.progress.lock().decide(rounds, ERESTARTNOINTR);

        self.decision.notify_all();
        decision
    }

    /// Waits for the decision, in a sibling that is prepared.
    fn wait_for_outcome(&self) -> Outcome {
        let mut progress = self.progress.lock();

        loop {
            if let Some(outcome) = progress.outcome() {
                return outcome;
            }
            self.decision.wait(&mut progress);
        }
    }

    /// Waits until no sibling has anything left to do.
    fn wait_until_over(&self) {
        let mut progress = self.progress.lock();

        while !progress.is_over() {
            self.answers.wait(&mut progress);
        }
    }

    /// Makes new credentials for the current thread, which is a sibling.
    fn prepare(&self) -> Result<ReadyCred> {
        if let Ok(shared) = self.new.for_current() {
            return Ok(shared);
        }
        let mut own = PreparedCred::new()?;

        *own.blob() = self.new.blob::<CredState>().clone();
        own.publish().for_current()
    }
}

/// The work of one sibling.
struct Sibling(Arc<Shared>);

impl ThreadWork for Sibling {
    fn run(&self) {
        let Self(shared) = self;

        if shared.progress.lock().outcome().is_some() {
            // It was an abort: a commit has nobody who is not prepared.
            return shared.advance(Progress::withdraw);
        }
        let new = match shared.prepare() {
            Ok(new) => new,
            Err(error) => return shared.advance(|progress| progress.failed(error)),
        };

        shared.advance(Progress::prepared);
        if shared.wait_for_outcome() == Outcome::Commit {
            shared.no_new_privs.apply();
            new.commit();
            if let Some(domain) = shared.enforced {
                let no_new_privs = task::current_has_no_new_privs();
                log::trace_enforce_domain(domain, false, true, no_new_privs);
            }
        }
        shared.advance(Progress::finish);
    }
}

/// The works of all siblings.
struct Works {
    /// Those that were given to a thread, by the address of the thread.
    queued: KVVec<Queued<Sibling>>,
    /// Those that were not: threads are found where nothing can be allocated.
    idle: KVVec<Idle<Sibling>>,
}

impl Works {
    fn new() -> Self {
        Self {
            queued: KVVec::new(),
            idle: KVVec::new(),
        }
    }

    /// Gives works to all siblings, and waits until they are prepared.
    fn enlist_all(&mut self, shared: &Arc<Shared>) -> Result {
        loop {
            let missing = self.count_missing();

            if missing == 0 {
                return Ok(());
            }
            self.reserve(missing, shared)?;
            self.enlist(shared);
            shared.wait_for_answers()?;
        }
    }

    /// Returns the number of siblings that have no work.
    fn count_missing(&self) -> usize {
        let guard = rcu::read_lock();

        task::siblings(&guard)
            .filter(|task| self.place_of(task).is_err())
            .count()
    }

    /// Allocates what `count` more siblings need. Fails with `ENOMEM`.
    fn reserve(&mut self, count: usize, shared: &Arc<Shared>) -> Result {
        self.queued.reserve(count, GFP_KERNEL_ACCOUNT)?;
        self.idle.reserve(count, GFP_KERNEL_ACCOUNT)?;

        while self.idle.len() < count {
            let idle = Idle::new(Sibling(shared.clone()), GFP_KERNEL_ACCOUNT)?;
            self.idle.push(idle, GFP_KERNEL_ACCOUNT)?;
        }
        Ok(())
    }

    /// Gives works to siblings that have none, as long as there are idle ones.
    fn enlist(&mut self, shared: &Shared) {
        let guard = rcu::read_lock();

        for task in task::siblings(&guard) {
            let Err(place) = self.place_of(task) else {
                continue;
            };
            let Some(idle) = self.idle.pop() else {
                return;
            };

            shared.advance(Progress::enlist);
            match idle.queue(task) {
                // There is room: it was reserved, for each idle work.
                Some(queued) => drop(self.queued.insert_within_capacity(place, queued)),
                None => shared.advance(Progress::withdraw),
            }
        }
    }

    /// Returns where the work of `task` is in `queued`, or where it would have to be.
    fn place_of(&self, task: &Task) -> Result<usize, usize> {
        let address = task.as_ptr();

        self.queued
            .binary_search_by_key(&address, |queued| queued.task().as_ptr())
    }

    /// Takes works away from siblings that have not begun.
    fn cancel(&self, shared: &Shared) {
        for queued in &self.queued {
            if queued.cancel() {
                shared.advance(Progress::withdraw);
            }
        }
    }
}
