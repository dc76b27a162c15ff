// SPDX-License-Identifier: GPL-2.0-only

//! What must never be, in any state.

use crate::{
    process::{Action, Must, Process},
    state::{Place, State, Thread},
};

use stateright::{Model, Property};

impl Model for Process {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![self.start()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.steps(state, |action, _: Must| actions.push(action));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        Some(self.after(state, action))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(ALL_OR_NONE, |_, state: &State| is_all_or_none(state)),
            Property::always(ONE_STEP, |_, state: &State| !state.is_torn),
            Property::always(ONCE, |_, state: &State| {
                state.threads.iter().all(|thread| thread.interruptions <= 1)
            }),
            Property::always(LOCK, |_, state: &State| {
                !state.is_locked || (state.caller.is_some() && !state.has_outsider)
            }),
            Property::always(AGREED, |_, state: &State| !state.is_refused),
            Property::always(RELEASED, |_, state: &State| {
                state.caller.is_some() || !state.threads.iter().any(is_prepared)
            }),
            Property::sometimes(COMMITS, |process: &Self, state: &State| {
                let calls: u8 = process.roles.iter().map(|role| role.calls).sum();

                state.commits == calls
            }),
        ]
    }
}

/// When no call is under way, all threads have the domains of all calls that succeeded.
const ALL_OR_NONE: &str = "all threads or none";
/// Siblings commit while nobody checks whether they may look into the process.
const ONE_STEP: &str = "commits are one step for those who hold the lock";
/// A sibling is interrupted again only if the call had a reason to start over.
const ONCE: &str = "siblings are interrupted once";
/// Only a caller holds the lock to write, and it excludes readers.
const LOCK: &str = "the lock excludes";
/// When the caller decides, all siblings are prepared.
const AGREED: &str = "a caller that decides to commit does";
/// No sibling is left behind in its task work.
const RELEASED: &str = "prepared threads have a caller";
/// The model is not so tight that nothing happens: all calls can succeed.
const COMMITS: &str = "all calls can commit";

fn is_prepared(thread: &Thread) -> bool {
    thread.place == Place::Prepared
}

fn is_all_or_none(state: &State) -> bool {
    let is_gone =
        |thread: &Thread| matches!(thread.place, Place::Absent | Place::Exiting | Place::Dead);

    state.caller.is_some()
        || state
            .threads
            .iter()
            .all(|thread| is_gone(thread) || thread.domain == state.commits)
}
