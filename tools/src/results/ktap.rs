// SPDX-License-Identifier: GPL-2.0-only

//! Results of KUnit suites: KTAP in the kernel log.

use std::collections::BTreeMap;

use crate::results::tap::{Case, Outcome, Suite};

/// Reads the suites whose name starts with `prefix` from a kernel log.
///
/// A suite announces itself (`# Subtest: name`), indents its cases by four columns, and ends with a
/// result line of its own. Parameters of a case are indented further: the case speaks for them.
pub fn parse(log: &str, prefix: &str) -> BTreeMap<String, Suite> {
    let mut suites = BTreeMap::new();
    let mut open: Option<(String, Suite)> = None;
    for line in log.lines().map(strip_time) {
        if let Some(name) = line.strip_prefix("    # Subtest: ") {
            close(open.take(), &mut suites);
            open = Some((name.trim().to_owned(), Suite::default()));
        } else if let Some((name, suite)) = &mut open {
            if ends(line, name) {
                close(open.take(), &mut suites);
            } else {
                read(line, suite);
            }
        }
    }
    close(open, &mut suites);
    suites.retain(|name, _| name.starts_with(prefix));
    suites
}

/// Removes what the kernel puts before a line, the level and the time: `<6>[    1.234567] `.
fn strip_time(line: &str) -> &str {
    let line = crate::results::console::split_level(line).1;
    let stripped = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "));
    match stripped {
        Some((time, rest)) if time.trim().parse::<f64>().is_ok() => rest,
        _ => line,
    }
}

/// Returns whether `line` is the result of the whole suite `name`.
fn ends(line: &str, name: &str) -> bool {
    Case::parse(line).is_some_and(|case| case.name == name)
}

/// Takes in a line of a suite: its plan or a case.
fn read(line: &str, suite: &mut Suite) {
    let Some(line) = line.strip_prefix("    ") else {
        return;
    };
    if let Some(plan) = line.strip_prefix("1..") {
        suite.plan = plan.trim().parse().unwrap_or(0);
    } else if let Some(case) = Case::parse(line) {
        suite.cases.push(case);
    }
}

/// Keeps a suite that ended, or that the log ends with.
fn close(open: Option<(String, Suite)>, suites: &mut BTreeMap<String, Suite>) {
    let Some((name, mut suite)) = open else {
        return;
    };
    let seen = suite.cases.len();
    if seen != suite.plan {
        suite.cases.push(Case {
            name: format!("({seen} of {} cases reported)", suite.plan),
            outcome: Outcome::Fail,
        });
    }
    suites.insert(name, suite);
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
[    0.596003] serial8250: ttyS0 I/O:0x3f8 is a 16550A
[    1.100000] KTAP version 1
[    1.100000] 1..2
[    1.100000]     KTAP version 1
[    1.100000]     # Subtest: landlock_layer
[    1.100000]     # module: landlock_rs
[    1.100000]     1..3
[    1.100000]     ok 1 grant
[    1.100000]         KTAP version 1
[    1.100000]         # Subtest: denial
[    1.100000]         ok 1 first
[    1.100000]         ok 2 second
[    1.100000]     ok 2 denial
[    1.100000]     # lost: ASSERTION FAILED at landlock_rs/layer.rs:12
[    1.100000]     not ok 3 lost
[    1.100000] # landlock_layer: pass:2 fail:1 skip:0 total:3
[    1.100000] not ok 1 landlock_layer
[    1.100000]     KTAP version 1
[    1.100000]     # Subtest: landlock_rule
[    1.100000]     1..1
[    1.100000]     ok 1 extend # SKIP later
[    1.100000] ok 2 landlock_rule
";

    #[test]
    fn suites_in_a_kernel_log() {
        let suites = parse(LOG, "landlock");
        assert_eq!(suites.len(), 2);
        let layer = &suites["landlock_layer"];
        let names: Vec<_> = layer.cases.iter().map(|case| &case.name).collect();
        assert_eq!(names, ["grant", "denial", "lost"]);
        assert_eq!(layer.count().fail, 1);
        assert_eq!(suites["landlock_rule"].count().skip, 1);
    }

    #[test]
    fn a_suite_that_broke_off_fails() {
        let log = LOG.lines().take(8).collect::<Vec<_>>().join("\n");
        let suites = parse(&log, "landlock");
        assert_eq!(suites["landlock_layer"].count().fail, 1);
    }

    #[test]
    fn other_suites_are_left_out() {
        assert!(parse(LOG, "other").is_empty());
    }
}
