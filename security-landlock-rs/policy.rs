// SPDX-License-Identifier: GPL-2.0-only

//! Rank 0: what is allowed. Values in, verdict out.
//!
//! No lock, no pointer and no allocation: besides `core` this only names `impl_flags!`, `Bounded`
//! and `kunit_tests` of the `kernel` crate, so that it also compiles, and is tested, on the host
//! (`tools/testing/policy`).
#![forbid(unsafe_code)]

pub(crate) mod abi;
pub(crate) mod access;
pub(crate) mod address;
pub(crate) mod attr;
pub(crate) mod blame;
pub(crate) mod denial;
pub(crate) mod errata;
pub(crate) mod grants;
pub(crate) mod ioctl;
pub(crate) mod layer;
pub(crate) mod mode;
pub(crate) mod numbering;
pub(crate) mod open;
pub(crate) mod optional;
pub(crate) mod quiet;
pub(crate) mod refer;
pub(crate) mod request;
pub(crate) mod rule;
pub(crate) mod scope;
pub(crate) mod summary;
pub(crate) mod tsync;
pub(crate) mod unfulfilled;
