// SPDX-License-Identifier: GPL-2.0-only

//! Entries of the hooks.

use super::argument::{entries, AddressStart, Answer, Argument, Passed};
use crate::{
    cred::CredSecurity,
    file::FileSecurity,
    hooks::{cred, file, inode, mount, net, owner, path, ptrace, rename, signal, superblock, unix},
    kapi::{
        file::File,
        fowner::{FileOwner, FileOwnerMut},
        path::{Dentry, Path},
        shim,
        sock::{Message, Sock},
        superblock::Superblock,
        unix::{LockedUnixSock, UnixSock},
    },
    object::InodeSecurity,
    policy::{open::FileType, refer::Move},
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
    fn landlock_rs_cred_copy(new: &mut CredSecurity, old: &CredSecurity) {
        cred::cred_copy(new, old);
    }

    fn landlock_rs_cred_free(cred: &mut CredSecurity) {
        cred::cred_free(cred);
    }

    fn landlock_rs_bprm_creds_for_exec(cred: &mut CredSecurity) {
        cred::bprm_creds_for_exec(cred);
    }

    fn landlock_rs_inode_free_security_rcu(blob: &InodeSecurity) {
        inode::inode_free_security_rcu(blob);
    }

    fn landlock_rs_sb_delete(sb: &Superblock) {
        superblock::sb_delete(sb);
    }

    fn landlock_rs_change_topology(cred: &CredSecurity, path: &Path) -> c_int {
        mount::change_topology(cred, path)
    }

    fn landlock_rs_change_topology_of(cred: &CredSecurity, root: &Dentry) -> c_int {
        mount::change_topology_of(cred, root)
    }
}

// Files.
entries! {
    fn landlock_rs_path_link(
        cred: &CredSecurity,
        old: &Dentry,
        new_dir: &Path,
        new: &Dentry,
    ) -> c_int {
        rename::path_link(cred, old, new_dir, new)
    }

    fn landlock_rs_path_rename(
        cred: &CredSecurity,
        old: &Dentry,
        new_dir: &Path,
        new: &Dentry,
        flags: c_uint,
    ) -> c_int {
        rename::path_rename(cred, rename_action(flags), old, new_dir, new)
    }

    fn landlock_rs_path_mknod(
        cred: &CredSecurity,
        dir: &Path,
        mode: bindings::umode_t,
        device: c_uint,
    ) -> c_int {
        path::path_mknod(cred, dir, FileType::from_mode(mode, device))
    }

    fn landlock_rs_path_mkdir(cred: &CredSecurity, dir: &Path) -> c_int {
        path::path_mkdir(cred, dir)
    }

    fn landlock_rs_path_rmdir(cred: &CredSecurity, dir: &Path) -> c_int {
        path::path_rmdir(cred, dir)
    }

    fn landlock_rs_path_symlink(cred: &CredSecurity, dir: &Path) -> c_int {
        path::path_symlink(cred, dir)
    }

    fn landlock_rs_path_unlink(cred: &CredSecurity, dir: &Path) -> c_int {
        path::path_unlink(cred, dir)
    }

    fn landlock_rs_path_truncate(cred: &CredSecurity, path: &Path) -> c_int {
        file::path_truncate(cred, path)
    }

    // `cred` are the credentials of `file`.
    fn landlock_rs_file_open(cred: &CredSecurity, file: &File) -> c_int {
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
fn rename_action(flags: c_uint) -> Move {
    if flags & shim::landlock_rs_const_LANDLOCK_RS_RENAME_EXCHANGE != 0 {
        Move::Exchange
    } else if flags & shim::landlock_rs_const_LANDLOCK_RS_RENAME_WHITEOUT != 0 {
        Move::RenameWhiteout
    } else {
        Move::Rename
    }
}

// Other tasks.
entries! {
    fn landlock_rs_ptrace_access_check(cred: &CredSecurity, child: &Task, mode: c_uint) -> c_int {
        let report = match mode & bindings::PTRACE_MODE_NOAUDIT {
            0 => ptrace::Report::Denial,
            _ => ptrace::Report::Nothing,
        };

        ptrace::ptrace_access_check(cred, child, report)
    }

    fn landlock_rs_ptrace_traceme(cred: &CredSecurity, parent: &Task) -> c_int {
        ptrace::ptrace_traceme(cred, parent)
    }

    // With `is_deferred`, `cred` are credentials that the caller holds.
    fn landlock_rs_task_kill(
        cred: &CredSecurity,
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

    fn landlock_rs_file_set_fowner(cred: &CredSecurity, owner: Option<FileOwnerMut<'_>>) {
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

    fn landlock_rs_file_free_security(blob: &mut FileSecurity) {
        owner::file_free_security(blob);
    }
}

// Sockets.
entries! {
    fn landlock_rs_unix_stream_connect(cred: &CredSecurity, server: &LockedUnixSock) -> c_int {
        unix::unix_stream_connect(cred, server)
    }

    fn landlock_rs_unix_may_send(
        cred: &CredSecurity,
        client: &UnixSock,
        server: &LockedUnixSock,
    ) -> c_int {
        unix::unix_may_send(cred, client, server)
    }

    fn landlock_rs_unix_find(
        cred: &CredSecurity,
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
        cred: &CredSecurity,
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
        cred: &CredSecurity,
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
        cred: &CredSecurity,
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
