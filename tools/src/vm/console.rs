// SPDX-License-Identifier: GPL-2.0-only

//! What the kernel says on its console.

use anyhow::{Result, bail};

/// What a kernel writes when something is wrong with it.
const COMPLAINTS: [&str; 11] = [
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
];

/// How much of the console a person gets to see.
const EXCERPT_LINES: usize = 20;

/// Fails when the kernel complained.
pub fn check(console: &str) -> Result<()> {
    if let Some(index) = complaint(console) {
        let line = console.lines().nth(index).unwrap_or_default();
        bail!("the kernel complained: {}", line.trim());
    }
    Ok(())
}

/// Returns the number of the first line with a complaint.
fn complaint(console: &str) -> Option<usize> {
    let is_complaint = |line: &str| COMPLAINTS.iter().any(|sign| line.contains(sign));
    // Audit records quote what programs do, which can look like anything.
    let mut lines = console.lines();
    lines.position(|line| is_complaint(line) && !line.contains("audit:"))
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
    fn the_excerpt_shows_the_complaint() {
        let console = "a\nb\nc\nKernel panic - not syncing\n".to_owned() + &"z\n".repeat(50);
        assert!(excerpt(&console).contains("Kernel panic"));
        assert_eq!(excerpt("one\ntwo\n"), "  | one\n  | two\n");
    }
}
