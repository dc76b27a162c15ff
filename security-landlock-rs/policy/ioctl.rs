// SPDX-License-Identifier: GPL-2.0-only

//! Commands of `ioctl(2)` that need no right on a device.
//!
//! The VFS handles them itself, without the driver (`do_vfs_ioctl()` in `fs/ioctl.c`), and they are
//! harmless on a device: they are about the descriptor or the file system, or only make sense on
//! regular files. A 32-bit task passes the same numbers: the commands that have other numbers there
//! all need the right.

/// Number of a command, as `ioctl(2)` takes it.
type Command = u32;

/// Sets the close-on-exec flag of the descriptor, as `fcntl(2)` can.
pub(crate) const FIOCLEX: Command = 0x5451;
/// Clears the close-on-exec flag of the descriptor, as `fcntl(2)` can.
pub(crate) const FIONCLEX: Command = 0x5450;
/// Sets or clears `O_NONBLOCK`, as `fcntl(2)` can.
pub(crate) const FIONBIO: Command = 0x5421;
/// Sets or clears `O_ASYNC`, as `fcntl(2)` can.
pub(crate) const FIOASYNC: Command = 0x5452;
/// Returns the size of a file: refused for a device.
pub(crate) const FIOQSIZE: Command = 0x5460;
/// Freezes the file system: any file of it will do, for a privileged task.
pub(crate) const FIFREEZE: Command = 0xc004_5877;
/// Thaws the file system.
pub(crate) const FITHAW: Command = 0xc004_5878;
/// Maps the extents of a file: not for a device.
pub(crate) const FS_IOC_FIEMAP: Command = 0xc020_660b;
/// Returns the block size of the file system: any file of it will do.
pub(crate) const FIGETBSZ: Command = 2;
/// Shares the storage of a file: not for a device.
pub(crate) const FICLONE: Command = 0x4004_9409;
/// Shares a part of the storage of a file: not for a device.
pub(crate) const FICLONERANGE: Command = 0x4020_940d;
/// Shares the storage of equal parts of files: not for a device.
pub(crate) const FIDEDUPERANGE: Command = 0xc018_9436;
/// Returns the UUID of the file system: any file of it will do.
pub(crate) const FS_IOC_GETFSUUID: Command = 0x8011_1500;
/// Returns the name of the file system in sysfs: any file of it will do.
pub(crate) const FS_IOC_GETFSSYSFSPATH: Command = 0x8081_1501;

/// Returns whether `command` may be sent to a device without `IoctlDev`.
pub(crate) fn is_always_allowed(command: Command) -> bool {
    matches!(
        command,
        FIOCLEX
            | FIONCLEX
            | FIONBIO
            | FIOASYNC
            | FIOQSIZE
            | FIFREEZE
            | FITHAW
            | FS_IOC_FIEMAP
            | FIGETBSZ
            | FICLONE
            | FICLONERANGE
            | FIDEDUPERANGE
            | FS_IOC_GETFSUUID
            | FS_IOC_GETFSSYSFSPATH
    )
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_ioctl)]
mod tests {
    use super::*;

    #[test]
    fn descriptor_flags_need_no_right() {
        assert!(is_always_allowed(FIOCLEX));
        assert!(is_always_allowed(FIONBIO));
    }

    #[test]
    fn what_the_device_answers_needs_the_right() {
        const TCGETS: Command = 0x5401;
        const FIONREAD: Command = 0x541b;
        const FS_IOC_GETFLAGS: Command = 0x8008_6601;
        const FS_IOC32_GETFLAGS: Command = 0x8004_6601;

        assert!(!is_always_allowed(TCGETS));
        assert!(!is_always_allowed(FIONREAD));
        assert!(!is_always_allowed(FS_IOC_GETFLAGS));
        assert!(!is_always_allowed(FS_IOC32_GETFLAGS));
    }
}
