// SPDX-License-Identifier: GPL-2.0-only

//! `LANDLOCK_RESTRICT_SELF_TSYNC`: all threads of the process get the new domain, or none does.
//!
//! Only a thread itself can change its credentials. So the caller queues task work for each of its
//! siblings ([`crate::kapi::task_work`]), and [`crate::policy::tsync`] counts their answers:
//!
//! ```text
//!  caller                                    each sibling
//!     v
//!  turn of the process, or restart
//!     v
//!  which siblings are not enlisted? <---+
//!     | some             | none         |
//!     v                  |              |
//!  allocate, enlist -----|--------------|--> prepare new credentials
//!     v                  |              |       | done            | failed
//!  wait: all prepared? --|--------------+       v                 v
//!     | failed, signal   |                   wait: decision?    count it
//!     |                  v                      |
//!     | signal        exec_update_lock          |
//!     v                  v                      |
//!  decide: abort      decide: commit -----------+--> commit or abort
//!     v                  v                                        v
//!  cancel what is     wait: all finished?  <-------------------- count it
//!  queued                |
//!     v                  v
//!  restart, or fail   commit
//! ```
//!
//! | Phase of the caller | Holds                    | Waits                                     |
//! |---------------------|--------------------------|-------------------------------------------|
//! | begin               | -                        | for nothing: takes the turn, or restarts  |
//! | enlist              | turn                     | for nothing                               |
//! | answers             | turn                     | until a signal or all answers             |
//! | lock                | turn                     | until a signal or the lock                |
//! | commit              | turn, `exec_update_lock` | for siblings that are prepared            |
//! | abort               | turn                     | for nothing                               |
//!
//! | A sibling that is     | Goes on when                        | The caller holds until then |
//! |-----------------------|-------------------------------------|-----------------------------|
//! | prepared              | the caller decides                  | turn                        |
//! | in `vfork()`, stopped | others let it                       | turn                        |
//! | opening `/proc/*/mem` | nobody holds `exec_update_lock`     | turn                        |
//! | executing a program   | the other threads are dead          | turn, until its `SIGKILL`   |
//! | a caller itself       | it has run its task work            | turn                        |
//!
//! - *Two locks for two purposes.* The turn keeps two callers of one process from waiting for each
//!   other, and nothing waits for it. `exec_update_lock` makes the change of all credentials one
//!   step for tasks that check whether they may look into the process. Threads wait for this lock
//!   where task work does not interrupt them. So it is only held when no sibling can be among them:
//!   all are prepared.
//! - *Threads that appear* have the credentials of the thread that creates them. A prepared thread
//!   creates none, so a round that finds no thread to enlist has them all.
//! - *Threads that exit* run their task work first, like any other thread. A thread that is past
//!   that point accepts none, or is skipped: it does not return to user space.
//! - *Threads that block* are interrupted, once per call. The caller waits for those that cannot be
//!   interrupted, for as long as it takes, while the others stay prepared.
//! - *Signals* to the caller, and freezing, stopping or killing it, end each wait but the last one:
//!   all threads abort, and the system call restarts (`ERESTARTNOINTR`) after whatever interrupted
//!   it. In the last wait, all threads that it is for are running, or woken up, and need nothing
//!   that another thread holds.
//! - *All or none*: allocations and whatever else can fail come before the decision.
//! - *A second caller* restarts. On the way it runs the task work of the first one.
//! - *An abort waits for nothing.* Task work owns what it needs. If it runs late, because it was
//!   queued behind other task work of its thread, it finds that it was an abort.
//!
//! Siblings that share the old credentials of the caller will share its new ones. The others get
//! credentials of their own, with the new domain in place of theirs, whatever that was.
//!
//! Memory is charged to the caller, but for the credentials that siblings create.
//!
//! Lock order: turn, `exec_update_lock`, lock of the progress, locks of the wait queues. Siblings
//! hold no lock when they run their task work, and take the last two only.

use crate::{
    cred::CredSecurity,
    kapi::{
        cred::{NewCred, PreparedCred, ReadyCred},
        log,
        mark::{mark, Mark},
        task::{self, ExecUpdateLock, NoNewPrivs},
        task_work::{Idle, Queued, ThreadWork},
        turn::Turn,
    },
    policy::tsync::{Outcome, Progress},
};

