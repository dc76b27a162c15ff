// SPDX-License-Identifier: GPL-2.0-only

//! Which cache lines each processor writes in each call, and which of them several write.

use std::collections::HashMap;

use serde::Serialize;

/// Bytes of a cache line, as a shift.
const LINE: u32 = 6;

/// Where the kernel's addresses begin.
const KERNEL: u64 = 1 << 63;

/// What one processor wrote.
#[derive(Default)]
pub struct Processor {
    /// How many calls it began.
    calls: u32,
    /// Whether it is in one.
    is_inside: bool,
    /// For each line: in how many calls it was written, and which was the last.
    lines: HashMap<u64, (u32, u32)>,
}

impl Processor {
    /// Begins a call.
    pub fn begin(&mut self) {
        self.calls += 1;
        self.is_inside = true;
    }

    /// Ends a call.
    pub fn end(&mut self) {
        self.is_inside = false;
    }

    /// Notes that `address` was written. Only what the kernel writes in a call counts.
    pub fn write(&mut self, address: u64) {
        if !self.is_inside || address < KERNEL {
            return;
        }
        let (count, last) = self.lines.entry(address >> LINE).or_default();
        if *last != self.calls {
            (*count, *last) = (*count + 1, self.calls);
        }
    }

    /// Returns whether `line` was written in most calls. What an interrupt wrote was not.
    fn is_usual(&self, line: u64) -> bool {
        let count = self.lines.get(&line).map_or(0, |(count, _)| *count);
        count > self.calls / 2
    }
}

/// What a measurement found.
#[derive(Debug, PartialEq, Serialize)]
pub struct Report {
    /// How many calls each processor made that made any.
    pub calls: Vec<u32>,
    /// Addresses of the lines that all of these write in most calls.
    pub shared: Vec<String>,
}

impl Report {
    /// Sums up `processors`, and forgets what they wrote.
    pub fn take(processors: &mut [Processor]) -> Self {
        let mut measured: Vec<Processor> = processors.iter_mut().map(std::mem::take).collect();
        measured.retain(|processor| processor.calls > 0);
        let is_shared = |line: &u64| measured.iter().all(|one| one.is_usual(*line));
        let lines = measured.first().map(|one| one.lines.keys().copied());
        let mut shared: Vec<u64> = lines.into_iter().flatten().filter(is_shared).collect();
        shared.sort_unstable();
        Self {
            calls: measured.iter().map(|processor| processor.calls).collect(),
            shared: shared
                .iter()
                .map(|line| format!("{:x}", line << LINE))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets a processor make four calls; `writes` says what it writes in each.
    fn processor(writes: fn(u32) -> Vec<u64>) -> Processor {
        let mut processor = Processor::default();
        for call in 0..4 {
            processor.write(KERNEL + 0x1000);
            processor.begin();
            for address in writes(call) {
                processor.write(address);
            }
            processor.end();
        }
        processor
    }

    #[test]
    fn lines_that_both_write_in_most_calls() {
        let one = processor(|_| vec![KERNEL, KERNEL + 8, KERNEL + 0x40, 0x80]);
        let other = processor(|_| vec![KERNEL + 0x20, KERNEL + 0x80, 0x80]);
        let report = Report::take(&mut [one, other, Processor::default()]);
        assert_eq!(report.calls, [4, 4]);
        assert_eq!(report.shared, ["8000000000000000"]);
    }

    #[test]
    fn what_interrupts_write_does_not_count() {
        let seldom = |call| match call {
            0 => vec![KERNEL, KERNEL],
            _ => Vec::new(),
        };
        let report = Report::take(&mut [processor(seldom), processor(|_| vec![KERNEL])]);
        assert!(report.shared.is_empty());
    }

    #[test]
    fn a_report_begins_anew() {
        let mut processors = [processor(|_| vec![KERNEL]), processor(|_| vec![KERNEL])];
        assert_eq!(Report::take(&mut processors).shared.len(), 1);
        assert_eq!(Report::take(&mut processors).calls, [0; 0]);
    }
}
