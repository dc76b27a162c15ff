// SPDX-License-Identifier: GPL-2.0-only

//! What programs should reach: rights, and hooks by the operations that lead to them.

use landlock_uapi::{fs, net, scope};

/// Returns access rights as the trace names them, and scopes.
pub fn rights() -> impl Iterator<Item = String> {
    let kinds = [
        ("fs", fs::NAMES),
        ("net", net::NAMES),
        ("scope", scope::NAMES),
    ];
    let names = |(kind, names): (_, &'static [&str])| {
        names.iter().map(move |name| format!("{kind}.{name}"))
    };
    kinds.into_iter().flat_map(names)
}

/// Hooks, and the operations that reach them.
pub const HOOKS: [(&str, &[&str]); 29] = [
    (
        "file_open",
        &[
            "Open",
            "OpenHow",
            "OpenHandle",
            "OpenProc",
            "ReadProc",
            "MqOpen",
        ],
    ),
    ("file_truncate", &["Ftruncate"]),
    ("file_ioctl", &["Ioctl"]),
    ("path_link", &["Link", "LinkSlot"]),
    ("path_rename", &["Rename"]),
    ("path_mkdir", &["Mkdir"]),
    ("path_mknod", &["Mknod"]),
    ("path_symlink", &["Symlink"]),
    ("path_unlink", &["Unlink"]),
    ("path_rmdir", &["Rmdir"]),
    ("path_truncate", &["Truncate"]),
    ("sb_mount", &["MountTmpfs", "MountBind", "MountMove"]),
    ("move_mount", &["MoveMount"]),
    ("sb_umount", &["Umount"]),
    ("sb_remount", &["Remount", "Reconfigure"]),
    ("sb_pivotroot", &["PivotRoot"]),
    ("socket_bind", &["Bind"]),
    ("socket_connect", &["Connect"]),
    ("socket_sendmsg", &["Send", "SendMany", "SendMessage"]),
    ("unix_stream_connect", &["Connect"]),
    ("unix_may_send", &["Send", "SendMany", "SendMessage"]),
    (
        "task_kill",
        &["Kill", "KillMany", "Tgkill", "Queue", "PidfdSignal"],
    ),
    ("file_set_fowner", &["SetOwner"]),
    (
        "ptrace_access_check",
        &[
            "PtraceAttach",
            "PtraceSeize",
            "ReadMemory",
            "WriteMemory",
            "Compare",
            "RobustList",
            "ReadProc",
            "ReadProcLink",
            "PidfdGetfd",
        ],
    ),
    ("ptrace_traceme", &["Traceme"]),
    (
        "bprm_creds_for_exec",
        &["Exec", "ExecSlot", "ExecMemory", "ExecSelf"],
    ),
    (
        "landlock_add_rule",
        &["AddRulePath", "AddRulePort", "AddRuleSlot"],
    ),
    ("landlock_restrict_self", &["Restrict"]),
    ("cred_transfer", &["KeyringToParent"]),
];

/// Ways into the kernel that only a wide one has.
pub const WAYS: [&str; 5] = ["32-bit", "ring", "worker", "old ring", "old worker"];

/// Hooks that requests of io_uring reach.
pub const RING_HOOKS: [&str; 13] = [
    "file_open",
    "file_truncate",
    "path_link",
    "path_rename",
    "path_mkdir",
    "path_symlink",
    "path_unlink",
    "path_rmdir",
    "socket_bind",
    "socket_connect",
    "socket_sendmsg",
    "unix_stream_connect",
    "unix_may_send",
];
