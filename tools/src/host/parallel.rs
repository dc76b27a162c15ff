// SPDX-License-Identifier: GPL-2.0-only

//! Work on all processors.

use std::sync::Mutex;
use std::thread;

use anyhow::{Result, anyhow};

/// Carries out `job` on each of `items`, on all processors; returns the first error.
pub fn in_parallel<T: Sync>(items: &[T], job: impl Fn(&T) -> Result<()> + Sync) -> Result<()> {
    let queue = Mutex::new(items.iter());
    let next = || queue.lock().ok().and_then(|mut queue| queue.next());
    let work = || -> Result<()> {
        while let Some(item) = next() {
            job(item)?;
        }
        Ok(())
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut results = workers.into_iter().map(|worker| worker.join());
        results.try_for_each(|result| result.map_err(|_| anyhow!("a worker died"))?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn every_item_is_worked_on() {
        let sum = AtomicU32::new(0);
        in_parallel(&[1, 2, 3, 4, 5], |item| {
            sum.fetch_add(*item, Ordering::Relaxed);
            Ok(())
        })
        .unwrap();
        assert_eq!(sum.load(Ordering::Relaxed), 15);
        assert!(in_parallel(&[1], |_| Err(anyhow!("no"))).is_err());
    }
}
