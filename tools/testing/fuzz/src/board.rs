// SPDX-License-Identifier: GPL-2.0-only

//! What all processes of a program see: the result of each operation, and the process of each actor.

use std::os::fd::{AsFd, BorrowedFd, RawFd};

use anyhow::{Context, Result};
use rustix::fs::{MemfdFlags, memfd_create};

use crate::program::{Actor, MAX_ACTORS};

/// Result of an operation that was not carried out.
pub const NOT_RUN: i32 = -3000;

/// Result of an operation that did not come to an end.
pub const BLOCKED: i32 = -3001;

/// Descriptor of the board in every process of a program.
pub const BOARD: RawFd = 40;

/// Size of one number.
const WIDTH: usize = size_of::<i32>();

/// A file in memory. First comes the process and the thread of each actor, then the results.
pub struct Board<'a>(BorrowedFd<'a>);

/// Makes the file of a board for `steps` operations.
pub fn make(steps: usize) -> Result<std::os::fd::OwnedFd> {
    let file = memfd_create("board", MemfdFlags::CLOEXEC).context("cannot make a board")?;
    let mut bytes = vec![0; 2 * MAX_ACTORS * WIDTH];
    bytes.extend((0..steps).flat_map(|_| NOT_RUN.to_ne_bytes()));
    rustix::io::pwrite(&file, &bytes, 0).context("cannot fill the board")?;
    Ok(file)
}

impl<'a> Board<'a> {
    /// Uses the file of a board.
    pub fn new(file: BorrowedFd<'a>) -> Self {
        Self(file)
    }

    fn read(&self, index: usize) -> i32 {
        let mut bytes = [0; WIDTH];
        let _ = rustix::io::pread(self.0.as_fd(), &mut bytes, (index * WIDTH) as u64);
        i32::from_ne_bytes(bytes)
    }

    fn write(&self, index: usize, value: i32) {
        let _ = rustix::io::pwrite(self.0.as_fd(), &value.to_ne_bytes(), (index * WIDTH) as u64);
    }

    /// Returns the process and the thread of an actor, or zeros.
    pub fn numbers(&self, actor: Actor) -> (i32, i32) {
        let index = 2 * usize::from(actor);
        (self.read(index), self.read(index + 1))
    }

    /// Notes the process and the thread of an actor.
    pub fn set_numbers(&self, actor: Actor, (process, thread): (i32, i32)) {
        let index = 2 * usize::from(actor);
        self.write(index, process);
        self.write(index + 1, thread);
    }

    /// Returns the result of an operation.
    pub fn result(&self, step: usize) -> i32 {
        self.read(2 * MAX_ACTORS + step)
    }

    /// Notes the result of an operation.
    pub fn set_result(&self, step: usize, result: i32) {
        self.write(2 * MAX_ACTORS + step, result);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_results_do_not_overlap() {
        let file = make(3).unwrap();
        let board = Board::new(file.as_fd());
        board.set_numbers(MAX_ACTORS as Actor - 1, (7, 8));
        board.set_result(0, -13);
        assert_eq!(board.numbers(MAX_ACTORS as Actor - 1), (7, 8));
        assert_eq!(board.numbers(0), (0, 0));
        let results = [0, 1, 2].map(|step| board.result(step));
        assert_eq!(results, [-13, NOT_RUN, NOT_RUN]);
    }
}
