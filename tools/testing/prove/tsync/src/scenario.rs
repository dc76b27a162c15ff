// SPDX-License-Identifier: GPL-2.0-only

//! The processes that are tried, and what must be found out about each.

use crate::{
    liveness::Graph,
    process::{Mistake, Process, Role},
    state::State,
};

use stateright::{Checker, Model};

const QUIET: Role = Role {
    calls: 0,
    vforks: false,
    reads: false,
    executes: false,
    creates: false,
    exits: false,
    closes: false,
};
const CALLER: Role = Role { calls: 1, ..QUIET };
const VFORKER: Role = Role {
    vforks: true,
    ..QUIET
};
const READER: Role = Role {
    reads: true,
    ..QUIET
};
const EXECUTOR: Role = Role {
    executes: true,
    ..QUIET
};
const CREATOR: Role = Role {
    creates: true,
    ..QUIET
};
const LEAVER: Role = Role {
    exits: true,
    ..QUIET
};
const CLOSER: Role = Role {
    closes: true,
    ..QUIET
};

/// A process with threads of these roles, to which nothing happens.
pub(crate) fn quiet(roles: &[Role]) -> Process {
    Process {
        roles: roles.to_vec(),
        absent: 0,
        signals: 0,
        creations: 0,
        failures: 0,
        has_outsider: false,
        may_be_killed: false,
        closing_ends: true,
        mistake: None,
    }
}

/// A process with `mistake` in its protocol. Without one, it is among those that are proved.
fn with(mistake: Mistake, process: Process) -> Process {
    Process {
        mistake: Some(mistake),
        ..process
    }
}

/// Checks all properties in all states.
fn check_states(process: &Process) {
    process
        .clone()
        .checker()
        .threads(2)
        .spawn_bfs()
        .join()
        .assert_properties();
}

/// Checks that each call ends in each fair run.
fn check_ends(process: &Process) {
    check_ends_when(process, |_| true);
}

/// Checks that each call ends in each fair run in which `condition` holds in the end.
fn check_ends_when(process: &Process, condition: impl Fn(&State) -> bool) {
    let graph = Graph::of(process);
    let is_calling = |state: &State| state.threads.iter().any(|thread| thread.is_calling);

    println!(
        "{} threads, {} states",
        process.roles.len(),
        graph.states.len()
    );
    let endless = graph.find_endless(|state| is_calling(state) && condition(state));
    assert!(endless.is_none(), "a call need not end: {endless:#?}");
}

fn prove(process: Process) {
    check_states(&process);
    check_ends(&process);
}

fn vforkers() -> Process {
    quiet(&[CALLER, VFORKER, VFORKER, VFORKER])
}

#[test]
fn quick_vfork_again_and_again() {
    prove(vforkers());
}

#[test]
#[should_panic(expected = "a call need not end")]
fn quick_patience_livelocks() {
    check_ends(&with(Mistake::Patience, vforkers()));
}

#[test]
#[should_panic(expected = "siblings are interrupted once")]
fn quick_patience_interrupts_again() {
    check_states(&with(Mistake::Patience, vforkers()));
}

fn readers() -> Process {
    Process {
        has_outsider: true,
        signals: 1,
        ..quiet(&[CALLER, READER, READER, VFORKER])
    }
}

#[test]
fn quick_readers_inside_and_outside() {
    prove(readers());
}

/// What hangs with C: a sibling that waits for the lock.
#[test]
#[should_panic(expected = "a call need not end")]
fn quick_lock_while_waiting_hangs() {
    check_ends(&with(Mistake::LockWhileWaiting, readers()));
}

#[test]
#[should_panic(expected = "commits are one step for those who hold the lock")]
fn quick_commit_without_lock_shows() {
    check_states(&with(Mistake::CommitWithoutLock, readers()));
}

#[test]
fn quick_two_callers() {
    prove(Process {
        signals: 1,
        failures: 1,
        ..quiet(&[CALLER, CALLER, VFORKER])
    });
}

/// It takes the lock for a moment on its way to `execve()`.
fn executor() -> Process {
    quiet(&[
        CALLER,
        Role {
            reads: true,
            ..EXECUTOR
        },
        VFORKER,
        READER,
    ])
}

#[test]
fn quick_program_is_executed() {
    prove(executor());
}

/// What hangs with C as well: a sibling that executes `/proc/self/exe`.
#[test]
#[should_panic(expected = "a call need not end")]
fn quick_lock_while_waiting_hangs_execution() {
    check_ends(&with(Mistake::LockWhileWaiting, executor()));
}

fn creators() -> Process {
    Process {
        absent: 2,
        creations: 2,
        ..quiet(&[CALLER, CREATOR, LEAVER, CREATOR, LEAVER])
    }
}

#[test]
fn quick_threads_come_and_go() {
    prove(creators());
}

#[test]
#[should_panic(expected = "all threads or none")]
fn quick_one_round_misses_threads() {
    check_states(&with(Mistake::OneRound, creators()));
}

#[test]
fn quick_task_work_behind_one_that_blocks() {
    prove(Process {
        signals: 1,
        ..quiet(&[CALLER, CLOSER, VFORKER])
    });
}

/// A task work of a sibling may block for ever.
fn blockers() -> Process {
    Process {
        may_be_killed: true,
        closing_ends: false,
        ..quiet(&[CALLER, CLOSER, VFORKER])
    }
}

#[test]
fn quick_kill_ends_the_call_although_a_sibling_blocks() {
    check_ends_when(&blockers(), |state| state.is_killed);
}

#[test]
#[should_panic(expected = "a call need not end")]
fn quick_waiting_after_an_abort_hangs() {
    let process = with(Mistake::WaitAfterAbort, blockers());

    check_ends_when(&process, |state| state.is_killed);
}

#[test]
fn six_threads_block() {
    prove(Process {
        signals: 1,
        has_outsider: true,
        ..quiet(&[CALLER, VFORKER, READER, VFORKER, CLOSER, LEAVER])
    });
}

#[test]
fn six_threads_call_and_create() {
    prove(Process {
        absent: 2,
        creations: 2,
        failures: 1,
        ..quiet(&[CALLER, CALLER, CREATOR, VFORKER, LEAVER, CREATOR])
    });
}

#[test]
fn six_threads_execute() {
    prove(Process {
        failures: 1,
        ..quiet(&[CALLER, EXECUTOR, READER, VFORKER, CALLER, LEAVER])
    });
}

#[test]
fn seven_threads() {
    prove(Process {
        absent: 1,
        creations: 1,
        ..quiet(&[CALLER, VFORKER, READER, VFORKER, READER, CREATOR, VFORKER])
    });
}
