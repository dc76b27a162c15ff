// SPDX-License-Identifier: GPL-2.0-only

//! Threads that restrict themselves together, against one state per thread.

use crate::policy::tsync::{Outcome, Progress};

use proptest::{collection::vec, prelude::*, sample::Index};

/// The error of an interruption; those of siblings are smaller.
const INTERRUPTED: u8 = 200;

/// Where a sibling is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sibling {
    Queued,
    Prepared,
    Finished,
}

/// What happens next. What makes no sense for the sibling that is chosen is left out.
#[derive(Debug, Clone)]
enum Event {
    Enlist,
    Prepare(Index),
    Fail(Index, u8),
    Withdraw(Index),
    Finish(Index),
    Decide(Result<(), u8>),
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => Just(Event::Enlist),
        4 => any::<Index>().prop_map(Event::Prepare),
        1 => (any::<Index>(), 1..100u8).prop_map(|(sibling, error)| Event::Fail(sibling, error)),
        2 => any::<Index>().prop_map(Event::Withdraw),
        3 => any::<Index>().prop_map(Event::Finish),
        1 => prop_oneof![3 => Just(Ok(())), 1 => (100..200u8).prop_map(Err)]
            .prop_map(Event::Decide),
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

    /// Moves a sibling that is in state `from` to state `to`. Tells whether there is one.
    fn step(&mut self, chosen: Index, from: Sibling, to: Sibling) -> bool {
        let mut candidates: Vec<_> = self.siblings.iter_mut().filter(|s| **s == from).collect();
        if candidates.is_empty() {
            return false;
        }

        **chosen.get_mut(&mut candidates) = to;
        true
    }

    fn answer(&self) -> Option<Result<(), u8>> {
        match (self.first_failure, self.count(Sibling::Queued)) {
            (Some(error), _) => Some(Err(error)),
            (None, 0) => Some(Ok(())),
            (None, _) => None,
        }
    }

    /// All commit, or none: the first reason not to is told.
    fn decision(&self, rounds: Result<(), u8>) -> Result<(), u8> {
        rounds?;
        self.first_failure.map_or(Ok(()), Err)?;
        match self.count(Sibling::Queued) {
            0 => Ok(()),
            _ => Err(INTERRUPTED),
        }
    }
}

/// Lets `event` happen to both, if it makes sense.
fn apply(event: Event, progress: &mut Progress<u8>, model: &mut Model) {
    use Sibling::*;
    let is_decided = model.outcome.is_some();

    match event {
        Event::Enlist if !is_decided => {
            model.siblings.push(Queued);
            progress.enlist();
        }
        Event::Prepare(chosen) if !is_decided && model.step(chosen, Queued, Prepared) => {
            progress.prepared();
        }
        Event::Fail(chosen, error) if !is_decided && model.step(chosen, Queued, Finished) => {
            model.first_failure = model.first_failure.or(Some(error));
            progress.failed(error);
        }
        Event::Withdraw(chosen) if model.step(chosen, Queued, Finished) => progress.withdraw(),
        Event::Finish(chosen) if is_decided && model.step(chosen, Prepared, Finished) => {
            progress.finish();
        }
        Event::Decide(rounds) if !is_decided => {
            let decision = model.decision(rounds);

            assert_eq!(progress.decide(rounds, INTERRUPTED), decision);
            model.outcome = Some(match decision {
                Ok(()) => Outcome::Commit,
                Err(_) => Outcome::Abort,
            });
        }
        _ => (),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn counts_tell_what_one_state_per_thread_would(events in vec(any_event(), 0..40)) {
        let (mut progress, mut model) = (Progress::new(), Model::default());

        for event in events {
            apply(event, &mut progress, &mut model);

            let is_over = model.count(Sibling::Finished) == model.siblings.len();
            prop_assert_eq!(progress.outcome(), model.outcome);
            prop_assert_eq!(progress.is_answered(), model.answer());
            prop_assert_eq!(progress.missing_answers(), model.count(Sibling::Queued));
            prop_assert_eq!(progress.is_over(), is_over);
            let is_phase_over = match model.outcome {
                Some(_) => is_over,
                None => model.answer().is_some(),
            };
            prop_assert_eq!(progress.is_phase_over(), is_phase_over);
        }
    }

    #[test]
    fn nobody_commits_unless_everybody_is_prepared(events in vec(any_event(), 0..40)) {
        let (mut progress, mut model) = (Progress::new(), Model::default());

        for event in events {
            let queued = model.count(Sibling::Queued);
            let was_decided = model.outcome.is_some();

            apply(event, &mut progress, &mut model);
            if !was_decided && progress.outcome() == Some(Outcome::Commit) {
                prop_assert_eq!((queued, model.first_failure), (0, None));
            }
        }
    }
}
