// SPDX-License-Identifier: GPL-2.0-only

//! Bindings to `shim/landlock_rs.h`, made by bindgen when the module is built.
//!
//! They share the types of `kernel::bindings`. Only `kapi` and `ffi` may name them.

#![allow(
    clashing_extern_declarations,
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

/// Safe functions that several files use, or files of which there is a model.
pub(super) mod safe {
    use crate::kapi::{shim, wrapper::declare_safe};

    use kernel::{
        bindings,
        sync::{atomic::Atomic, Refcount},
        task::Task,
    };

    declare_safe! { shim:
        /// Adds to a counter, atomically.
        pub(in crate::kapi) fn landlock_rs_refcount_inc_not_zero(refs: &Refcount) -> bool;
        /// Waits for a counter. May sleep, as safe functions of the `kernel` crate may.
        pub(in crate::kapi) fn landlock_rs_release_wait(pending: &Atomic<isize>);
        /// Uses the address only.
        pub(in crate::kapi) fn landlock_rs_release_wake(pending: *mut bindings::atomic_long_t);
        /// May sleep.
        pub(in crate::kapi) fn landlock_rs_resched();
        /// Marks the current KUnit test, if there is one.
        pub(in crate::kapi) fn landlock_rs_skip_if_disabled() -> bool;
        /// Loads a pointer. What it leads to stays for an RCU read-side critical section.
        pub(in crate::kapi) fn landlock_rs_task_cred(task: &Task) -> *const bindings::cred;
    }

    declare_safe! { bindings:
        /// Subtracts from a counter, atomically.
        pub(in crate::kapi) fn refcount_dec_not_one(refs: &Refcount) -> bool;
    }
}

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

/// Checks at build time that members are in structures of `kernel::bindings` where they are in C.
///
/// Bindgen does not place all members as C does: `struct task_struct`, of which nothing is used
/// here, has others too early where an empty structure in it is aligned.
macro_rules! assert_offsets {
    ($($type:ident: [$($member:ident),+ $(,)?]),+ $(,)?) => {
        $($(
            kernel::macros::paste! {
                kernel::static_assert!(
                    ::core::mem::offset_of!(kernel::bindings::$type, $member)
                        == [<landlock_rs_at_LANDLOCK_RS_AT_ $type _ $member>] as usize
                );
            }
        )+)+
    };
}

assert_offsets!(
    path: [mnt, dentry],
    vfsmount: [mnt_root, mnt_flags],
    dentry: [d_flags, d_parent, d_inode, d_sb, d_lockref],
    inode: [i_mode, i_flags, i_rdev, i_lock, i_sb, i_sb_list, i_security],
    super_block: [s_flags, s_inode_list_lock, s_inodes, s_security],
    file: [f_mode, f_op, private_data, f_inode, f_flags, f_cred, f_security],
    fown_struct: [file, pid, pid_type],
    cred: [usage, security],
);

kernel::static_assert!(
    ::core::mem::offset_of!(path_climb, path)
        == landlock_rs_at_LANDLOCK_RS_AT_path_climb_path as usize
);

kernel::static_assert!(
    ::core::mem::offset_of!(kernel::bindings::file, __bindgen_anon_1.f_path)
        == landlock_rs_at_LANDLOCK_RS_AT_file_f_path as usize
);
