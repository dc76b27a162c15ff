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

/// Functions without preconditions: whatever task calls them has what they look at or change.
pub(super) mod safe {
    use kernel::{bindings, ffi::c_int};

    /// Declares functions of C as safe, and checks that they are what bindgen says but for that.
    macro_rules! declare {
        ($($(#[$reason:meta])+ fn $name:ident($($argument:ident: $type:ty)?) $(-> $result:ty)?;)+) => {
            // What differs is that they are safe, and nothing else, as is checked below.
            #[allow(clashing_extern_declarations)]
            unsafe extern "C" {
                $($(#[$reason])+ pub(in crate::kapi) safe fn $name($($argument: $type)?) $(-> $result)?;)+
            }
            $(const _: unsafe extern "C" fn($($type)?) $(-> $result)? = super::$name;)+
        };
    }

    declare! {
        /// Looks at a counter of the current process.
        fn landlock_rs_is_alone() -> bool;
        /// Looks at a flag of the current task.
        fn landlock_rs_no_new_privs() -> bool;
        /// Sets a flag of the current task, atomically.
        fn landlock_rs_set_no_new_privs();
        /// Sets a flag of the current task, atomically.
        fn landlock_rs_restart_syscall() -> c_int;
        /// May sleep, as safe functions of the `kernel` crate may.
        fn landlock_rs_resched();
        /// Takes a lock of the current process, if it is free.
        fn landlock_rs_exec_update_trylock() -> bool;
        /// Locks what it changes of the current process. May sleep.
        fn landlock_rs_turn_begin() -> c_int;
        /// Marks the current KUnit test, if there is one.
        fn landlock_rs_skip_if_disabled() -> bool;
        /// Compares an address with that of the credentials of the current task.
        fn landlock_rs_current_has_cred(cred: *const bindings::cred) -> bool;
    }
}

/// Defines `from_raw` for a transparent type of which a reference proves what the caller promises.
macro_rules! impl_from_raw {
    ($(#[$contract:meta])+ $type:ident of $of_c:ident) => {
        impl $type {
            /// Creates a reference to a structure of C.
            ///
            /// # Safety
            ///
            $(#[$contract])+
            #[inline]
            pub(crate) unsafe fn from_raw<'a>(ptr: *const ::kernel::bindings::$of_c) -> &'a Self {
                // INVARIANT: By the safety contract.
                // SAFETY: By the safety contract; the type is transparent.
                unsafe { &*ptr.cast() }
            }
        }
    };
}
pub(super) use impl_from_raw;

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
    ::core::mem::offset_of!(kernel::bindings::file, __bindgen_anon_1.f_path)
        == landlock_rs_at_LANDLOCK_RS_AT_file_f_path as usize
);
