// SPDX-License-Identifier: GPL-2.0-only

//! Threads that restrict themselves together, against one state per thread.

use crate::policy::tsync::{Outcome, Progress};

use proptest::{collection::vec, prelude::*, sample::Index};

/// The state of a sibling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sibling {
    Enlisted,
    Prepared,
    Finished,
}

/// What happens next. An event that no sibling can take is left out.
#[derive(Debug, Clone)]
enum Event {
    Enlist,
    Withdraw(Index),
    Prepare(Index),
    Fail(Index, u8),
    Finish(Index),
    Commit,
    Abort,
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => Just(Event::Enlist),
        1 => any::<Index>().prop_map(Event::Withdraw),
        4 => any::<Index>().prop_map(Event::Prepare),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(sibling, error)| Event::Fail(sibling, error)),
        3 => any::<Index>().prop_map(Event::Finish),
        2 => Just(Event::Commit),
        1 => Just(Event::Abort),
    ]
}

/// The reference.
#[derive(Default)]
struct Model {
    siblings: Vec<Sibling>,
    first_failure: Option<u8>,
    outcome: Option<Outcome>,
}

impl Model {
    fn count(&self, state: Sibling) -> usize {
        self.siblings
            .iter()
            .filter(|sibling| **sibling == state)
            .count()
    }

    /// Moves a sibling from state `from` to state `to`. Returns whether there is one.
    fn step(&mut self, chosen: Index, from: Sibling, to: Sibling) -> bool {
        let mut candidates: Vec<_> = self.siblings.iter_mut().filter(|s| **s == from).collect();
        if candidates.is_empty() {
            return false;
        }

        **chosen.get_mut(&mut candidates) = to;
        true
    }

    fn answer(&self) -> Option<Result<(), u8>> {
        match (self.first_failure, self.count(Sibling::Enlisted)) {
            (Some(error), _) => Some(Err(error)),
            (None, 0) => Some(Ok(())),
            (None, _) => None,
        }
    }

    /// Returns whether the caller has nothing to wait for.
    fn is_phase_over(&self) -> bool {
        match self.outcome {
            None => self.answer().is_some(),
            Some(Outcome::Commit) => self.count(Sibling::Prepared) == 0,
            Some(Outcome::Abort) => true,
        }
    }
}

/// Applies `event` to both, if a sibling can take it.
fn apply(event: Event, progress: &mut Progress<u8>, model: &mut Model) {
    use Sibling::*;
    let is_open = model.outcome.is_none();
    let is_commit = model.outcome == Some(Outcome::Commit);

    match event {
        Event::Enlist if is_open => {
            model.siblings.push(Enlisted);
            progress.enlist();
        }
        Event::Withdraw(chosen) if is_open && model.step(chosen, Enlisted, Finished) => {
            progress.withdraw();
        }
        Event::Prepare(chosen) if is_open && model.step(chosen, Enlisted, Prepared) => {
            progress.prepared();
        }
        Event::Fail(chosen, error) if is_open && model.step(chosen, Enlisted, Finished) => {
            model.first_failure = model.first_failure.or(Some(error));
            progress.failed(error);
        }
        Event::Finish(chosen) if is_commit && model.step(chosen, Prepared, Finished) => {
            progress.finish();
        }
        Event::Commit => {
            let can_commit = is_open && model.answer() == Some(Ok(()));

            assert_eq!(progress.commit(), can_commit);
            if can_commit {
                model.outcome = Some(Outcome::Commit);
            }
        }
        Event::Abort => {
            progress.abort();
            model.outcome = model.outcome.or(Some(Outcome::Abort));
        }
        _ => (),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn counts_say_what_one_state_per_thread_would(events in vec(any_event(), 0..40)) {
        let (mut progress, mut model) = (Progress::new(), Model::default());

        for event in events {
            apply(event, &mut progress, &mut model);

            prop_assert_eq!(progress.outcome(), model.outcome);
            prop_assert_eq!(progress.answer(), model.answer());
            prop_assert_eq!(progress.is_phase_over(), model.is_phase_over());
        }
    }

    #[test]
    fn nobody_commits_unless_everybody_is_prepared(events in vec(any_event(), 0..40)) {
        let (mut progress, mut model) = (Progress::new(), Model::default());

        for event in events {
            let (enlisted, failure) = (model.count(Sibling::Enlisted), model.first_failure);
            let was_open = model.outcome.is_none();

            apply(event, &mut progress, &mut model);
            if was_open && progress.outcome() == Some(Outcome::Commit) {
                prop_assert_eq!((enlisted, failure), (0, None));
            }
        }
    }
}
