// SPDX-License-Identifier: GPL-2.0-only

//! Bindings to `shim/landlock_rs.h`, made by bindgen when the module is built.
//!
//! They share the types of `kernel::bindings`. Only `kapi` and `ffi` may name them.

#![allow(
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    dead_code,
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    non_upper_case_globals,
    unreachable_pub,
    unsafe_op_in_unsafe_fn
)]

include!(concat!(env!("LANDLOCK_RS_OBJ"), "/bindings_generated.rs"));

/// Returns the size of the member that `_member` leads to.
pub(crate) const fn size_of_member<W, M>(_member: fn(&W) -> &M) -> usize {
    size_of::<M>()
}

/// Checks at build time that a type has the members of a structure in C, all of them and no other,
/// each with the same name, size and place.
macro_rules! assert_layout {
    ($ours:ident, $of_c:ident, [$($member:ident),+ $(,)?]) => {
        const _: () = {
            use $crate::kapi::shim::{self, $of_c};

            let _ = |$ours { $($member: _),+ }: &$ours, $of_c { $($member: _),+ }: &$of_c| ();
            assert!(size_of::<$ours>() == size_of::<$of_c>());
            assert!(align_of::<$ours>() == align_of::<$of_c>());
            $(
                assert!(
                    ::core::mem::offset_of!($ours, $member)
                        == ::core::mem::offset_of!($of_c, $member)
                );
                assert!(
                    shim::size_of_member(|whole: &$ours| &whole.$member)
                        == shim::size_of_member(|whole: &$of_c| &whole.$member)
                );
            )+
        };
    };
}
pub(crate) use assert_layout;
