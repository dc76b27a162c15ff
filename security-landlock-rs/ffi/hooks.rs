// SPDX-License-Identifier: GPL-2.0-only

//! Entries of the hooks.
//!
//! What every entry relies on, besides its own `# Safety` section: `shim/hooks.c` passes on what
//! the LSM framework passes to a hook, referenced by its caller until the hook returns. The caller
//! also pins the superblock of a path, an entry or a file: by a mount, or, when it remounts, by an
//! active reference (`fs_context_for_reconfigure()`).

mod ipc;
mod net;

use super::assert_declared;
use crate::{
    hooks::{self, ptrace::Report},
    kapi::{
        file::File,
        path::{Dentry, Path},
        shim,
        superblock::Superblock,
    },
    object::InodeState,
    policy::{open::FileType, refer::Action},
    subject::CredState,
};

use core::ffi::c_void;
use kernel::{
    bindings,
    ffi::{c_int, c_uint},
    prelude::*,
    task::Task,
};

assert_declared!(
    landlock_rs_bprm_creds_for_exec,
    landlock_rs_change_topology,
    landlock_rs_change_topology_of,
    landlock_rs_cred_copy,
    landlock_rs_cred_free,
    landlock_rs_file_ioctl,
    landlock_rs_file_open,
    landlock_rs_file_truncate,
    landlock_rs_inode_free_security_rcu,
    landlock_rs_path_link,
    landlock_rs_path_mkdir,
    landlock_rs_path_mknod,
    landlock_rs_path_rename,
    landlock_rs_path_rmdir,
    landlock_rs_path_symlink,
    landlock_rs_path_truncate,
    landlock_rs_path_unlink,
    landlock_rs_ptrace_access_check,
    landlock_rs_ptrace_traceme,
    landlock_rs_sb_delete,
);

type Cred = shim::landlock_rs_cred;

/// Converts the answer of a hook to its return value.
fn answer(result: Result) -> c_int {
    result.err().map_or(0, |error| error.to_errno())
}

/// Returns the blob of credentials, for no longer than the entry has its argument.
///
/// # Safety
///
/// `cred` must be the blob of credentials that are not freed, nor changed, for `'e`: see
/// [`crate::kapi::cred`] for who changes a blob, and when.
unsafe fn state<'e>(cred: &'e *const Cred) -> &'e CredState {
    // SAFETY: By the safety contract; `CredState` is what lies in the blob.
    unsafe { &*cred.cast() }
}

/// Returns the blob of credentials, to be changed, for no longer than the entry has its argument.
///
/// # Safety
///
/// `cred` must be the blob of credentials that have a single user, which called this entry: see
/// [`crate::kapi::cred`].
unsafe fn state_mut<'e>(cred: &'e mut *mut Cred) -> &'e mut CredState {
    // SAFETY: By the safety contract, nobody else has a reference to the blob.
    unsafe { &mut *cred.cast() }
}

/// Enters [`hooks::cred::cred_copy`].
///
/// # Safety
///
/// `new` must be the zeroed blob of credentials that only the caller uses yet, `old` that of
/// others, which stay during the call.
#[no_mangle]
unsafe extern "C" fn landlock_rs_cred_copy(mut new: *mut Cred, old: *const Cred) {
    // SAFETY: By the safety contract.
    hooks::cred::cred_copy(unsafe { state_mut(&mut new) }, unsafe { state(&old) });
}

/// Enters [`hooks::cred::cred_free`].
///
/// # Safety
///
/// `cred` must be the blob of credentials that only the caller uses, to free them.
#[no_mangle]
unsafe extern "C" fn landlock_rs_cred_free(mut cred: *mut Cred) {
    // SAFETY: By the safety contract.
    hooks::cred::cred_free(unsafe { state_mut(&mut cred) });
}

/// Enters [`hooks::cred::bprm_creds_for_exec`].
///
/// # Safety
///
/// `cred` must be the blob of credentials that only the caller uses yet.
#[no_mangle]
unsafe extern "C" fn landlock_rs_bprm_creds_for_exec(mut cred: *mut Cred) {
    // SAFETY: By the safety contract.
    hooks::cred::bprm_creds_for_exec(unsafe { state_mut(&mut cred) });
}

