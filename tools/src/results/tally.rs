// SPDX-License-Identifier: GPL-2.0-only

//! One count of all tests of a command.

use anyhow::{Result, bail, ensure};

use crate::host::process::check_interrupt;
use crate::host::ui;
use crate::results::suites::{self, Suites};
use crate::results::tap::Count;

/// How many failures are printed once more at the end.
const SHOWN_FAILURES: usize = 20;

/// Prints `count`, and fails if a test did.
pub fn close(count: Count) -> Result<()> {
    let Count { pass, fail, skip } = count;
    for failure in ui::failures().iter().take(SHOWN_FAILURES) {
        ui::say("failed", failure);
    }
    println!("{pass} passed, {fail} failed, {skip} skipped");
    if fail > 0 {
        bail!("{fail} tests failed");
    }
    Ok(())
}

/// Adds the result of a part to `count`. A part that broke down counts as one failure.
pub fn tally(count: &mut Count, part: Result<Count>) -> Result<()> {
    check_interrupt()?;
    let part = part.unwrap_or_else(|error| {
        ui::failed(format!("{error:#}"));
        Count {
            fail: 1,
            ..Count::default()
        }
    });
    *count += part;
    Ok(())
}

/// Counts something that passes or fails as a whole.
pub fn one(result: Result<()>) -> Result<Count> {
    result.map(|()| Count {
        pass: 1,
        ..Count::default()
    })
}

/// Prints and counts suites in which everything must pass.
pub fn must_pass(name: &'static str, results: &Suites) -> Result<Count> {
    ensure!(!results.is_empty(), "{name}: no suite ran");
    ui::say(name, format!("{} suites:", results.len()));
    suites::print(results);
    Ok(suites::total(results))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_breaks_down_is_one_failure() {
        let mut count = Count::default();
        tally(&mut count, Err(anyhow::anyhow!("no"))).unwrap();
        tally(&mut count, one(Ok(()))).unwrap();
        assert_eq!((count.pass, count.fail, count.skip), (1, 1, 0));
    }
}
