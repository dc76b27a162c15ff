// SPDX-License-Identifier: GPL-2.0-only

//! Memory from slab caches.
//!
//! C header: [`include/linux/slab.h`](srctree/include/linux/slab.h)

use super::shim;

use core::{alloc::Layout, ptr::NonNull};
use kernel::alloc::{
    allocator::Kmalloc,
    flags::GFP_KERNEL_ACCOUNT,
    AllocError,
    Allocator,
    Box,
    Flags,
    NumaNode, //
};

/// Allocates as [`Kmalloc`] does, but charges new memory to the current task in fewer steps.
pub(crate) struct Slab;

/// A box of memory from a slab cache.
pub(crate) type SlabBox<T> = Box<T, Slab>;

// SAFETY: New memory is that of `kmalloc()`, which is aligned as `Kmalloc` relies on. Everything
// else is left to `Kmalloc`, whose memory is that of `kmalloc()` as well.
unsafe impl Allocator for Slab {
    const MIN_ALIGN: usize = Kmalloc::MIN_ALIGN;

    #[inline]
    unsafe fn realloc(
        old: Option<NonNull<u8>>,
        layout: Layout,
        old_layout: Layout,
        flags: Flags,
        nid: NumaNode,
    ) -> Result<NonNull<[u8]>, AllocError> {
        let layout = Kmalloc::aligned_layout(layout);
        let is_new = (old.is_none() || old_layout.size() == 0) && layout.size() != 0;

        if !is_new || flags != GFP_KERNEL_ACCOUNT || nid != NumaNode::NO_NODE {
            // SAFETY: By the safety contract.
            return unsafe { Kmalloc::realloc(old, layout, old_layout, flags, nid) };
        }
        // SAFETY: Allocates memory.
        let new = unsafe { shim::landlock_rs_kmalloc(layout.size()) };
        let new = NonNull::new(new.cast()).ok_or(AllocError)?;

        Ok(NonNull::slice_from_raw_parts(new, layout.size()))
    }
}
