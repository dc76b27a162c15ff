// SPDX-License-Identifier: GPL-2.0-only

//! Commands to devices, against the list in `linux/landlock.h`.

use crate::policy::ioctl::is_always_allowed;

use proptest::prelude::*;

/// Makes the number of a command: its direction (1 to the kernel, 2 from it), its type, its number,
/// and the size of its argument.
const fn command(direction: u32, kind: u8, number: u32, size: u32) -> u32 {
    direction << 30 | size << 16 | (kind as u32) << 8 | number
}

/// The commands that the documentation lists, with the macros of the user-space API spelled out.
const ALLOWED: [u32; 14] = [
    0x5451,                   // FIOCLEX
    0x5450,                   // FIONCLEX
    0x5421,                   // FIONBIO
    0x5452,                   // FIOASYNC
    0x5460,                   // FIOQSIZE
    command(3, b'X', 119, 4), // FIFREEZE
    command(3, b'X', 120, 4), // FITHAW
    2,                        // FIGETBSZ
    command(2, 0x15, 0, 17),  // FS_IOC_GETFSUUID
    command(2, 0x15, 1, 129), // FS_IOC_GETFSSYSFSPATH
    command(3, b'f', 11, 32), // FS_IOC_FIEMAP
    command(1, 0x94, 9, 4),   // FICLONE
    command(1, 0x94, 13, 32), // FICLONERANGE
    command(3, 0x94, 54, 24), // FIDEDUPERANGE
];

#[test]
fn documented_commands_need_no_right() {
    for command in ALLOWED {
        assert!(is_always_allowed(command), "{command:#x}");
    }
}

#[test]
fn commands_next_to_the_documented_ones_need_the_right() {
    for allowed in ALLOWED {
        for command in (0..32).map(|bit| allowed ^ 1 << bit) {
            assert_eq!(
                is_always_allowed(command),
                ALLOWED.contains(&command),
                "{command:#x}"
            );
        }
    }
}

#[test]
fn commands_without_a_size_need_the_right_unless_documented() {
    for command in 0..=0xffff {
        assert_eq!(
            is_always_allowed(command),
            ALLOWED.contains(&command),
            "{command:#x}"
        );
    }
}

proptest! {
    #[test]
    fn other_commands_need_the_right(command: u32) {
        prop_assert_eq!(is_always_allowed(command), ALLOWED.contains(&command));
    }
}