use kernel::{
    alloc::{flags::GFP_KERNEL_ACCOUNT, KVVec},
    new_condvar, new_spinlock,
    prelude::*,
    sync::{rcu, Arc, CondVar, CondVarTimeoutResult, SpinLock},
    task::Task,
    time::Jiffies,
};

/// How long the caller waits before it tries again to take `exec_update_lock`. Readers hold it for
/// microseconds.
const LOCK_RETRY: Jiffies = 1;

/// Makes all siblings of the current thread use new credentials with the state of `new`, and
/// applies `no_new_privs` to them. The current thread does not change. Emits
/// `landlock_enforce_domain` for each thread, if there is a new domain `enforced`.
///
/// Fails with `ENOMEM`, or with `ERESTARTNOINTR`; no thread has changed then. Sleeps.
pub(super) fn commit_in_siblings(
    new: &NewCred,
    no_new_privs: NoNewPrivs,
    enforced: Option<u64>,
) -> Result {
    let _turn = Turn::take()?.ok_or_else(task::restart_syscall)?;
    mark(Mark::TsyncTurn);
    let shared = Shared::new(new.clone(), no_new_privs, enforced)?;
    let mut works = Works::new();

    let result = works.prepare_all(&shared).and_then(|()| {
        mark(Mark::TsyncPrepared);
        let lock = shared.lock()?;

        mark(Mark::TsyncLocked);
        shared.commit(&lock)?;
        mark(Mark::TsyncFinished);
        Ok(())
    });
    if result.is_err() {
        shared.abort();
        mark(Mark::TsyncWoken);
        works.cancel();
    }
    mark(Mark::TsyncEnding);
    result
}

/// What the caller and its siblings share.
#[pin_data]
struct Shared {
    new: NewCred,
    no_new_privs: NoNewPrivs,
    /// The identifier of the new domain, if there is one.
    enforced: Option<u64>,
    #[pin]
    progress: SpinLock<Progress<Error>>,
    /// The caller waits here, for answers and for the end.
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

    /// Changes the progress, and wakes up the caller if that is what it waits for.
    fn advance(&self, step: impl FnOnce(&mut Progress<Error>)) {
        let mut progress = self.progress.lock();

        step(&mut progress);
        if progress.is_phase_over() {
            self.answers.notify_all();
        }
    }

    /// Waits until all enlisted siblings are prepared.
    ///
    /// Fails with the error of the first sibling that failed, or to restart the system call after a
    /// signal.
    fn wait_for_answers(&self) -> Result {
        let mut progress = self.progress.lock();

        loop {
            if let Some(answer) = progress.answer() {
                return answer;
            }
            let is_interrupted = self.answers.wait_interruptible(&mut progress);

            if is_interrupted && progress.answer().is_none() {
                return Err(task::restart_syscall());
            }
        }
    }

    /// Takes `exec_update_lock` of the process, when all siblings are prepared.
    ///
    /// Fails to restart the system call after a signal.
    fn lock(&self) -> Result<ExecUpdateLock> {
        loop {
            if let Some(lock) = ExecUpdateLock::try_lock() {
                return Ok(lock);
            }
            let mut progress = self.progress.lock();
            let wait = self
                .answers
                .wait_interruptible_timeout(&mut progress, LOCK_RETRY);

            if let CondVarTimeoutResult::Signal { .. } = wait {
                return Err(task::restart_syscall());
            }
        }
    }

    /// Decides to commit, and waits until all siblings have.
    ///
    /// Fails to restart the system call if a sibling is not prepared.
    fn commit(&self, _lock: &ExecUpdateLock) -> Result {
        let mut progress = self.progress.lock();

        if !progress.commit() {
            return Err(task::restart_syscall());
        }
        mark(Mark::TsyncDecided);
        self.decision.notify_all();
        while !progress.is_phase_over() {
            self.answers.wait(&mut progress);
        }
        Ok(())
    }