/// Enters [`hooks::inode::inode_free_security_rcu`].
///
/// # Safety
///
/// `blob` must be our part of the blob of an inode that is about to be freed.
#[no_mangle]
unsafe extern "C" fn landlock_rs_inode_free_security_rcu(blob: *mut c_void) {
    // SAFETY: By the safety contract; `InodeState` is what lies in the blob.
    hooks::inode::inode_free_security_rcu(unsafe { &*blob.cast::<InodeState>() });
}

/// Enters [`hooks::superblock::sb_delete`].
///
/// # Safety
///
/// The current task must be in `security_sb_delete()` for `sb`.
#[no_mangle]
unsafe extern "C" fn landlock_rs_sb_delete(sb: *mut bindings::super_block) {
    // SAFETY: By the safety contract.
    hooks::superblock::sb_delete(unsafe { Superblock::from_raw(sb) });
}

/// Enters [`hooks::mount::change_topology`].
///
/// # Safety
///
/// `cred` must be the blob of the current credentials, `path` valid.
#[no_mangle]
unsafe extern "C" fn landlock_rs_change_topology(
    cred: *const Cred,
    path: *const bindings::path,
) -> c_int {
    // SAFETY: By the safety contract.
    let (cred, path) = unsafe { (state(&cred), Path::from_raw(path)) };

    answer(hooks::mount::change_topology(cred, path))
}

/// Enters [`hooks::mount::change_topology_of`].
///
/// # Safety
///
/// `cred` must be the blob of the current credentials, `root` valid.
#[no_mangle]
unsafe extern "C" fn landlock_rs_change_topology_of(
    cred: *const Cred,
    root: *mut bindings::dentry,
) -> c_int {
    // SAFETY: By the safety contract.
    let (cred, root) = unsafe { (state(&cred), Dentry::from_raw(root)) };

    answer(hooks::mount::change_topology_of(cred, root))
}

/// Enters [`hooks::refer::path_link`].
///
/// # Safety
///
/// `cred` must be the blob of the current credentials, the other pointers valid.
#[no_mangle]
unsafe extern "C" fn landlock_rs_path_link(
    cred: *const Cred,
    old: *mut bindings::dentry,
    new_dir: *const bindings::path,
    new: *mut bindings::dentry,
) -> c_int {
    // SAFETY: By the safety contract.
    let (cred, new_dir) = unsafe { (state(&cred), Path::from_raw(new_dir)) };
    // SAFETY: By the safety contract.
    let (old, new) = unsafe { (Dentry::from_raw(old), Dentry::from_raw(new)) };

    answer(hooks::refer::path_link(cred, old, new_dir, new))
}

/// Enters [`hooks::refer::path_rename`].
///
/// # Safety
///
/// `cred` must be the blob of the current credentials, the other pointers valid.
#[no_mangle]
unsafe extern "C" fn landlock_rs_path_rename(
    cred: *const Cred,
    old: *mut bindings::dentry,
    new_dir: *const bindings::path,
    new: *mut bindings::dentry,
    flags: c_uint,
) -> c_int {
    let action = rename_action(flags);
    // SAFETY: By the safety contract.
    let (cred, new_dir) = unsafe { (state(&cred), Path::from_raw(new_dir)) };
    // SAFETY: By the safety contract.
    let (old, new) = unsafe { (Dentry::from_raw(old), Dentry::from_raw(new)) };

    answer(hooks::refer::path_rename(cred, action, old, new_dir, new))
}

/// Reads the flags of `renameat2(2)`, of which the VFS let one of the two pass at most.
fn rename_action(flags: c_uint) -> Action {
    if flags & shim::landlock_rs_const_LANDLOCK_RS_RENAME_EXCHANGE != 0 {
        Action::Exchange
    } else if flags & shim::landlock_rs_const_LANDLOCK_RS_RENAME_WHITEOUT != 0 {
        Action::RenameWhiteout
    } else {
        Action::Rename
    }
}

/// Enters [`hooks::path::path_mknod`].
///
/// # Safety
///
/// `cred` must be the blob of the current credentials, `dir` valid.
#[no_mangle]
unsafe extern "C" fn landlock_rs_path_mknod(
    cred: *const Cred,
    dir: *const bindings::path,
    mode: bindings::umode_t,
    device: c_uint,
) -> c_int {
    let file_type = FileType::from_mode(mode, device);
    // SAFETY: By the safety contract.
    let (cred, dir) = unsafe { (state(&cred), Path::from_raw(dir)) };

    answer(hooks::path::path_mknod(cred, dir, file_type))
}

