// SPDX-License-Identifier: GPL-2.0-only

//! Structures with addresses in them, for the entry that calls use now.

use super::memory::Memory;
use super::{ENTRY, Entry};

/// Alignment of each part.
const ALIGNMENT: usize = 16;

/// Most bytes in all parts together.
const ROOM: usize = 16384;

/// Parts of memory below 4 GiB, some of which have addresses of earlier ones in them.
pub struct Linked {
    memory: Memory,
    used: usize,
}

impl Linked {
    /// Has no part yet.
    pub fn new() -> Result<Self, i32> {
        let memory = Memory::low(ROOM)?;
        Ok(Self { memory, used: 0 })
    }

    /// Adds a part and returns its start. What is beyond the room is left out.
    pub fn add(&mut self, bytes: &[u8]) -> usize {
        let start = self.used;
        self.memory.write(start, bytes);
        self.used += bytes.len().next_multiple_of(ALIGNMENT);
        start
    }

    /// Returns the address of the part that starts there.
    pub fn address(&self, start: usize) -> i64 {
        self.memory.address(start)
    }
}

/// Returns `values` as addresses and long numbers lie in structures: the 32-bit table takes half of
/// each.
pub fn words(values: &[i64]) -> Vec<u8> {
    let size = match ENTRY.get() {
        Entry::Compat => 4,
        Entry::Native | Entry::Ring { .. } => 8,
    };
    let low_half = |value: &i64| value.to_le_bytes().into_iter().take(size);
    values.iter().flat_map(low_half).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_decides_about_words() {
        assert_eq!(words(&[1, -1])[..9], [1, 0, 0, 0, 0, 0, 0, 0, 255]);
        ENTRY.set(Entry::Compat);
        assert_eq!(words(&[1, -1]), [1, 0, 0, 0, 255, 255, 255, 255]);
        ENTRY.set(Entry::Native);
    }

    #[test]
    fn parts_do_not_overlap() {
        let mut linked = Linked::new().unwrap();
        assert_eq!(linked.add(b"seventeen bytes, "), 0);
        assert_eq!(linked.add(b"x"), 32);
    }
}
