// SPDX-License-Identifier: GPL-2.0-only

//! What the guest's plan printed, by section.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

/// Starts the lines by which the guest marks its sections.
const MARK: &str = "##landlock-rs ";

/// A mark of the guest.
#[derive(Debug, PartialEq, Eq)]
pub enum Mark<'a> {
    /// A section starts.
    Begin(&'a str),
    /// A section ended with an exit status.
    End(&'a str, i32),
    /// The plan is carried out.
    Done,
}

impl<'a> Mark<'a> {
    /// Reads a mark, or returns nothing for any other line.
    pub fn parse(line: &'a str) -> Option<Self> {
        let mut words = line.strip_prefix(MARK)?.split(' ');
        match (words.next()?, words.next(), words.next()) {
            ("begin", Some(name), None) => Some(Self::Begin(name)),
            ("end", Some(name), Some(status)) => Some(Self::End(name, status.parse().ok()?)),
            ("done", None, None) => Some(Self::Done),
            _ => None,
        }
    }
}

/// Output of one section.
#[derive(Debug, Default)]
pub struct Output {
    /// Its lines.
    pub lines: Vec<String>,
    /// Its exit status, if it ended.
    pub status: Option<i32>,
}

impl Output {
    /// Returns the lines as one text.
    pub fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

/// All sections of a run.
#[derive(Debug, Default)]
pub struct Transcript {
    sections: BTreeMap<String, Output>,
    open: Option<String>,
    done: bool,
}

impl Transcript {
    /// Takes in the next line.
    pub fn push(&mut self, line: &str) {
        match Mark::parse(line) {
            Some(Mark::Begin(name)) => self.open = Some(name.to_owned()),
            Some(Mark::End(name, status)) => {
                self.sections.entry(name.to_owned()).or_default().status = Some(status);
                self.open = None;
            }
            Some(Mark::Done) => self.done = true,
            None => self.push_output(line),
        }
    }

    /// Adds a line to the open section. Empty lines come from the marks.
    fn push_output(&mut self, line: &str) {
        if let (Some(name), false) = (&self.open, line.is_empty()) {
            let output = self.sections.entry(name.clone()).or_default();
            output.lines.push(line.to_owned());
        }
    }

    /// Fails unless the guest came to the end of its plan.
    pub fn check_done(&self) -> Result<()> {
        let place = self.open.as_deref().unwrap_or("boot");
        ensure!(self.done, "the guest ended early (during {place})");
        Ok(())
    }

    /// Returns the output of the section `name`, if it was reached.
    pub fn section(&self, name: &str) -> Option<&Output> {
        self.sections.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_their_status() {
        let mut transcript = Transcript::default();
        let lines = "noise\n##landlock-rs begin demo\nhello\n\nworld\n\n\
                     ##landlock-rs end demo 3\n##landlock-rs done\n";
        lines.lines().for_each(|line| transcript.push(line));
        let demo = transcript.section("demo").unwrap();
        assert_eq!(
            (demo.text().as_str(), demo.status),
            ("hello\nworld\n", Some(3))
        );
        assert!(transcript.check_done().is_ok());
    }

    #[test]
    fn an_early_end_names_the_section() {
        let mut transcript = Transcript::default();
        transcript.push("##landlock-rs begin fs_test");
        let error = transcript.check_done().unwrap_err().to_string();
        assert_eq!(error, "the guest ended early (during fs_test)");
        assert!(transcript.section("demo").is_none());
    }
}
