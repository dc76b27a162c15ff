// SPDX-License-Identifier: GPL-2.0-only

//! Shrinking: finds few operations that still show a difference.
//!
//! This is delta debugging, in rounds: all candidates of a round are tried at the same time,
//! because trying one is cheap and starting a guest is not.

use anyhow::Result;

/// Numbers of operations that are kept.
pub type Kept = Vec<usize>;

/// Most rounds. Each starts two guests.
const MOST_ROUNDS: usize = 24;

/// Returns a small part of `all` that still fails. `fails` tells for each candidate whether it does.
pub fn shrink(all: Kept, mut fails: impl FnMut(&[Kept]) -> Result<Vec<bool>>) -> Result<Kept> {
    let mut kept = all;
    let mut parts = 2;
    for _ in 0..MOST_ROUNDS {
        if kept.len() < 2 {
            break;
        }
        let candidates = candidates(&kept, parts);
        let verdicts = fails(&candidates)?;
        let failing = candidates.into_iter().zip(verdicts);
        let smallest = failing
            .filter_map(|(candidate, fails)| fails.then_some(candidate))
            .min_by_key(Vec::len);
        match smallest {
            Some(smaller) => {
                kept = smaller;
                parts = parts.min(kept.len()).max(2);
            }
            None if parts >= kept.len() => break,
            None => parts = (parts * 4).min(kept.len()),
        }
    }
    Ok(kept)
}

/// Returns what is left when `kept` is cut into `parts`: each part alone, then all but each.
fn candidates(kept: &[usize], parts: usize) -> Vec<Kept> {
    let length = kept.len().div_ceil(parts);
    let chunks: Vec<&[usize]> = kept.chunks(length).collect();
    let alone = chunks.iter().map(|chunk| chunk.to_vec());
    let without = (0..chunks.len()).map(|index| {
        let others = chunks
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index);
        others.flat_map(|(_, chunk)| chunk.to_vec()).collect()
    });
    alone
        .chain(without)
        .filter(|candidate: &Kept| candidate.len() < kept.len())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Fails like a difference that needs each of `needed`.
    fn needs(needed: &[usize]) -> impl FnMut(&[Kept]) -> Result<Vec<bool>> {
        move |candidates| {
            let fails = |kept: &Kept| needed.iter().all(|step| kept.contains(step));
            Ok(candidates.iter().map(fails).collect())
        }
    }

    #[test]
    fn two_operations_far_apart_are_found() {
        let kept = shrink((0..500).collect(), needs(&[17, 430])).unwrap();
        assert_eq!(kept, [17, 430]);
    }

    #[test]
    fn what_cannot_be_made_smaller_stays() {
        assert_eq!(shrink(vec![4], needs(&[4])).unwrap(), [4]);
        assert_eq!(shrink(vec![4, 5], needs(&[4, 5])).unwrap(), [4, 5]);
    }

    #[test]
    fn rounds_are_few() {
        let mut rounds = 0;
        let mut fails = needs(&[1, 200, 399]);
        let count = |candidates: &[Kept]| {
            rounds += 1;
            fails(candidates)
        };
        assert_eq!(shrink((0..400).collect(), count).unwrap(), [1, 200, 399]);
        assert!(rounds < MOST_ROUNDS, "{rounds}");
    }

    proptest! {
        #[test]
        fn the_difference_is_never_lost(
            length in 1..300_usize,
            needed in prop::collection::vec(0..300_usize, 1..4),
        ) {
            let needed: Vec<usize> = needed.iter().map(|step| step % length).collect();
            let kept = shrink((0..length).collect(), needs(&needed)).unwrap();
            prop_assert!(needed.iter().all(|step| kept.contains(step)));
        }
    }
}
