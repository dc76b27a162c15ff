// SPDX-License-Identifier: GPL-2.0-only

//! Choices that depend on a seed only.

use rand_core::{RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// A stream of choices. Its generator is defined by a paper, so that it is the same everywhere.
pub struct Choice(Pcg64Mcg);

impl Choice {
    /// Starts the stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(Pcg64Mcg::seed_from_u64(seed))
    }

    /// Returns any number.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Returns a number below `end`, or 0 when there is none.
    pub fn below(&mut self, end: usize) -> usize {
        let end = end.max(1) as u128;
        ((u128::from(self.bits()) * end) >> 64) as usize
    }

    /// Is true `percent` times out of a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Returns one of `items`, which are at least one.
    pub fn one<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    /// Returns one of `items`, each as often as its weight says.
    pub fn weighted<T: Clone>(&mut self, items: &[(usize, T)]) -> T {
        let total = items.iter().map(|(weight, _)| weight).sum();
        let mut left = self.below(total);
        for (weight, item) in items {
            if left < *weight {
                return item.clone();
            }
            left -= weight;
        }
        items[0].1.clone()
    }

    /// Returns `all` without some of its bits: each stays `percent` times out of a hundred.
    pub fn subset(&mut self, all: u64, percent: usize) -> u64 {
        let bits = (0..u64::BITS).map(|index| 1 << index);
        bits.filter(|bit| all & bit != 0 && self.chance(percent))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_stream() {
        // These numbers must never change: seeds that were written down would lose their meaning.
        let mut choice = Choice::new(7);
        let numbers = [(); 4].map(|()| choice.below(1000));
        assert_eq!(numbers, [689, 476, 270, 930]);
        let mut other = Choice::new(8);
        assert_ne!(numbers, [(); 4].map(|()| other.below(1000)));
    }

    #[test]
    fn weights_and_subsets() {
        let mut choice = Choice::new(1);
        let mut counts = [0; 2];
        for _ in 0..1000 {
            counts[choice.weighted(&[(9, 0), (1, 1)])] += 1;
        }
        assert!(counts[0] > 800 && counts[1] > 50, "{counts:?}");
        assert_eq!(choice.subset(0xf0, 100), 0xf0);
        assert_eq!(choice.subset(0xf0, 0), 0);
    }
}
