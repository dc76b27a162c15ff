// SPDX-License-Identifier: GPL-2.0-only

//! Makes lines of the logs comparable: numbers that the kernel chooses become names, in the order
//! in which they appear.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::race::hide_winner;

/// What a number stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// A domain.
    Domain,
    /// A ruleset.
    Ruleset,
    /// A process.
    Process,
    /// A process, by its number in a namespace.
    LocalProcess,
    /// An inode.
    Inode,
    /// A device that holds a file system.
    Device,
    /// A port that the kernel chose.
    Port,
}

/// Ports that the kernel chooses; programs name none of them.
const CHOSEN_PORTS: RangeInclusive<u32> = 32768..=60999;

impl Class {
    /// Returns the class of the field `name`, if it is to be replaced.
    fn of(name: &str) -> Option<Self> {
        match name {
            "domain" | "parent" | "tracee_domain" | "target_domain" | "peer_domain" => {
                Some(Self::Domain)
            }
            "ruleset" => Some(Self::Ruleset),
            "pid" | "opid" | "tracee_pid" | "target_pid" | "peer_pid" => Some(Self::Process),
            "ino" => Some(Self::Inode),
            "dev" => Some(Self::Device),
            "lport" | "fport" | "src" | "dest" | "port" => Some(Self::Port),
            _ => None,
        }
    }

    fn letter(self) -> char {
        match self {
            Self::Domain => 'D',
            Self::Ruleset => 'R',
            Self::Process => 'P',
            Self::LocalProcess => 'L',
            Self::Inode => 'I',
            Self::Device => 'V',
            Self::Port => 'T',
        }
    }
}

/// The names that were given so far.
#[derive(Debug, Default)]
pub struct Names {
    names: BTreeMap<(Class, String), usize>,
    counts: BTreeMap<Class, usize>,
}

impl Names {
    /// Returns `line` with names for numbers.
    pub fn line(&mut self, line: &str) -> String {
        // An inode has its number on a device only.
        let device = field(line, "dev").unwrap_or_default();
        let words: Vec<String> = line
            .split(' ')
            .map(|word| self.word(word, device))
            .collect();
        hide_winner(&words.join(" "))
    }

    fn word(&mut self, word: &str, device: &str) -> String {
        let Some((field, value)) = word.split_once('=') else {
            return word.to_owned();
        };
        let Some(class) = Class::of(field) else {
            return self.path(word);
        };
        // A device by its name, what is 0, and a port that the program chose mean the same
        // everywhere. The second part of a ruleset's number is its version, which counts from 0.
        let is_chosen = value.parse().is_ok_and(|port| CHOSEN_PORTS.contains(&port));
        let is_stable = value.starts_with('"') || value == "0";
        if is_stable || class == Class::Port && !is_chosen {
            return word.to_owned();
        }
        let (number, rest) = match (class, value.split_once('.')) {
            (Class::Ruleset, Some((number, version))) => (number.to_owned(), format!(".{version}")),
            (Class::Inode, _) => (format!("{device} {value}"), String::new()),
            _ => (value.to_owned(), String::new()),
        };
        let name = self.name(class, number);
        format!("{field}={}{name}{rest}", class.letter())
    }

    /// Returns `word` with names for the processes of paths in procfs: workers of io_uring, of which
    /// chance decides how many there are, have numbers in the same namespace.
    fn path<'a>(&mut self, word: &'a str) -> String {
        let mut before = "";
        let mut part = |part: &'a str| {
            // In audit records, a quotation mark ends a path.
            let number = part.trim_end_matches('"');
            let is_process = ["proc", "task"].contains(&before) && is_number(number);
            before = part;
            if !is_process {
                return part.to_owned();
            }
            let (name, rest) = (
                self.name(Class::LocalProcess, number.to_owned()),
                &part[number.len()..],
            );
            format!("{}{name}{rest}", Class::LocalProcess.letter())
        };
        let parts: Vec<String> = word.split('/').map(&mut part).collect();
        parts.join("/")
    }

    fn name(&mut self, class: Class, number: String) -> usize {
        let count = self.counts.entry(class).or_default();
        *self.names.entry((class, number)).or_insert_with(|| {
            *count += 1;
            *count
        })
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the value of the field `name` in `line`.
pub fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let mut words = line.split(' ').filter_map(|word| word.split_once('='));
    words
        .find(|(field, _)| *field == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_names_in_their_order() {
        let mut names = Names::default();
        let line = "landlock_create_domain: domain=1f2 parent=0 ruleset=a1.3";
        assert_eq!(
            names.line(line),
            "landlock_create_domain: domain=D1 parent=0 ruleset=R1.3"
        );
        let line = "x: domain=1f3 parent=1f2 dev=0:21 ino=7 path=/w/a pid=7 dev=\"tmpfs\"";
        assert_eq!(
            names.line(line),
            "x: domain=D2 parent=D1 dev=V1 ino=I1 path=/w/a pid=P1 dev=\"tmpfs\""
        );
        assert_eq!(
            names.line("x: lport=40000 src=1000"),
            "x: lport=T1 src=1000"
        );
        assert_eq!(names.line("x: dev=0:22 ino=7"), "x: dev=V2 ino=I2");
        assert_eq!(
            names.line("x: path=/proc/18/task/19/fd name=\"/proc/18\" path=/proc/self/18"),
            "x: path=/proc/L1/task/L2/fd name=\"/proc/L1\" path=/proc/self/18"
        );
        assert_eq!(field(line, "parent"), Some("1f2"));
        assert_eq!(field(line, "none"), None);
    }
}
