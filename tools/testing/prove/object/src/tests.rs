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
    ($($name:ident: $module:ident::$scenario:ident, $preemptions:expr;)*) => { $(
        #[test]
        fn $name() {
            prove(super::real::$module::$scenario, $preemptions);
        }
    )* };
}

macro_rules! refuse {
    ($($name:ident: $mistake:ident, $module:ident::$scenario:ident, $reasons:expr;)*) => { $(
        #[test]
        #[should_panic(expected = "refused, as it must be")]
        fn $name() {
            refuse(stringify!($name), super::$mistake::$module::$scenario, &$reasons);
        }
    )* };
}

prove! {
    quick_last_rule_and_shutdown: scenarios::last_rule_and_shutdown, None;
    quick_shutdown_before_last_rule: scenarios::shutdown_before_last_rule, None;
    quick_last_rule_and_tie: scenarios::last_rule_and_tie, Some(3);
    quick_two_ties: scenarios::two_ties, Some(3);
    last_rule_and_tie: scenarios::last_rule_and_tie, None;
    quick_owner_adds_while_a_domain_ends: sharing::owner_adds_while_a_domain_ends, None;
    quick_two_domains_end: sharing::two_domains_end, None;
    quick_a_domain_ends_while_another_begins: sharing::a_domain_ends_while_another_begins, None;
    two_ties: scenarios::two_ties, None;
    two_ties_and_drops: scenarios::two_ties_and_drops, Some(4);
    two_rules_and_shutdown: scenarios::two_rules_and_shutdown, Some(3);
    last_rule_and_two_ties: scenarios::last_rule_and_two_ties, Some(2);
    last_rule_tie_and_shutdown: scenarios::last_rule_tie_and_shutdown, Some(2);
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
const TWICE: &str = "counted below zero";
const KEPT: &str = "an inode reference is left";

refuse! {
    quick_announced_after_emptying: announced_after_emptying, scenarios::last_rule_and_shutdown, [DEAD, BUSY, RACE];
    quick_emptied_without_release: emptied_without_release, scenarios::last_rule_and_shutdown,
        [DEAD, BUSY, RACE];
    quick_waits_without_barrier: waits_without_barrier, scenarios::last_rule_and_shutdown, [DEAD, BUSY, RACE];
    quick_counted_down_without_release: counted_down_without_release, scenarios::last_rule_and_shutdown,
        [RACE];
    quick_announcement_ends_before_release: announcement_ends_before_release,
        scenarios::last_rule_and_shutdown, [DEAD, BUSY, RACE];
    quick_filled_without_release: filled_without_release, scenarios::two_ties, [RACE];
    quick_freed_without_grace_period: freed_without_grace_period, scenarios::last_rule_and_tie, [FREED];
    quick_slot_not_emptied: slot_not_emptied, scenarios::last_rule_and_tie, [FREED, SPINS, LEFT];
    quick_emptied_after_unlock: emptied_after_unlock, scenarios::last_rule_and_tie, [SPINS];
    quick_counted_to_zero_without_lock: counted_to_zero_without_lock, scenarios::last_rule_and_tie, [SPINS, ENDLESS];
    quick_released_under_rcu: released_under_rcu, scenarios::last_rule_and_shutdown, [SLEEPS];
    quick_filled_without_looking: filled_without_looking, scenarios::two_ties, ["two objects", LOST];
    quick_unshared_without_acquire: unshared_without_acquire,
        sharing::owner_adds_while_a_domain_ends, [RACE];
    quick_changed_while_shared: changed_while_shared, sharing::owner_adds_while_a_domain_ends,
        [RACE];
    quick_copied_without_owning: copied_without_owning, sharing::owner_adds_while_a_domain_ends,
        [FREED, TWICE];
    quick_freed_with_its_rules: freed_with_its_rules, sharing::two_domains_end, [LEFT, KEPT];
    quick_dropped_although_given: dropped_although_given, sharing::two_domains_end,
        [FREED, TWICE];
}
