// SPDX-License-Identifier: GPL-2.0-only

//! What the tool says: one line per step, with a moving bar on a terminal and a line now and then
//! in a log.

use std::fmt::Display;
use std::io::{IsTerminal, stderr, stdout};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a step reports on itself when the output is no terminal.
const QUIET_INTERVAL: Duration = Duration::from_secs(30);

/// Columns beside the name of a step, on a terminal with 80.
const TEXT_WIDTH: usize = 68;

/// A step that takes more than a moment.
pub struct Step {
    name: &'static str,
    what: String,
    bar: ProgressBar,
    started: Instant,
    reported: Instant,
}

impl Step {
    /// Starts the step `name`, of a length that is not known.
    pub fn new(name: &'static str, what: impl Display) -> Self {
        let bar = ProgressBar::new_spinner();
        bar.set_style(style("{prefix:>9}  {msg} {spinner} {elapsed}"));
        Self::with_bar(name, what.to_string(), bar)
    }

    /// Starts the step `name`, which has about `total` parts.
    pub fn counted(name: &'static str, what: impl Display, total: usize) -> Self {
        let bar = ProgressBar::new(total as u64);
        let template = "{prefix:>9}  {msg} {wide_bar} {pos}/{len}, {eta} left";
        bar.set_style(style(template).progress_chars("=> "));
        Self::with_bar(name, what.to_string(), bar)
    }

    fn with_bar(name: &'static str, what: String, bar: ProgressBar) -> Self {
        bar.set_prefix(name);
        bar.set_message(what.clone());
        if stderr().is_terminal() {
            bar.enable_steady_tick(Duration::from_millis(200));
        } else {
            say(name, format!("{what} ..."));
        }
        let now = Instant::now();
        Self {
            name,
            what,
            bar,
            started: now,
            reported: now,
        }
    }

    /// Notes that one part is done.
    pub fn advance(&mut self) {
        let done = self.bar.position() + 1;
        if self.bar.length().is_some_and(|total| done > total) {
            self.bar.set_length(done);
        }
        self.bar.set_position(done);
        self.tick();
    }

    /// Shows `what` as the present activity.
    pub fn set_what(&mut self, what: impl Display) {
        self.what = what.to_string();
        self.bar.set_message(self.what.clone());
    }

    /// Reports now and then when there is no terminal to draw on.
    pub fn tick(&mut self) {
        if stderr().is_terminal() || self.reported.elapsed() < QUIET_INTERVAL {
            return;
        }
        self.reported = Instant::now();
        let count = match self.bar.length() {
            Some(total) => format!(" {}/{total}", self.bar.position()),
            None => String::new(),
        };
        let line = format!("{}{count}, {}", self.what, span(self.started.elapsed()));
        say(self.name, line);
    }

    /// Ends the step with `result` and the time that it took.
    pub fn finish(self, result: impl Display) {
        self.bar.finish_and_clear();
        let elapsed = self.started.elapsed();
        if elapsed < Duration::from_secs(2) {
            say(self.name, result);
        } else {
            say(self.name, format!("{result} ({})", span(elapsed)));
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Makes the style of a bar. The templates are constants of this file.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Prints `text` about the step `name`, on as many lines as it takes.
pub fn say(name: &str, text: impl Display) {
    let mut name = name;
    for line in wrap(&text.to_string()) {
        println!("{name:>9}  {line}");
        name = "";
    }
}

/// Breaks `text` between words into lines that fit beside the name of a step.
pub fn wrap(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else {
            break;
        };
        if line.is_empty() {
            line.push_str(word);
        } else if line.len() + 1 + word.len() <= TEXT_WIDTH {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Prints a remark.
pub fn note(text: impl Display) {
    say("note", text);
}

/// What has failed so far.
static FAILURES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Prints what failed, and keeps it for the end, which may be many lines away.
pub fn failed(what: impl Display) {
    println!("  failed: {what}");
    let mut failures = FAILURES.lock().unwrap_or_else(PoisonError::into_inner);
    failures.push(what.to_string());
}

/// Returns what has failed so far.
pub fn failures() -> Vec<String> {
    let failures = FAILURES.lock().unwrap_or_else(PoisonError::into_inner);
    failures.clone()
}

/// Returns whether somebody is watching.
pub fn is_terminal() -> bool {
    stdout().is_terminal()
}

/// Writes a duration for people: `8 s`, `2 min 05 s`.
pub fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 {
        format!("{seconds} s")
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

/// Lays out `rows` as a table with a head, two spaces between the columns.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.len()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.len().max(*width);
        }
    }
    let head: Vec<String> = head.iter().map(|cell| cell.to_string()).collect();
    let lines = std::iter::once(&head).chain(rows);
    lines.map(|row| table_line(row, &widths)).collect()
}

/// Lays out one line: text to the left, numbers to the right.
fn table_line(row: &[String], widths: &[usize]) -> String {
    let cells = row
        .iter()
        .zip(widths)
        .enumerate()
        .map(|(index, (cell, width))| {
            if index == 0 {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
    let line = cells.collect::<Vec<_>>().join("  ");
    format!("  {}\n", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_short() {
        assert_eq!(span(Duration::from_secs(8)), "8 s");
        assert_eq!(span(Duration::from_secs(125)), "2 min 05 s");
    }

    #[test]
    fn long_lines_are_broken_between_words() {
        assert_eq!(wrap("one two"), ["one two"]);
        let lines = wrap(&"word ".repeat(20));
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.len() <= TEXT_WIDTH));
    }

    #[test]
    fn tables_are_aligned() {
        let rows = [vec!["fs_test".to_owned(), "452".to_owned()]];
        assert_eq!(
            table(&["suite", "n"], &rows),
            "  suite      n\n  fs_test  452\n"
        );
    }
}
