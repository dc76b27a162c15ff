// SPDX-License-Identifier: GPL-2.0-only

//! Shrinking: finds few operations that still show a difference.
//!
//! This is delta debugging, in rounds: all candidates of a round are tried at the same time,
//! because trying one is cheap and starting a guest is not.

use anyhow::Result;

/// Numbers of operations that are kept.
pub type Kept = Vec<usize>;

/// Most rounds. Each starts the guests twice.
const MOST_ROUNDS: usize = 16;

/// In how many parts operations are cut. A round that succeeds leaves few of them.
const PARTS: usize = 16;

/// Returns a small part of `all` that still fails. `fails` says for each candidate whether it does.
pub fn shrink(all: Kept, mut fails: impl FnMut(&[Kept]) -> Result<Vec<bool>>) -> Result<Kept> {
    let mut kept = all;
    let mut length = kept.len().div_ceil(PARTS).max(1);
    for _ in 0..MOST_ROUNDS {
        if kept.len() < 2 {
            break;
        }
        let chunks: Vec<&[usize]> = kept.chunks(length).collect();
        let without: Vec<Kept> = chunks.iter().map(|chunk| remove(&kept, chunk)).collect();
        let verdicts = fails(&without)?;
        let removable = chunks.into_iter().zip(verdicts);
        let removable: Vec<&[usize]> = removable
            .filter_map(|(chunk, fails)| fails.then_some(chunk))
            .collect();
        match remove_most(&kept, &removable, &mut fails)? {
            Some(smaller) => {
                kept = smaller;
                length = length.min(kept.len().div_ceil(PARTS)).max(1);
            }
            None if length == 1 => break,
            None => length = length.div_ceil(4),
        }
    }
    Ok(kept)
}

/// Returns what fails after as many as possible of `removable` were removed at once. Each of them
/// can be removed alone.
fn remove_most(
    kept: &[usize],
    removable: &[&[usize]],
    mut fails: impl FnMut(&[Kept]) -> Result<Vec<bool>>,
) -> Result<Option<Kept>> {
    let Some(first) = removable.first() else {
        return Ok(None);
    };
    let groups = [1, 2, 4].map(|count| removable.len().div_ceil(count));
    let groups = groups.into_iter().flat_map(|size| removable.chunks(size));
    let candidates: Vec<Kept> = groups.map(|group| remove(kept, &group.concat())).collect();
    let verdicts = fails(&candidates)?;
    let failing = candidates.into_iter().zip(verdicts);
    let smallest = failing
        .filter_map(|(candidate, fails)| fails.then_some(candidate))
        .min_by_key(Vec::len);
    Ok(Some(smallest.unwrap_or_else(|| remove(kept, first))))
}

/// Returns `kept` without `removed`.
fn remove(kept: &[usize], removed: &[usize]) -> Kept {
    let stays = |step: &&usize| removed.binary_search(step).is_err();
    kept.iter().filter(stays).copied().collect()
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
    fn boots_are_few() {
        let mut boots = 0;
        let mut fails = needs(&[1, 200, 399]);
        let count = |candidates: &[Kept]| {
            boots += 1;
            fails(candidates)
        };
        assert_eq!(shrink((0..400).collect(), count).unwrap(), [1, 200, 399]);
        assert!(boots <= 10, "{boots}");
    }

    #[test]
    fn parts_that_need_each_other_are_removed_one_by_one() {
        // An operation may only go after the one that follows it.
        let fails = |candidates: &[Kept]| {
            let is_prefix =
                |kept: &Kept| kept.iter().enumerate().all(|(index, step)| index == *step);
            Ok(candidates
                .iter()
                .map(|kept| !kept.is_empty() && is_prefix(kept))
                .collect())
        };
        assert_eq!(shrink((0..5).collect(), fails).unwrap(), [0]);
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
