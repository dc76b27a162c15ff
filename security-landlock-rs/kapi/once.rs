// SPDX-License-Identifier: GPL-2.0-only

//! `READ_ONCE()`: single loads of what may be stored to concurrently.
//!
//! C header: [`include/asm-generic/rwonce.h`](srctree/include/asm-generic/rwonce.h)

/// A type whose values one instruction loads.
pub(super) trait Single: Copy {}

impl Single for u16 {}
impl Single for u32 {}
impl Single for usize {}
impl Single for i32 {}
impl Single for i64 {}
impl<T> Single for *mut T {}
impl<T> Single for *const T {}

/// Loads a value once, as `READ_ONCE()` does.
///
/// In the memory model of the kernel this is a relaxed load. It orders nothing but what depends on
/// the address that it returns. `kernel::sync::atomic::atomic_load()` does the same by calling a C
/// function, which costs too much in each step of a path walk.
///
/// # Safety
///
/// - `ptr` must be valid for reads, and aligned.
/// - Stores to it that may happen at the same time must be single stores, too, be it as
///   `WRITE_ONCE()`, by atomic operations, or as the plain stores to aligned words that C code of
///   the kernel takes for such.
#[inline(always)]
pub(super) unsafe fn read_once<T: Single>(ptr: *const T) -> T {
    // SAFETY: By the safety contract. A volatile load of what fits into a register is one
    // instruction: the compiler neither tears it, nor repeats it, nor makes it up.
    unsafe { ptr.read_volatile() }
}

/// Loads a member of the structure that a [wrapper](super::wrapper::Wrapper) wraps, once.
///
/// If it is a pointer, what it points to may be freed already, unless something else keeps it.
macro_rules! load {
    ($wrapper:expr, $($member:ident).+) => {{
        let structure = $crate::kapi::wrapper::raw($wrapper);

        // SAFETY: The wrapper proves that the structure is valid; its members are aligned. C code
        // of the kernel writes a member of this size with a single store.
        unsafe { $crate::kapi::once::read_once(&raw const (*structure).$($member).+) }
    }};
}
pub(super) use load;
