// SPDX-License-Identifier: GPL-2.0-only

//! What a domain shares with its ancestors.

use kernel::{alloc::flags::GFP_KERNEL_ACCOUNT, prelude::*, sync::Arc};

/// A value that outlives its domain, together with those of all older layers.
pub(crate) struct Chain<T: Unpin> {
    /// Dropped before older ones: a domain is freed before its ancestors.
    value: T,
    parent: Parent<T>,
    /// Number of links, this one included.
    len: usize,
}

impl<T: Unpin> Chain<T> {
    /// Adds a link. Fails with `ENOMEM`.
    pub(crate) fn new(value: T, parent: Option<Arc<Self>>) -> Result<Arc<Self>> {
        let len = parent.as_ref().map_or(0, |parent| parent.len);

        Ok(Arc::new(
            Self {
                value,
                parent: Parent(parent),
                len: len.saturating_add(1),
            },
            GFP_KERNEL_ACCOUNT,
        )?)
    }

    /// Returns the value of this link.
    pub(crate) fn value(&self) -> &T {
        &self.value
    }

    /// Returns the value of the link that is `older` links before this one, if there is one.
    pub(crate) fn older(&self, older: usize) -> Option<&T> {
        let links = core::iter::successors(Some(self), |link| link.parent.get());

        links.map(|link| &link.value).nth(older)
    }

    /// Returns whether `other` is this link or comes after it.
    pub(crate) fn is_in(&self, other: &Self) -> bool {
        self.common(other) == self.len
    }

    /// Returns how many links, the oldest ones, the two chains have in common.
    pub(crate) fn common(&self, other: &Self) -> usize {
        let (mut left, mut right) = (Some(self), Some(other));

        while let (Some(one), Some(two)) = (left, right) {
            if core::ptr::eq(one, two) {
                return one.len;
            }
            if one.len >= two.len {
                left = one.parent.get();
            }
            if two.len >= one.len {
                right = two.parent.get();
            }
        }
        0
    }
}

/// The link before, if there is one.
struct Parent<T: Unpin>(Option<Arc<Chain<T>>>);

impl<T: Unpin> Parent<T> {
    fn get(&self) -> Option<&Chain<T>> {
        self.0.as_deref()
    }
}

impl<T: Unpin> Drop for Parent<T> {
    /// Drops link after link: the stack does not grow with the number of layers.
    fn drop(&mut self) {
        let mut parent = self.0.take();

        while let Some(mut last) = parent.and_then(Arc::into_unique_or_drop) {
            parent = last.parent.0.take();
        }
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kunit_tests(landlock_chain)]
mod tests {
    use super::*;

    /// Adds `count` links to `chain`.
    fn extend(chain: Option<Arc<Chain<()>>>, count: usize) -> Result<Option<Arc<Chain<()>>>> {
        (0..count).try_fold(chain, |chain, _| Chain::new((), chain).map(Some))
    }

    fn common(one: &Option<Arc<Chain<()>>>, two: &Option<Arc<Chain<()>>>) -> usize {
        match (one, two) {
            (Some(one), Some(two)) => one.common(two),
            _ => 0,
        }
    }

    #[test]
    fn chains_have_in_common_what_they_were_made_from() -> Result {
        for shared in 0..4 {
            let shared_chain = extend(None, shared)?;

            for more in 0..4 {
                for other in 0..4 {
                    let one = extend(shared_chain.clone(), more)?;
                    let two = extend(shared_chain.clone(), other)?;

                    assert_eq!(common(&one, &two), shared);
                    assert_eq!(common(&two, &one), shared);
                }
            }
        }
        Ok(())
    }

    #[test]
    fn chain_is_in_itself_and_in_longer_ones() -> Result {
        let one = Chain::new((), None)?;
        let two = Chain::new((), Some(one.clone()))?;
        let other = Chain::new((), Some(one.clone()))?;

        assert!(one.is_in(&one));
        assert!(one.is_in(&two));
        assert!(!two.is_in(&one));
        assert!(!two.is_in(&other));
        Ok(())
    }

    #[test]
    fn older_links_are_counted_from_the_youngest() -> Result {
        let oldest = Chain::new(10, None)?;
        let middle = Chain::new(20, Some(oldest))?;
        let youngest = Chain::new(30, Some(middle))?;

        assert_eq!(youngest.older(0), Some(&30));
        assert_eq!(youngest.older(1), Some(&20));
        assert_eq!(youngest.older(2), Some(&10));
        assert_eq!(youngest.older(3), None);
        Ok(())
    }
}
