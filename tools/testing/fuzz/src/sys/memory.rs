// SPDX-License-Identifier: GPL-2.0-only

//! Memory that is mapped for one system call: below 4 GiB, followed by a page that nobody may
//! touch, or shared with a ring.

use std::os::fd::RawFd;
use std::ptr::NonNull;

/// Size of a page.
pub const PAGE: usize = 4096;

/// A mapping of this process, which ends when it is dropped.
///
/// # Invariants
///
/// `start` is the start of `length` mapped bytes that are mapped until the drop. The first
/// `usable` of them may be read and written.
pub struct Memory {
    start: NonNull<u8>,
    length: usize,
    usable: usize,
}

impl Memory {
    /// Maps at least `size` bytes at addresses that have 32 bits, none of them shared.
    pub fn low(size: usize) -> Result<Self, i32> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_32BIT;
        let length = size.max(1).next_multiple_of(PAGE);
        let mut memory = Self::map(length + PAGE, flags, -1, 0)?;
        memory.usable = length;
        // SAFETY: By the type invariants, the last page of the mapping is ours, and `usable` leaves
        // it out: nothing refers to it.
        unsafe {
            let end = memory.start.add(length).as_ptr().cast();
            libc::mprotect(end, PAGE, libc::PROT_NONE);
        }
        Ok(memory)
    }

    /// Maps a part of a ring. `ring` must be a ring: only these never get smaller.
    pub fn of_ring(ring: RawFd, size: usize, offset: i64) -> Result<Self, i32> {
        Self::map(size, libc::MAP_SHARED | libc::MAP_POPULATE, ring, offset)
    }

    fn map(length: usize, flags: i32, file: RawFd, offset: i64) -> Result<Self, i32> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let nowhere = std::ptr::null_mut();
        // SAFETY: Without an address, the kernel chooses one where nothing is mapped.
        let start = unsafe { libc::mmap(nowhere, length, access, flags, file, offset) };
        if start == libc::MAP_FAILED {
            return Err(-super::last_error());
        }
        let start = NonNull::new(start.cast()).ok_or(-libc::ENOMEM)?;
        // INVARIANT: mmap() mapped `length` bytes, for reading and writing.
        Ok(Self {
            start,
            length,
            usable: length,
        })
    }

    /// Returns the address of the byte at `offset`, for the kernel.
    pub fn address(&self, offset: usize) -> i64 {
        self.start.as_ptr() as i64 + offset as i64
    }

    /// Returns the number of bytes that may be used.
    pub fn size(&self) -> usize {
        self.usable
    }

    /// Returns a pointer to the `size` bytes at `offset`, if there are as many.
    pub fn at(&self, offset: usize, size: usize) -> Option<NonNull<u8>> {
        let end = offset.checked_add(size)?;
        // SAFETY: The type invariants: `offset` is within the mapping, as `end` is.
        (end <= self.usable).then(|| unsafe { self.start.add(offset) })
    }

    /// Copies `bytes` to `offset`; those that do not fit are left out.
    pub fn write(&mut self, offset: usize, bytes: &[u8]) {
        if let Some(to) = self.at(offset, bytes.len()) {
            // SAFETY: `at` returned as many bytes, which by the type invariants may be written;
            // `bytes` is other memory, as nobody gets a reference to a mapping.
            unsafe { to.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len()) };
        }
    }

    /// Copies what is at `offset` to `bytes`.
    pub fn read(&self, offset: usize, bytes: &mut [u8]) {
        if let Some(from) = self.at(offset, bytes.len()) {
            // SAFETY: As in `write`, the other way.
            unsafe {
                NonNull::from(&mut *bytes)
                    .cast()
                    .copy_from_nonoverlapping(from, bytes.len())
            };
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: By the type invariants these bytes were mapped, and nothing refers to them any
        // more: pointers from `at` do not outlive the methods that ask for them.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_memory_has_addresses_of_32_bits() {
        let mut memory = Memory::low(5000).unwrap();
        assert!(memory.address(memory.size()) < 1 << 32);
        memory.write(4000, b"text");
        let mut bytes = [0; 4];
        memory.read(4000, &mut bytes);
        assert_eq!(&bytes, b"text");
        assert!(memory.at(2 * PAGE, 1).is_none());
    }
}
