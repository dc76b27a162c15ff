// SPDX-License-Identifier: GPL-2.0-only

//! Which types lie in blobs: one each.

pub(crate) unsafe trait InodeBlob {}

pub(crate) unsafe trait SuperblockBlob {}
