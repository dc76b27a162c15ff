// SPDX-License-Identifier: GPL-2.0-only

//! Tests of the pure policy of landlock-rs, on the host.
//!
//! [`policy`] is the very code that goes into the kernel; the crate `kernel` next to this one has
//! the little that it names of the kernel. Its KUnit tests run here too. The tests in `tests` ask
//! for more: they compare each part with a model that is too plain to be wrong, over every input
//! where there are few of them, and over random ones where there are many.
//!
//! There is one file for each module of the policy, one for what the modules do together (`walk`),
//! and one with what the tests share (`support`). Models are made from the documentation of the
//! user-space API; they never call what they judge.
#![forbid(unsafe_code)]

/// The folder of the module's sources, of which this names one.
#[cfg_attr(not(test), allow(dead_code, unused_imports))]
#[path = "../../../../security-landlock-rs"]
mod landlock {
    pub(crate) mod policy;
}

#[allow(unused_imports)]
use landlock::policy;

#[cfg(test)]
mod tests;
