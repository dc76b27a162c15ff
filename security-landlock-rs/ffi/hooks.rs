// SPDX-License-Identifier: GPL-2.0-only

//! Entries of the hooks.

use super::argument::{entries, AddressStart, Answer, Argument, Passed};
use crate::{
    file_state::FileState,
    hooks::{cred, file, inode, mount, net, owner, path, ptrace, refer, signal, superblock, unix},
    kapi::{
        file::File,
        fowner::{FileOwner, FileOwnerMut},
        path::{Dentry, Path},
        shim,
        sock::{Message, Sock},
        superblock::Superblock,
        unix::{LockedUnixSock, UnixSock},
    },
    object::InodeState,
    policy::{open::FileType, refer::Action},
    subject::CredState,
};

use kernel::{
    bindings,
    error::code::EINVAL,
    ffi::{c_int, c_uint},
    task::Task,
};

// Credentials, objects of the kernel that go away, and mounts. The credentials that are not changed
// are the current ones, if nothing else is said.
entries! {
    // `new` is zeroed; `old` are the credentials of others.
    fn landlock_rs_cred_copy(new: &mut CredState, old: &CredState) {
        cred::cred_copy(new, old);
    }

    fn landlock_rs_cred_free(cred: &mut CredState) {
        cred::cred_free(cred);
    }

    fn landlock_rs_bprm_creds_for_exec(cred: &mut CredState) {
        cred::bprm_creds_for_exec(cred);
    }

    fn landlock_rs_inode_free_security_rcu(blob: &InodeState) {
        inode::inode_free_security_rcu(blob);
    }

    fn landlock_rs_sb_delete(sb: &Superblock) {
        superblock::sb_delete(sb);
    }

    fn landlock_rs_change_topology(cred: &CredState, path: &Path) -> c_int {
        mount::change_topology(cred, path)
    }

    fn landlock_rs_change_topology_of(cred: &CredState, root: &Dentry) -> c_int {
        mount::change_topology_of(cred, root)
    }
}

// Files.
entries! {
    fn landlock_rs_path_link(
        cred: &CredState,
        old: &Dentry,
        new_dir: &Path,
        new: &Dentry,
    ) -> c_int {
        refer::path_link(cred, old, new_dir, new)
    }

    fn landlock_rs_path_rename(
        cred: &CredState,
        old: &Dentry,
        new_dir: &Path,
        new: &Dentry,
        flags: c_uint,
    ) -> c_int {
        refer::path_rename(cred, rename_action(flags), old, new_dir, new)
    }

    fn landlock_rs_path_mknod(
        cred: &CredState,
        dir: &Path,
        mode: bindings::umode_t,
        device: c_uint,
    ) -> c_int {
        path::path_mknod(cred, dir, FileType::from_mode(mode, device))
    }

    fn landlock_rs_path_mkdir(cred: &CredState, dir: &Path) -> c_int {
        path::path_mkdir(cred, dir)
    }

    fn landlock_rs_path_rmdir(cred: &CredState, dir: &Path) -> c_int {
        path::path_rmdir(cred, dir)
    }

    fn landlock_rs_path_symlink(cred: &CredState, dir: &Path) -> c_int {
        path::path_symlink(cred, dir)
    }

    fn landlock_rs_path_unlink(cred: &CredState, dir: &Path) -> c_int {
        path::path_unlink(cred, dir)
    }

    fn landlock_rs_path_truncate(cred: &CredState, path: &Path) -> c_int {
        file::path_truncate(cred, path)
    }

    // `cred` are the credentials of `file`.
    fn landlock_rs_file_open(cred: &CredState, file: &File) -> c_int {
        file::file_open(cred, file)
    }

    fn landlock_rs_file_truncate(file: &File) -> c_int {
        file::file_truncate(file)
    }

    fn landlock_rs_file_ioctl(file: &File, command: c_uint) -> c_int {
        file::file_ioctl(file, command)
    }
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

// Other tasks.
entries! {
    fn landlock_rs_ptrace_access_check(cred: &CredState, child: &Task, mode: c_uint) -> c_int {
        let report = match mode & bindings::PTRACE_MODE_NOAUDIT {
            0 => ptrace::Report::Denial,
            _ => ptrace::Report::Nothing,
        };

        ptrace::ptrace_access_check(cred, child, report)
    }

    fn landlock_rs_ptrace_traceme(cred: &CredState, parent: &Task) -> c_int {
        ptrace::ptrace_traceme(cred, parent)
    }

    // With `is_deferred`, `cred` are credentials that the caller holds.
    fn landlock_rs_task_kill(
        cred: &CredState,
        is_deferred: bool,
        target: &Task,
        signal: c_int,
    ) -> c_int {
        let sender = match is_deferred {
            false => signal::Sender::Current,
            true => signal::Sender::Deferred,
        };

        signal::task_kill(cred, sender, target, signal)
    }

    fn landlock_rs_file_set_fowner(cred: &CredState, owner: Option<FileOwnerMut<'_>>) {
        if let Some(owner) = owner {
            owner::file_set_fowner(cred, owner);
        }
    }

    fn landlock_rs_file_send_sigiotask(owner: &FileOwner, target: &Task, signal: c_int) -> c_int {
        // No signal stands for the usual one.
        let signal = match signal {
            0 => bindings::SIGIO as c_int,
            _ => signal,
        };

        owner::file_send_sigiotask(owner, target, signal)
    }

    fn landlock_rs_file_free_security(blob: &mut FileState) {
        owner::file_free_security(blob);
    }
}

// Sockets.
entries! {
    fn landlock_rs_unix_stream_connect(cred: &CredState, server: &LockedUnixSock) -> c_int {
        unix::unix_stream_connect(cred, server)
    }

    fn landlock_rs_unix_may_send(
        cred: &CredState,
        client: &UnixSock,
        server: &LockedUnixSock,
    ) -> c_int {
        unix::unix_may_send(cred, client, server)
    }

    fn landlock_rs_unix_find(
        cred: &CredState,
        path: &Path,
        server: &UnixSock,
        flags: c_int,
    ) -> c_int {
        // CAST: the flag is a small constant.
        let lookup = match flags & bindings::SOCK_COREDUMP as c_int {
            0 => unix::Lookup::Task,
            _ => unix::Lookup::Coredump,
        };

        unix::unix_find(cred, path, server, lookup)
    }

    fn landlock_rs_socket_bind(
        cred: &CredState,
        sock: &Sock,
        address: AddressStart<'_>,
        addrlen: c_int,
    ) -> c_int {
        // SAFETY: It is the argument after the address.
        let address = unsafe { address.with_len(addrlen) };

        // The socket layer always passes an address.
        address.ok_or(EINVAL).and_then(|address| net::socket_bind(cred, sock, &address))
    }

    fn landlock_rs_socket_connect(
        cred: &CredState,
        sock: &Sock,
        address: AddressStart<'_>,
        addrlen: c_int,
    ) -> c_int {
        // SAFETY: It is the argument after the address.
        let address = unsafe { address.with_len(addrlen) };

        // As above.
        address.ok_or(EINVAL).and_then(|address| net::socket_connect(cred, sock, &address))
    }

    fn landlock_rs_socket_sendmsg(
        cred: &CredState,
        sock: &Sock,
        address: AddressStart<'_>,
        addrlen: c_int,
        flags: c_uint,
    ) -> c_int {
        let message = Message {
            // SAFETY: It is the argument after the address.
            address: unsafe { address.with_len(addrlen) },
            is_fast_open: flags & bindings::MSG_FASTOPEN != 0,
        };

        net::socket_sendmsg(cred, sock, &message)
    }
}
