// SPDX-License-Identifier: GPL-2.0-only

//! Carries out operations that give an actor other credentials.

use crate::execute::SKIPPED;
use crate::execute::processes::int;
use crate::program::Op;
use crate::sys::{Arg, Call, call};

const KEYCTL_JOIN_SESSION_KEYRING: i32 = 1;
const KEYCTL_SESSION_TO_PARENT: i32 = 18;

/// Carries out `op`.
pub fn execute(op: &Op) -> i32 {
    match op {
        Op::DropCapabilities => drop_capabilities(),
        Op::EffectiveUser { user } => call(Call::SetUsers, [-1, *user, -1].map(int)),
        Op::Groups => {
            let groups = [1_u32, 2].map(u32::to_ne_bytes).concat();
            call(Call::SetGroups, [int(2), Arg::In(&groups)])
        }
        Op::JoinKeyring => key_control(KEYCTL_JOIN_SESSION_KEYRING).min(0),
        Op::KeyringToParent => key_control(KEYCTL_SESSION_TO_PARENT),
        _ => SKIPPED,
    }
}

fn key_control(command: i32) -> i32 {
    call(Call::KeyCtl, [command, 0, 0, 0, 0].map(int))
}

/// Gives up all capabilities.
fn drop_capabilities() -> i32 {
    const VERSION_3: u32 = 0x2008_0522;
    let mut header = VERSION_3.to_ne_bytes().to_vec();
    header.extend([0; 4]);
    call(Call::Capset, [Arg::In(&header), Arg::In(&[0; 24])])
}
