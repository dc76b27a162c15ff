// SPDX-License-Identifier: GPL-2.0-only

//! The numbers that the policy repeats, compared with those of C when the module is built.
//!
//! C header: [`include/uapi/linux/landlock.h`](srctree/include/uapi/linux/landlock.h)

use crate::{
    kapi::shim,
    policy::{
        abi::{Abi, EXTENSIONS},
        access::{
            AccessFs,
            AccessFsRight::{self, *},
            AccessNet,
            AccessNetRight::{self, *},
            Scope::{self, *},
            Scopes,
        },
        address::Family,
        attr::{
            NetPortAttr, PathBeneathAttr, Query,
            RestrictFlag::{self, *},
            RestrictFlags, RuleType, RulesetAttr,
        },
        grants::RuleFlags,
        ioctl,
    },
};

use core::mem::offset_of;
use kernel::{bindings, prelude::*};

static_assert!(Abi::MAX == shim::LANDLOCK_RS_ABI_MAX);
static_assert!(
    EXTENSIONS as u32
        == shim::LANDLOCK_RS_EXTENSION_PERMISSIVE | shim::LANDLOCK_RS_EXTENSION_NO_INHERIT
);

/// Checks that the bits of a set are those of C, and that none is left out.
macro_rules! assert_bits {
    ($set:ident of $bit:ident: $($variant:ident => $of_c:ident),+ $(,)?) => {
        $(static_assert!($bit::$variant as u64 == shim::$of_c as u64);)+
        static_assert!($set::all_bits() == $(($variant as u32))|+);
    };
}

assert_bits!(AccessFs of AccessFsRight:
    Execute => LANDLOCK_ACCESS_FS_EXECUTE,
    WriteFile => LANDLOCK_ACCESS_FS_WRITE_FILE,
    ReadFile => LANDLOCK_ACCESS_FS_READ_FILE,
    ReadDir => LANDLOCK_ACCESS_FS_READ_DIR,
    RemoveDir => LANDLOCK_ACCESS_FS_REMOVE_DIR,
    RemoveFile => LANDLOCK_ACCESS_FS_REMOVE_FILE,
    MakeChar => LANDLOCK_ACCESS_FS_MAKE_CHAR,
    MakeDir => LANDLOCK_ACCESS_FS_MAKE_DIR,
    MakeReg => LANDLOCK_ACCESS_FS_MAKE_REG,
    MakeSock => LANDLOCK_ACCESS_FS_MAKE_SOCK,
    MakeFifo => LANDLOCK_ACCESS_FS_MAKE_FIFO,
    MakeBlock => LANDLOCK_ACCESS_FS_MAKE_BLOCK,
    MakeSym => LANDLOCK_ACCESS_FS_MAKE_SYM,
    Refer => LANDLOCK_ACCESS_FS_REFER,
    Truncate => LANDLOCK_ACCESS_FS_TRUNCATE,
    IoctlDev => LANDLOCK_ACCESS_FS_IOCTL_DEV,
    ResolveUnix => LANDLOCK_ACCESS_FS_RESOLVE_UNIX,
);

assert_bits!(AccessNet of AccessNetRight:
    BindTcp => LANDLOCK_ACCESS_NET_BIND_TCP,
    ConnectTcp => LANDLOCK_ACCESS_NET_CONNECT_TCP,
    BindUdp => LANDLOCK_ACCESS_NET_BIND_UDP,
    ConnectSendUdp => LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP,
);

assert_bits!(Scopes of Scope:
    AbstractUnixSocket => LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET,
    Signal => LANDLOCK_SCOPE_SIGNAL,
);

assert_bits!(RestrictFlags of RestrictFlag:
    LogSameExecOff => LANDLOCK_RESTRICT_SELF_LOG_SAME_EXEC_OFF,
    LogNewExecOn => LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON,
    LogSubdomainsOff => LANDLOCK_RESTRICT_SELF_LOG_SUBDOMAINS_OFF,
    Tsync => LANDLOCK_RESTRICT_SELF_TSYNC,
    NoNewPrivs => LANDLOCK_RESTRICT_SELF_NO_NEW_PRIVS,
    Permissive => LANDLOCK_RS_RESTRICT_SELF_PERMISSIVE,
);

/// Checks what numbers of C are read as.
macro_rules! assert_parsed {
    ($($parsed:expr => $value:pat),+ $(,)?) => {
        $(static_assert!(matches!($parsed, Ok($value)));)+
    };
}