/// Defines the entry of a hook that only needs the directory.
macro_rules! directory_entry {
    ($($entry:ident => $hook:ident),+ $(,)?) => {
        $(
            #[doc = concat!("Enters [`hooks::path::", stringify!($hook), "`].")]
            ///
            /// # Safety
            ///
            /// `cred` must be the blob of the current credentials, `dir` valid.
            #[no_mangle]
            unsafe extern "C" fn $entry(cred: *const Cred, dir: *const bindings::path) -> c_int {
                // SAFETY: By the safety contract.
                let (cred, dir) = unsafe { (state(&cred), Path::from_raw(dir)) };

                answer(hooks::path::$hook(cred, dir))
            }
        )+
    };
}

directory_entry!(
    landlock_rs_path_mkdir => path_mkdir,
    landlock_rs_path_rmdir => path_rmdir,
    landlock_rs_path_symlink => path_symlink,
    landlock_rs_path_unlink => path_unlink,
);

/// Enters [`hooks::file::file_open`].
///
/// # Safety
///
/// `cred` must be the blob of the credentials of `file`, which must be valid.
#[no_mangle]
unsafe extern "C" fn landlock_rs_file_open(cred: *const Cred, file: *mut bindings::file) -> c_int {
    // SAFETY: By the safety contract.
    let (cred, file) = unsafe { (state(&cred), File::from_raw(file)) };

    answer(hooks::file::file_open(cred, file))
}

/// Enters [`hooks::file::path_truncate`].
///
/// # Safety
///
/// `cred` must be the blob of the current credentials, `path` valid.
#[no_mangle]
unsafe extern "C" fn landlock_rs_path_truncate(
    cred: *const Cred,
    path: *const bindings::path,
) -> c_int {
    // SAFETY: By the safety contract.
    let (cred, path) = unsafe { (state(&cred), Path::from_raw(path)) };

    answer(hooks::file::path_truncate(cred, path))
}

/// Enters [`hooks::file::file_truncate`].
///
/// # Safety
///
/// `file` must be valid.
#[no_mangle]
unsafe extern "C" fn landlock_rs_file_truncate(file: *mut bindings::file) -> c_int {
    // SAFETY: By the safety contract.
    answer(hooks::file::file_truncate(unsafe { File::from_raw(file) }))
}

/// Enters [`hooks::file::file_ioctl`].
///
/// # Safety
///
/// `file` must be valid.
#[no_mangle]
unsafe extern "C" fn landlock_rs_file_ioctl(file: *mut bindings::file, command: c_uint) -> c_int {
    // SAFETY: By the safety contract.
    let file = unsafe { File::from_raw(file) };

    answer(hooks::file::file_ioctl(file, command))
}

/// Enters [`hooks::ptrace::ptrace_access_check`].
///
/// # Safety
///
/// `cred` must be the blob of the current credentials, `child` valid.
#[no_mangle]
unsafe extern "C" fn landlock_rs_ptrace_access_check(
    cred: *const Cred,
    child: *mut bindings::task_struct,
    mode: c_uint,
) -> c_int {
    let report = match mode & bindings::PTRACE_MODE_NOAUDIT {
        0 => Report::Denial,
        _ => Report::Nothing,
    };
    // SAFETY: By the safety contract; `Task` is transparent.
    let (cred, child) = unsafe { (state(&cred), &*child.cast::<Task>()) };

    answer(hooks::ptrace::ptrace_access_check(cred, child, report))
}

/// Enters [`hooks::ptrace::ptrace_traceme`].
///
/// # Safety
///
/// `cred` must be the blob of the current credentials, `parent` valid.
#[no_mangle]
unsafe extern "C" fn landlock_rs_ptrace_traceme(
    cred: *const Cred,
    parent: *mut bindings::task_struct,
) -> c_int {
    // SAFETY: By the safety contract; `Task` is transparent.
    let (cred, parent) = unsafe { (state(&cred), &*parent.cast::<Task>()) };

    answer(hooks::ptrace::ptrace_traceme(cred, parent))
}
