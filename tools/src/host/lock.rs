// SPDX-License-Identifier: GPL-2.0-only

//! The lock of the cache. A run holds it while it builds, not while its guests run.

use std::cell::Cell;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::fs::{FlockOperation, flock};

use crate::host::ui;

/// The lock of one cache.
pub struct Lock {
    path: PathBuf,
    held: Cell<Option<File>>,
}

impl Lock {
    /// Returns the lock of the cache in the folder `cache`, which is not held yet.
    pub fn new(cache: &Path) -> Self {
        Self {
            path: cache.join("lock"),
            held: Cell::new(None),
        }
    }

    /// Waits until no other run holds the lock, unless this one does. Returns whether others may
    /// have changed the cache since.
    pub fn take(&self) -> Result<bool> {
        let held = self.held.take();
        let is_new = held.is_none();
        self.held.set(Some(held.map_or_else(|| self.wait(), Ok)?));
        Ok(is_new)
    }

    /// Lets others change the cache.
    pub fn release(&self) {
        self.held.take();
    }

    /// Waits for the lock.
    fn wait(&self) -> Result<File> {
        let file = File::create(&self.path).context("cannot create the cache lock")?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            ui::note("waiting for another run that is using the cache");
            flock(&file, FlockOperation::LockExclusive).context("cannot lock the cache")?;
        }
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns whether another run could take the lock now.
    fn is_free(lock: &Lock) -> bool {
        let file = File::open(&lock.path).unwrap();
        flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok()
    }

    #[test]
    fn a_lock_that_was_released_is_taken_again() {
        let cache = tempfile::tempdir().unwrap();
        let lock = Lock::new(cache.path());
        assert!(lock.take().unwrap());
        assert!(!is_free(&lock));
        assert!(!lock.take().unwrap());
        assert!(!is_free(&lock));
        lock.release();
        assert!(is_free(&lock));
        assert!(lock.take().unwrap());
        assert!(!is_free(&lock));
    }
}
