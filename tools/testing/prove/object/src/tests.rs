// SPDX-License-Identifier: GPL-2.0-only

//! Proofs, and the mistakes that they refuse. Those called `quick_` take seconds.

use std::{
    env,
    process::Command,
    sync::{
        atomic::{AtomicUsize, Ordering::Relaxed},
        Arc,
    },
    time::Instant,
};

/// Runs `scenario` with every interleaving, with no more than `preemptions` if there is a limit.
fn prove(scenario: fn(), preemptions: Option<usize>) {
    let executions = Arc::new(AtomicUsize::new(0));
    let counter = executions.clone();
    let start = Instant::now();
    let mut model = loom::model::Builder::new();

    model.preemption_bound = preemptions;
    model.max_branches = 20_000;
    model.check(move || {
        counter.fetch_add(1, Relaxed);
        scenario();
    });
    println!(
        "{} executions in {:.1?}",
        executions.load(Relaxed),
        start.elapsed()
    );
}

/// Set in the process that runs a mistake.
const MISTAKE: &str = "LANDLOCK_PROVE_MISTAKE";

/// Panics if an interleaving of the mistake that the test `name` runs fails, and says one of
/// `reasons` first.
///
/// That happens in a process of its own, as a model that fails cannot clean up.
fn refuse(name: &str, scenario: fn(), reasons: &[&str]) {
    if env::var_os(MISTAKE).is_some() {
        return prove(scenario, Some(3));
    }
    let output = Command::new(env::current_exe().expect("this program has a name"))
        .args(["--exact", &format!("tests::{name}"), "--nocapture"])
        .env(MISTAKE, name)
        .output()
        .expect("this program can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    let mut lines = said
        .lines()
        .skip_while(|line| !line.contains("panicked at"));
    let reason = lines.nth(1).unwrap_or_default();

    if reasons.iter().any(|expected| reason.contains(expected)) {
        panic!("refused, as it must be: {reason}");
    }
    println!("not refused for the right reason: {said}");
}

macro_rules! prove {
    ($($name:ident: $scenario:ident, $preemptions:expr;)*) => { $(
        #[test]
        fn $name() {
            prove(super::real::scenarios::$scenario, $preemptions);
        }
    )* };
}

macro_rules! refuse {
    ($($name:ident: $mistake:ident, $scenario:ident, $reasons:expr;)*) => { $(
        #[test]
        #[should_panic(expected = "refused, as it must be")]
        fn $name() {
            refuse(stringify!($name), super::$mistake::scenarios::$scenario, &$reasons);
        }
    )* };
}

prove! {
    quick_last_rule_and_shutdown: last_rule_and_shutdown, None;
    quick_shutdown_before_last_rule: shutdown_before_last_rule, None;
    quick_last_rule_and_tie: last_rule_and_tie, Some(3);
    quick_two_ties: two_ties, Some(3);
    last_rule_and_tie: last_rule_and_tie, None;
    two_ties: two_ties, None;
    two_ties_and_drops: two_ties_and_drops, Some(4);
    two_rules_and_shutdown: two_rules_and_shutdown, Some(3);
    last_rule_and_two_ties: last_rule_and_two_ties, Some(2);
    last_rule_tie_and_shutdown: last_rule_tie_and_shutdown, Some(2);
}

const DEAD: &str = "after the end of its superblock";
const BUSY: &str = "busy inodes";
const RACE: &str = "ausality violation";
const FREED: &str = "after it was freed";
const SPINS: &str = "tie spins";
const LOST: &str = "without an inode";
const LEFT: &str = "an object without rules";
const ENDLESS: &str = "maximum number of branches";
const SLEEPS: &str = "sleeps with a lock";

refuse! {
    quick_announced_after_emptying: announced_after_emptying, last_rule_and_shutdown, [DEAD, BUSY, RACE];
    quick_emptied_without_release: emptied_without_release, last_rule_and_shutdown,
        [DEAD, BUSY, RACE];
    quick_waits_without_barrier: waits_without_barrier, last_rule_and_shutdown, [DEAD, BUSY, RACE];
    quick_counted_down_without_release: counted_down_without_release, last_rule_and_shutdown,
        [RACE];
    quick_announcement_ends_before_release: announcement_ends_before_release,
        last_rule_and_shutdown, [DEAD, BUSY, RACE];
    quick_filled_without_release: filled_without_release, two_ties, [RACE];
    quick_freed_without_grace_period: freed_without_grace_period, last_rule_and_tie, [FREED];
    quick_slot_not_emptied: slot_not_emptied, last_rule_and_tie, [FREED, SPINS, LEFT];
    quick_emptied_after_unlock: emptied_after_unlock, last_rule_and_tie, [SPINS];
    quick_counted_to_zero_without_lock: counted_to_zero_without_lock, last_rule_and_tie, [SPINS, ENDLESS];
    quick_released_under_rcu: released_under_rcu, last_rule_and_shutdown, [SLEEPS];
    quick_filled_without_looking: filled_without_looking, two_ties, ["two objects", LOST];
}
