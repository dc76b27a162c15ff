// SPDX-License-Identifier: GPL-2.0-only

//! Chooses operations that give an actor other credentials.

use crate::generate::Maker;
use crate::program::{Actor, Op};

/// A user without privileges.
const USER: i32 = 1000;

impl Maker {
    /// Adds a change of credentials, which Landlock has to survive.
    pub(super) fn credentials(&mut self, actor: Actor) {
        match self.choice.below(8) {
            0 => self.push(actor, Op::Groups),
            1..4 => self.push(actor, Op::JoinKeyring),
            4..6 => {
                self.push(actor, Op::JoinKeyring);
                self.push(actor, Op::KeyringToParent);
            }
            _ => {
                self.push(actor, Op::EffectiveUser { user: USER });
                self.file(actor);
                self.process(actor);
                self.push(actor, Op::EffectiveUser { user: 0 });
            }
        }
    }
}
