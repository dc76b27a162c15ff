// SPDX-License-Identifier: GPL-2.0-only

//! How far the threads of a process are that restrict themselves together: all of them, or none.
//!
//! One thread asks, its siblings each have a work to do. A work is in one of these states; the two
//! counts say in which of them it is waited for:
//!
//! | State    | meaning                               | `preparing` | `unfinished` |
//! |----------|---------------------------------------|:-----------:|:------------:|
//! | queued   | the thread is told, and does not know |     yes     |     yes      |
//! | prepared | the thread waits for the decision     |      -      |     yes      |
//! | finished | committed, aborted, failed, withdrawn |      -      |      -       |
//!
//! | Transition           | by                                                | who       |
//! |----------------------|---------------------------------------------------|-----------|
//! | (none) to queued     | [`Progress::enlist`]                              | who asks  |
//! | queued to prepared   | [`Progress::prepared`]                            | a sibling |
//! | queued to finished   | [`Progress::failed`]: it will be an abort         | a sibling |
//! | queued to finished   | [`Progress::withdraw`]: it never had the work, or it had the work taken away, or it comes too late | both |
//! | prepared to finished | [`Progress::finish`], as [`Progress::outcome`] says | a sibling |
//!
//! Who asks goes through three phases: it enlists and waits until [`Progress::is_answered`], again
//! and again until there is no thread that is not enlisted; it decides, once
//! ([`Progress::decide`]); and it waits until [`Progress::is_over`]. A prepared thread creates no
//! threads, so a round that finds no new thread has them all.

/// What all threads do with their new credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Use them. Nothing can fail any more.
    Commit,
    /// Give them up.
    Abort,
}

/// How far the siblings are. Changed under a lock, by all of them.
#[derive(Debug, Default)]
pub(crate) struct Progress<E> {
    preparing: usize,
    unfinished: usize,
    failure: Option<E>,
    outcome: Option<Outcome>,
}

impl<E: Copy> Progress<E> {
    /// Starts with no sibling.
    pub(crate) fn new() -> Self {
        Self {
            preparing: 0,
            unfinished: 0,
            failure: None,
            outcome: None,
        }
    }

    /// Counts one more sibling, which is about to be told.
    pub(crate) fn enlist(&mut self) {
        self.preparing = self.preparing.saturating_add(1);
        self.unfinished = self.unfinished.saturating_add(1);
    }

    /// Forgets a sibling that has not prepared anything, and will not.
    pub(crate) fn withdraw(&mut self) {
        self.prepared();
        self.finish();
    }

    /// A sibling has new credentials, and waits.
    pub(crate) fn prepared(&mut self) {
        self.preparing = self.preparing.saturating_sub(1);
    }

    /// A sibling cannot have new credentials: there will be an abort.
    pub(crate) fn failed(&mut self, error: E) {
        self.failure = self.failure.or(Some(error));
        self.withdraw();
    }

    /// A sibling has done what the outcome says.
    pub(crate) fn finish(&mut self) {
        self.unfinished = self.unfinished.saturating_sub(1);
    }

    /// Tells whether there is nothing more to wait for before the next round, or the decision:
    /// every sibling is prepared, or one failed. Returns the error of that one.
    pub(crate) fn is_answered(&self) -> Option<Result<(), E>> {
        match self.failure {
            Some(error) => Some(Err(error)),
            None if self.preparing == 0 => Some(Ok(())),
            None => None,
        }
    }

    /// Decides for all siblings, after rounds that ended with `rounds`.
    ///
    /// They commit if nothing failed and every one is prepared. `interrupted` is the error if that
    /// is what is missing.
    pub(crate) fn decide(&mut self, rounds: Result<(), E>, interrupted: E) -> Result<(), E> {
        let decision = rounds.and(self.is_answered().unwrap_or(Err(interrupted)));

        self.outcome = Some(match decision {
            Ok(()) => Outcome::Commit,
            Err(_) => Outcome::Abort,
        });
        decision
    }

    /// Returns what was decided, once it is.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// Returns the number of siblings that are told, and have not answered.
    pub(crate) fn missing_answers(&self) -> usize {
        self.preparing
    }

    /// Tells whether there is nothing more to wait for in the present phase of who asks.
    pub(crate) fn is_phase_over(&self) -> bool {
        match self.outcome {
            Some(_) => self.is_over(),
            None => self.is_answered().is_some(),
        }
    }

    /// Tells whether no sibling has anything left to do.
    pub(crate) fn is_over(&self) -> bool {
        self.unfinished == 0
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_tsync)]
mod tests {
    use super::*;

    const NO_MEMORY: i32 = 12;
    const INTERRUPTED: i32 = 513;

    fn with_siblings(count: usize) -> Progress<i32> {
        let mut progress = Progress::new();

        (0..count).for_each(|_| progress.enlist());
        progress
    }

    #[test]
    fn single_thread_commits_at_once() {
        let mut progress = with_siblings(0);

        assert_eq!(progress.is_answered(), Some(Ok(())));
        assert_eq!(progress.decide(Ok(()), INTERRUPTED), Ok(()));
        assert!(progress.is_over());
    }

    #[test]
    fn commit_needs_every_sibling() {
        let mut progress = with_siblings(2);

        progress.prepared();
        assert_eq!(progress.is_answered(), None);
        progress.prepared();
        assert_eq!(progress.is_answered(), Some(Ok(())));

        assert_eq!(progress.outcome(), None);
        assert_eq!(progress.decide(Ok(()), INTERRUPTED), Ok(()));
        assert_eq!(progress.outcome(), Some(Outcome::Commit));
        assert!(!progress.is_over());
        progress.finish();
        progress.finish();
        assert!(progress.is_over());
    }

    #[test]
    fn one_failure_aborts_those_that_are_prepared() {
        let mut progress = with_siblings(3);

        progress.prepared();
        progress.failed(NO_MEMORY);
        // The third one is still queued: it is not waited for.
        assert_eq!(progress.is_answered(), Some(Err(NO_MEMORY)));

        assert_eq!(progress.decide(Ok(()), INTERRUPTED), Err(NO_MEMORY));
        assert_eq!(progress.outcome(), Some(Outcome::Abort));
        progress.finish();
        assert!(!progress.is_over());
        progress.withdraw();
        assert!(progress.is_over());
    }

    #[test]
    fn interruption_aborts() {
        let mut progress = with_siblings(2);

        progress.prepared();
        assert_eq!(progress.decide(Ok(()), INTERRUPTED), Err(INTERRUPTED));
        assert_eq!(progress.outcome(), Some(Outcome::Abort));
    }

    #[test]
    fn failure_of_who_asks_aborts_although_all_are_prepared() {
        let mut progress = with_siblings(1);

        progress.prepared();
        assert_eq!(progress.decide(Err(NO_MEMORY), INTERRUPTED), Err(NO_MEMORY));
        assert_eq!(progress.outcome(), Some(Outcome::Abort));
    }

    #[test]
    fn thread_that_exits_is_not_waited_for() {
        let mut progress = with_siblings(2);

        progress.prepared();
        progress.withdraw();
        assert_eq!(progress.is_answered(), Some(Ok(())));
    }

    #[test]
    fn later_round_waits_again() {
        let mut progress = with_siblings(1);

        progress.prepared();
        progress.enlist();
        assert_eq!(progress.is_answered(), None);
        progress.prepared();
        assert_eq!(progress.decide(Ok(()), INTERRUPTED), Ok(()));
    }
}
