// SPDX-License-Identifier: GPL-2.0-only

//! What the kernel says on its console.

use anyhow::{Result, bail};

/// What a kernel writes when something is wrong with it.
const COMPLAINTS: [&str; 12] = [
    "Kernel panic",
    "BUG: ",
    "kernel BUG at",
    "Oops: ",
    "WARNING: ",
    "general protection fault",
    "rust_kernel: panicked",
    "rcu: INFO: ",
    "INFO: task ",
    "soft lockup",
    "Invalid relocation target",
    "new suspected memory leaks",
];

/// Least urgent level of the lines that count as complaints when levels are shown: a warning.
const WARNING: u8 = 4;

/// What the kernel says before it starts the first program. Warnings before that are about the
/// machine.
const BOOTED: &str = "Run /init as init process";

/// Warnings that are not about Landlock: of a module as such, of what tests do on purpose, of lines
/// that are too many to be shown, and of the end.
const EXCUSED: [&str; 7] = [
    "loading out-of-tree module taints kernel",
    "Requested by user space but the slot is empty",
    "Already filled by landlock_rs",
    "callbacks suppressed",
    "audit_log_lost: ",
    "Huh VM_FAULT_OOM leaked out to the #PF handler",
    "reboot: Restarting system",
];

/// Begin and end of what the kernel says when a test that has little memory, on purpose, wants more.
const OUT_OF_MEMORY: [&str; 2] = ["invoked oom-killer", "Out of memory"];

/// How much of the console is shown.
const EXCERPT_LINES: usize = 20;

/// Fails when the kernel complained.
pub fn check(console: &str) -> Result<()> {
    if let Some(index) = complaint(console) {
        let line = console.lines().nth(index).unwrap_or_default();
        bail!("the kernel complained: {}", line.trim());
    }
    Ok(())
}

/// Returns the number of the first line with a complaint. Audit records quote what programs do: that
/// can look like anything.
fn complaint(console: &str) -> Option<usize> {
    let [begin, end] = OUT_OF_MEMORY;
    let mut is_booted = false;
    let mut is_about_memory = false;
    let mut lines = console.lines();
    lines.position(|line| {
        let (level, text) = split_level(line);
        is_booted |= text.contains(BOOTED);
        is_about_memory |= text.contains(begin);
        let is_sign = COMPLAINTS.iter().any(|sign| text.contains(sign));
        let is_warning = is_booted && level.is_some_and(|level| level <= WARNING);
        let is_excused = is_about_memory || is_excused(text);
        is_about_memory &= !text.contains(end);
        (is_sign || is_warning && !is_excused) && !text.contains("audit:")
    })
}

/// Returns whether a warning may be there.
fn is_excused(text: &str) -> bool {
    EXCUSED.iter().any(|sign| text.contains(sign))
}

/// Splits a line into its level, from 0 (an emergency) to 7, if it has one, and the rest.
pub fn split_level(line: &str) -> (Option<u8>, &str) {
    let split = || {
        let (number, rest) = line.strip_prefix('<')?.split_once('>')?;
        // The facility is in the higher bits.
        Some((number.parse::<u8>().ok()? & 7, rest))
    };
    match split() {
        Some((level, rest)) => (Some(level), rest),
        None => (None, line),
    }
}

/// Returns the lines around the first complaint, else the last ones, indented.
pub fn excerpt(console: &str) -> String {
    let lines: Vec<&str> = console.lines().collect();
    let last = lines.len().saturating_sub(EXCERPT_LINES);
    let start = match complaint(console) {
        Some(index) => index.saturating_sub(2),
        None => last,
    };
    let shown = lines.iter().skip(start).take(EXCERPT_LINES);
    shown
        .map(|line| format!("  | {}\n", shorten(line)))
        .collect()
}

/// Cuts a line so that it fits a terminal.
fn shorten(line: &str) -> String {
    line.trim_end().chars().take(75).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_are_found() {
        let console = "[ 0.1] fine\n[ 1.0] WARNING: kernel/x.c:3 at f+0x1, CPU#0\n[ 1.1] more\n";
        assert!(check(console).is_err());
        assert!(check("[ 0.1] fine\n[ 0.2] audit: comm=\"BUG: \"\n").is_ok());
    }

    #[test]
    fn warnings_are_complaints() {
        assert_eq!(split_level("<12>[ 0.1] a"), (Some(4), "[ 0.1] a"));
        assert_eq!(split_level("<init>"), (None, "<init>"));
        let booted = "<4>[ 0.1] odd clock\n<6>[ 0.2] Run /init as init process\n".to_owned();
        assert!(check(&(booted.clone() + "<5>[ 0.3] note\n[ 0.4] no level\n")).is_ok());
        let memory =
            "<4>[ 1] a_test invoked oom-killer\n<4>[ 1] Call Trace:\n<4>[ 1] Out of memory\n";
        let booted = booted + memory;
        assert!(check(&booted).is_ok());
        assert!(check(&(booted + "<4>[ 1.3] what nobody knows\n")).is_err());
    }

    #[test]
    fn the_excerpt_shows_the_complaint() {
        let console = "a\nb\nc\nKernel panic - not syncing\n".to_owned() + &"z\n".repeat(50);
        assert!(excerpt(&console).contains("Kernel panic"));
        assert_eq!(excerpt("one\ntwo\n"), "  | one\n  | two\n");
    }
}