    /// Decides to abort. Waits for nothing.
    fn abort(&self) {
        self.progress.lock().abort();
        mark(Mark::TsyncAborted);
        self.decision.notify_all();
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

    /// Creates new credentials for the current thread, which is a sibling.
    fn prepare(&self) -> Result<ReadyCred> {
        if let Ok(shared) = self.new.for_current() {
            return Ok(shared);
        }
        let mut own = PreparedCred::new()?;

        *own.blob() = self.new.blob::<CredSecurity>().clone();
        own.publish().for_current()
    }
}

/// The task work of one sibling.
struct Sibling(Arc<Shared>);

impl ThreadWork for Sibling {
    fn run(&self) {
        let Self(shared) = self;

        mark(Mark::SiblingRuns);
        if shared.progress.lock().outcome().is_some() {
            // It was an abort: a commit needs this thread to be prepared.
            return mark(Mark::SiblingLate);
        }
        mark(Mark::SiblingUndecided);
        let new = match shared.prepare() {
            Ok(new) => new,
            Err(error) => return shared.advance(|progress| progress.failed(error)),
        };

        mark(Mark::SiblingReady);
        shared.advance(Progress::prepared);
        mark(Mark::SiblingPrepared);
        if shared.wait_for_outcome() == Outcome::Abort {
            return mark(Mark::SiblingAborts);
        }
        mark(Mark::SiblingCommits);
        shared.no_new_privs.apply();
        new.commit();
        mark(Mark::SiblingCommitted);
        if let Some(domain) = shared.enforced {
            let no_new_privs = task::current_has_no_new_privs();
            log::trace_enforce_domain(domain, false, true, no_new_privs);
        }
        shared.advance(Progress::finish);
        mark(Mark::SiblingFinished);
    }
}

/// The task work of all siblings.
struct Works {
    /// What was queued, sorted by the address of the thread.
    queued: KVVec<Queued<Sibling>>,
    /// What was not queued yet: siblings are found where nothing can be allocated.
    idle: KVVec<Idle<Sibling>>,
}

impl Works {
    fn new() -> Self {
        Self {
            queued: KVVec::new(),
            idle: KVVec::new(),
        }
    }

    /// Enlists all siblings, and waits until they are prepared.
    ///
    /// Fails with `ENOMEM`, with the error of a sibling, or to restart the system call after a
    /// signal.
    fn prepare_all(&mut self, shared: &Arc<Shared>) -> Result {
        loop {
            let missing = self.count_missing();

            if missing == 0 {
                return Ok(());
            }
            mark(Mark::TsyncCounted);
            self.reserve(missing, shared)?;
            self.enlist(shared);
            mark(Mark::TsyncQueued);
            shared.wait_for_answers()?;
            mark(Mark::TsyncAnswered);
        }
    }

    /// Returns the number of siblings that are not enlisted.
    fn count_missing(&self) -> usize {
        let guard = rcu::read_lock();

        task::siblings(&guard)
            .filter(|task| self.place_of(task).is_err())
            .count()
    }

    /// Allocates task work for `count` more siblings. Fails with `ENOMEM`.
    fn reserve(&mut self, count: usize, shared: &Arc<Shared>) -> Result {
        self.queued.reserve(count, GFP_KERNEL_ACCOUNT)?;
        self.idle.reserve(count, GFP_KERNEL_ACCOUNT)?;

        while self.idle.len() < count {
            let idle = Idle::new(Sibling(shared.clone()), GFP_KERNEL_ACCOUNT)?;
            self.idle.push(idle, GFP_KERNEL_ACCOUNT)?;
        }
        Ok(())
    }

    /// Enlists siblings that are not enlisted, for as long as there is idle task work.
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
            mark(Mark::TsyncEnlisted);
            match idle.queue(task) {
                // There is room: it was reserved, for each idle task work.
                Some(queued) => drop(self.queued.insert_within_capacity(place, queued)),
                None => shared.advance(Progress::withdraw),
            }
        }
    }

    /// Returns where the task work of `task` is in `queued`, or where it would have to be.
    fn place_of(&self, task: &Task) -> Result<usize, usize> {
        let address = task.as_ptr();

        self.queued
            .binary_search_by_key(&address, |queued| queued.task().as_ptr())
    }

    /// Cancels the task work of siblings that have not begun. It was an abort, so nothing waits for
    /// them.
    fn cancel(&self) {
        self.queued.iter().for_each(Queued::cancel);
    }
}
