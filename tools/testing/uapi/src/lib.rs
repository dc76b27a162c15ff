// SPDX-License-Identifier: GPL-2.0-only

//! The numbers of `linux/landlock.h`, for programs that make its system calls themselves.
//!
//! A new right is one line here, by the name that audit records give it.
#![no_std]
#![forbid(unsafe_code)]

/// Defines the bits of one kind in their order.
macro_rules! bits {
    ($(#[$doc:meta])* $kind:ident: $($bit:ident = $name:literal,)*) => {
        $(#[$doc])*
        pub mod $kind {
            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            enum Place { $($bit,)* }

            $(
                #[doc = concat!("The bit of `", $name, "`.")]
                pub const $bit: u64 = 1 << Place::$bit as u64;
            )*

            /// The names, in the order of the bits.
            pub const NAMES: &[&str] = &[$($name,)*];

            /// All bits.
            pub const ALL: u64 = (1 << NAMES.len()) - 1;
        }
    };
}

bits! {
    /// Access rights on files.
    fs:
    EXECUTE = "execute",
    WRITE_FILE = "write_file",
    READ_FILE = "read_file",
    READ_DIR = "read_dir",
    REMOVE_DIR = "remove_dir",
    REMOVE_FILE = "remove_file",
    MAKE_CHAR = "make_char",
    MAKE_DIR = "make_dir",
    MAKE_REG = "make_reg",
    MAKE_SOCK = "make_sock",
    MAKE_FIFO = "make_fifo",
    MAKE_BLOCK = "make_block",
    MAKE_SYM = "make_sym",
    REFER = "refer",
    TRUNCATE = "truncate",
    IOCTL_DEV = "ioctl_dev",
    RESOLVE_UNIX = "resolve_unix",
}

/// Access rights that make sense on something other than a directory.
pub const FS_FILE: u64 =
    fs::EXECUTE | fs::WRITE_FILE | fs::READ_FILE | fs::TRUNCATE | fs::IOCTL_DEV | fs::RESOLVE_UNIX;

bits! {
    /// Access rights on ports.
    net:
    BIND_TCP = "bind_tcp",
    CONNECT_TCP = "connect_tcp",
    BIND_UDP = "bind_udp",
    CONNECT_SEND_UDP = "connect_send_udp",
}

bits! {
    /// Scopes.
    scope:
    ABSTRACT_UNIX_SOCKET = "abstract_unix_socket",
    SIGNAL = "signal",
}

bits! {
    /// Flags of `landlock_restrict_self()`.
    restrict:
    LOG_SAME_EXEC_OFF = "log_same_exec_off",
    LOG_NEW_EXEC_ON = "log_new_exec_on",
    LOG_SUBDOMAINS_OFF = "log_subdomains_off",
    TSYNC = "tsync",
    NO_NEW_PRIVS = "no_new_privs",
}

/// Types of rules.
pub mod rule {
    /// A file hierarchy.
    pub const PATH_BENEATH: u32 = 1;
    /// A port.
    pub const NET_PORT: u32 = 2;
}