assert_parsed!(
    Query::parse(shim::LANDLOCK_CREATE_RULESET_VERSION, false, 0) => Query::AbiVersion,
    Query::parse(shim::LANDLOCK_CREATE_RULESET_ERRATA, false, 0) => Query::Errata,
    Query::parse(shim::LANDLOCK_RS_CREATE_RULESET_EXTENSIONS, false, 0) => Query::Extensions,
    RuleType::parse(shim::landlock_rule_type_LANDLOCK_RULE_PATH_BENEATH) => RuleType::PathBeneath,
    RuleType::parse(shim::landlock_rule_type_LANDLOCK_RULE_NET_PORT) => RuleType::NetPort,
);
static_assert!(RuleFlags::QUIET.bits() == shim::LANDLOCK_ADD_RULE_QUIET);
static_assert!(RuleFlags::NO_INHERIT.bits() == shim::LANDLOCK_RS_ADD_RULE_NO_INHERIT);

/// Checks the size of a structure, and that it has these members, of these types and at these
/// offsets, and no other.
macro_rules! assert_struct {
    ($of_c:ident, $size:expr, $($member:ident: $type:ty = $offset:expr),+ $(,)?) => {
        static_assert!(size_of::<shim::$of_c>() == $size);
        $(static_assert!(offset_of!(shim::$of_c, $member) == $offset);)+
        const _: fn(shim::$of_c) -> ($($type,)+) = |shim::$of_c { $($member),+ }| ($($member,)+);
    };
}

assert_struct!(landlock_ruleset_attr, 8 * RulesetAttr::MEMBERS,
    handled_access_fs: u64 = 0,
    handled_access_net: u64 = 8 * RulesetAttr::MIN_MEMBERS,
    scoped: u64 = 16,
    quiet_access_fs: u64 = 24,
    quiet_access_net: u64 = 32,
    quiet_scoped: u64 = 40,
);
assert_struct!(landlock_path_beneath_attr, PathBeneathAttr::SIZE,
    allowed_access: u64 = 0,
    parent_fd: i32 = 8,
);
assert_struct!(landlock_net_port_attr, NetPortAttr::SIZE,
    allowed_access: u64 = 0,
    port: u64 = 8,
);

static_assert!(matches!(
    Family::new(bindings::AF_INET as u16),
    Family::INET
));
static_assert!(matches!(
    Family::new(bindings::AF_INET6 as u16),
    Family::INET6
));

/// Checks that commands have the numbers on this architecture that the policy knows.
macro_rules! assert_commands {
    ($($command:ident => $of_c:ident),+ $(,)?) => {
        $(static_assert!(ioctl::$command == shim::$of_c);)+
    };
}

assert_commands!(
    FIOCLEX => landlock_rs_ioctl_LANDLOCK_RS_FIOCLEX,
    FIONCLEX => landlock_rs_ioctl_LANDLOCK_RS_FIONCLEX,
    FIONBIO => landlock_rs_ioctl_LANDLOCK_RS_FIONBIO,
    FIOASYNC => landlock_rs_ioctl_LANDLOCK_RS_FIOASYNC,
    FIOQSIZE => landlock_rs_ioctl_LANDLOCK_RS_FIOQSIZE,
    FIFREEZE => landlock_rs_ioctl_LANDLOCK_RS_FIFREEZE,
    FITHAW => landlock_rs_ioctl_LANDLOCK_RS_FITHAW,
    FS_IOC_FIEMAP => landlock_rs_ioctl_LANDLOCK_RS_FS_IOC_FIEMAP,
    FIGETBSZ => landlock_rs_ioctl_LANDLOCK_RS_FIGETBSZ,
    FICLONE => landlock_rs_ioctl_LANDLOCK_RS_FICLONE,
    FICLONERANGE => landlock_rs_ioctl_LANDLOCK_RS_FICLONERANGE,
    FIDEDUPERANGE => landlock_rs_ioctl_LANDLOCK_RS_FIDEDUPERANGE,
    FS_IOC_GETFSUUID => landlock_rs_ioctl_LANDLOCK_RS_FS_IOC_GETFSUUID,
    FS_IOC_GETFSSYSFSPATH => landlock_rs_ioctl_LANDLOCK_RS_FS_IOC_GETFSSYSFSPATH,
);
