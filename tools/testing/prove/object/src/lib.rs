// SPDX-License-Identifier: GPL-2.0-only

//! Proofs of the protocols of objects and of shared tables, by exhaustion of their interleavings.
//!
//! The source of `security-landlock-rs/kapi/{object,release,table}.rs` is compiled as it is against
//! a stub of the `kernel` crate whose locks, atomics and RCU are loom's, and against stubs of its
//! siblings. loom then runs each scenario with every interleaving and every value that a load may
//! return in the memory model of C11. Where that is weaker than the kernel's model (no order by
//! dependency), the source does not rely on the difference.
//!
//! Each mistake of `build.rs` is refused by at least one scenario: see the tests.

include!(concat!(env!("OUT_DIR"), "/variants.rs"));

pub mod policy;

#[cfg(test)]
mod tests;
