// SPDX-License-Identifier: GPL-2.0-only

//! Stub of `kapi/slab.rs`.

/// Memory, of which the model does not know where it comes from.
pub type SlabBox<T> = kernel::alloc::KBox<T>;
