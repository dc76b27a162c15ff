// SPDX-License-Identifier: GPL-2.0-only

//! Progress of the threads of a process that enforce a domain together: all of them, or none.
//!
//! One thread, the caller, queues task work for each of its siblings. It counts those that have not
//! answered (`preparing`) and those that wait for the decision (`prepared`):
//!
//! | State of a sibling | Meaning                              | `preparing` | `prepared` |
//! |--------------------|--------------------------------------|:-----------:|:----------:|
//! | enlisted           | its task work has not answered       |      1      |     -      |
//! | prepared           | it waits for the decision            |      -      |     1      |
//! | finished           | committed, failed, or never enlisted |      -      |     -      |
//!
//! | Transition             | Function                 | By          | When                         |
//! |------------------------|--------------------------|-------------|------------------------------|
//! | (none) to enlisted     | [`Progress::enlist`]     | the caller  | before the decision          |
//! | enlisted to finished   | [`Progress::withdraw`]   | the caller  | the thread exits             |
//! | enlisted to prepared   | [`Progress::prepared`]   | the sibling | it has new credentials       |
//! | enlisted to finished   | [`Progress::failed`]     | the sibling | it cannot have any           |
//! | prepared to finished   | [`Progress::finish`]     | the sibling | it has committed             |
//! | undecided to commit    | [`Progress::commit`]     | the caller  | all siblings are prepared    |
//! | undecided to abort     | [`Progress::abort`]      | the caller  | a failure, or an interruption |
//!
//! The decision is final. After an abort the counts mean nothing: nothing waits for siblings then.
//!
//! A prepared thread creates no threads. So a round of the caller that finds no sibling to enlist,
//! when all those that are enlisted are prepared, has found them all.

/// What all threads do with their new credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    /// Use them. Nothing can fail any more.
    Commit,
    /// Give them up.
    Abort,
}

/// Progress of the siblings of a caller. All of them change it, under a lock.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Progress<E> {
    preparing: usize,
    prepared: usize,
    failure: Option<E>,
    outcome: Option<Outcome>,
}

impl<E: Copy> Progress<E> {
    /// Starts without siblings.
    pub(crate) fn new() -> Self {
        Self {
            preparing: 0,
            prepared: 0,
            failure: None,
            outcome: None,
        }
    }

    /// Counts one more sibling, for which task work is about to be queued.
    pub(crate) fn enlist(&mut self) {
        self.preparing = self.preparing.saturating_add(1);
    }

    /// Stops counting an enlisted sibling that will not answer.
    pub(crate) fn withdraw(&mut self) {
        self.preparing = self.preparing.saturating_sub(1);
    }

    /// An enlisted sibling has new credentials, and will wait for the decision.
    pub(crate) fn prepared(&mut self) {
        self.withdraw();
        self.prepared = self.prepared.saturating_add(1);
    }

    /// An enlisted sibling cannot have new credentials: there will be an abort.
    pub(crate) fn failed(&mut self, error: E) {
        self.failure = self.failure.or(Some(error));
        self.withdraw();
    }

    /// A prepared sibling has committed.
    pub(crate) fn finish(&mut self) {
        self.prepared = self.prepared.saturating_sub(1);
    }

    /// Returns the answer of the siblings, if it no longer depends on those that have not answered:
    /// all are prepared, or the first one to fail did so with this error.
    pub(crate) fn answer(&self) -> Option<Result<(), E>> {
        match self.failure {
            Some(error) => Some(Err(error)),
            None if self.preparing == 0 => Some(Ok(())),
            None => None,
        }
    }

    /// Decides to commit, unless a sibling is not prepared or there is a decision already. Returns
    /// whether it did.
    pub(crate) fn commit(&mut self) -> bool {
        let can_commit = self.outcome.is_none() && matches!(self.answer(), Some(Ok(())));

        if can_commit {
            self.outcome = Some(Outcome::Commit);
        }
        can_commit
    }

    /// Decides to abort, unless there is a decision already.
    pub(crate) fn abort(&mut self) {
        self.outcome = self.outcome.or(Some(Outcome::Abort));
    }

    /// Returns the decision, once there is one.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// Returns whether the caller has nothing left to wait for: before the decision, because the
    /// siblings have answered; after it, because they have finished.
    pub(crate) fn is_phase_over(&self) -> bool {
        match self.outcome {
            None => self.answer().is_some(),
            Some(Outcome::Commit) => self.prepared == 0,
            Some(Outcome::Abort) => true,
        }
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_tsync)]
mod tests {
    use super::*;

    const NO_MEMORY: i32 = 12;

    fn with_siblings(count: usize) -> Progress<i32> {
        let mut progress = Progress::new();

        (0..count).for_each(|_| progress.enlist());
        progress
    }

    #[test]
    fn single_thread_commits_at_once() {
        let mut progress = with_siblings(0);

        assert_eq!(progress.answer(), Some(Ok(())));
        assert!(progress.commit());
        assert!(progress.is_phase_over());
    }

    #[test]
    fn commit_needs_every_sibling() {
        let mut progress = with_siblings(2);

        progress.prepared();
        assert_eq!(progress.answer(), None);
        assert!(!progress.commit());
        assert_eq!(progress.outcome(), None);

        progress.prepared();
        assert_eq!(progress.answer(), Some(Ok(())));
        assert!(progress.commit());
        assert_eq!(progress.outcome(), Some(Outcome::Commit));
    }

    #[test]
    fn commit_waits_for_every_sibling() {
        let mut progress = with_siblings(2);

        progress.prepared();
        progress.prepared();
        assert!(progress.commit());
        assert!(!progress.is_phase_over());
        progress.finish();
        assert!(!progress.is_phase_over());
        progress.finish();
        assert!(progress.is_phase_over());
    }

    #[test]
    fn failure_is_an_answer_of_all() {
        let mut progress = with_siblings(3);

        progress.prepared();
        progress.failed(NO_MEMORY);
        assert_eq!(progress.answer(), Some(Err(NO_MEMORY)));
        progress.prepared();
        assert!(!progress.commit());
        progress.abort();
        assert_eq!(progress.outcome(), Some(Outcome::Abort));
    }

    #[test]
    fn abort_waits_for_nobody() {
        let mut progress = with_siblings(2);

        progress.prepared();
        assert!(!progress.is_phase_over());
        progress.abort();
        assert!(progress.is_phase_over());
    }

    #[test]
    fn decision_is_final() {
        let (mut committed, mut aborted) = (with_siblings(0), with_siblings(0));

        assert!(committed.commit());
        committed.abort();
        assert_eq!(committed.outcome(), Some(Outcome::Commit));

        aborted.abort();
        assert!(!aborted.commit());
        assert_eq!(aborted.outcome(), Some(Outcome::Abort));
    }

    #[test]
    fn thread_that_exits_is_not_waited_for() {
        let mut progress = with_siblings(2);

        progress.prepared();
        progress.withdraw();
        assert_eq!(progress.answer(), Some(Ok(())));
    }

    #[test]
    fn later_round_waits_again() {
        let mut progress = with_siblings(1);

        progress.prepared();
        progress.enlist();
        assert_eq!(progress.answer(), None);
        progress.prepared();
        assert!(progress.commit());
    }
}
