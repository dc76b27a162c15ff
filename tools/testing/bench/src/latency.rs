// SPDX-License-Identifier: GPL-2.0-only

//! How long another task waits for the only processor while many rules are enforced and freed.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use rustix::thread::set_no_new_privs;

use crate::enforce::in_thread;
use crate::ports;
use crate::row;
use crate::sample::{self, Summary};

/// How long the other task sleeps at a time.
const NAP: Duration = Duration::from_millis(1);

/// How long it is watched while nothing happens, or after the rules were given up.
const WHILE: Duration = Duration::from_millis(500);

/// Measures with `rules` rules on ports, as the first layer and as the second one.
pub fn measure(rules: u64) -> Result<()> {
    set_no_new_privs(true).context("cannot give up new privileges")?;
    let ruleset = ports::ruleset(&ports::plain(rules as usize))?;
    print("idle", rules, || nap(WHILE))?;
    print("enforcing", rules, || {
        in_thread(|| {
            ruleset.restrict_self()?;
            Ok(ruleset.restrict_self()?)
        })
    })?;
    print("freeing", rules, || {
        drop(ruleset);
        nap(WHILE)
    })
}

/// Sleeps.
fn nap(duration: Duration) -> Result<()> {
    thread::sleep(duration);
    Ok(())
}

/// Prints the row of the longest wait during `work`.
fn print(name: &str, rules: u64, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let summary = Summary::of(vec![longest_wait(work)?]);
    row::print(&format!("latency {name}"), &[("rules", rules)], summary)
}

/// Returns by how many instructions a task that sleeps again and again was late at most.
fn longest_wait(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut longest = 0_f64;
            while !is_over.load(Relaxed) {
                let slept = sample::once(|| nap(NAP))?;
                longest = longest.max(slept - NAP.as_nanos() as f64);
            }
            anyhow::Ok(longest)
        });
        let worked = work();
        is_over.store(true, Relaxed);
        let longest = watcher.join().map_err(|_| anyhow!("a thread died"))?;
        worked.and(longest)
    })
}
