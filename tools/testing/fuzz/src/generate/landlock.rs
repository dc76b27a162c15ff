// SPDX-License-Identifier: GPL-2.0-only

//! Chooses rulesets, rules and how they are enforced.

use landlock_uapi::{FS_FILE, fs, net, restrict, scope};

use crate::generate::{Held, Maker, USUAL_LAYERS};
use crate::program::{Actor, Op, Place, Slot};
use crate::race;

/// Size of the attribute of a ruleset.
const ATTR_SIZE: usize = 48;

/// How often each flag is chosen, in percent.
const RESTRICT: [(usize, u64); 5] = [
    (10, restrict::LOG_SAME_EXEC_OFF),
    (12, restrict::LOG_NEW_EXEC_ON),
    (8, restrict::LOG_SUBDOMAINS_OFF),
    (8, restrict::TSYNC),
    (30, restrict::NO_NEW_PRIVS),
];

impl Maker {
    /// Adds a sandbox: a ruleset, rules, and their enforcement.
    pub(super) fn sandbox(&mut self, actor: Actor) {
        let ruleset = self.new_slot();
        let attr = self.attr();
        let [fs, net, ..] = attr;
        let size = ATTR_SIZE;
        self.push(
            actor,
            Op::CreateRuleset {
                attr,
                size,
                flags: 0,
                slot: ruleset,
            },
        );
        self.hold(actor, ruleset, Held::Ruleset);
        if self.choice.chance(30) {
            let slot = self.new_slot();
            if slot != ruleset {
                self.push(actor, Op::Ring { slot });
                self.hold(actor, slot, Held::Ring);
            }
        }
        for _ in 0..1 + self.choice.below(7) {
            self.rule(actor, ruleset, fs, net);
        }
        let flags = self.restrict_flags();
        self.push(
            actor,
            Op::Restrict {
                ruleset: Some(ruleset),
                flags,
            },
        );
        self.actors[usize::from(actor)].layers += 1;
    }

    /// Returns the attribute of a ruleset which the kernel accepts.
    fn attr(&mut self) -> [u64; 6] {
        let mut mask = |all: u64| match self.choice.below(10) {
            0..4 => all,
            4..8 => self.choice.subset(all, 60),
            8 => self.choice.subset(all, 20),
            _ => 0,
        };
        let (mut fs, net, scopes) = (mask(fs::ALL), mask(net::ALL), mask(scope::ALL));
        if fs | net | scopes == 0 {
            fs = fs::ALL;
        }
        let mut quiet = |handled: u64| match self.choice.below(4) {
            0 => self.choice.subset(handled, 50),
            1 => handled,
            _ => 0,
        };
        [fs, net, scopes, quiet(fs), quiet(net), quiet(scopes)]
    }

    /// Adds a rule, most of the time one that the ruleset accepts.
    fn rule(&mut self, actor: Actor, ruleset: Slot, fs: u64, net: u64) {
        let flags = self.choice.weighted(&[(80, 0), (18, 1), (1, 2), (1, 3)]);
        let dense = self.choice.one(&[30, 60, 90]);
        if net != 0 && self.choice.chance(30) {
            let access = self.choice.subset(net, dense);
            let port = self.choice.weighted(&[(90, 0), (8, 1), (2, 2)]);
            let port = match port {
                0 => u64::from(self.port()),
                1 => 0,
                _ => self.choice.one(&[65535, 65536, u64::MAX]),
            };
            return self.push(
                actor,
                Op::AddRulePort {
                    ruleset,
                    port,
                    access,
                    flags,
                },
            );
        }
        let (path, mut access) = match self.choice.below(10) {
            0 => ("/".to_owned(), fs),
            1 if self.has_race => (race::DIR.to_owned(), fs),
            1..3 => (self.names.file(&mut self.choice), fs & FS_FILE),
            3 => (self.names.any(&mut self.choice), fs),
            _ => (self.names.dir(&mut self.choice), fs),
        };
        access = self.choice.subset(access, dense);
        if access == 0 && self.choice.chance(90) {
            access = fs & 1 << self.choice.below(fs::ALL.count_ones() as usize);
        }
        if self.choice.chance(4) {
            access = self.choice.bits() >> self.choice.below(64);
        }
        let place = self.place(actor, path);
        self.push(
            actor,
            Op::AddRulePath {
                ruleset,
                place,
                access,
                flags,
            },
        );
    }

    /// Returns flags for the enforcement.
    fn restrict_flags(&mut self) -> u32 {
        let mut flags = 0;
        for (percent, flag) in RESTRICT {
            if self.choice.chance(percent) {
                flags |= flag as u32;
            }
        }
        flags
    }

    /// Adds a call of one of the three system calls, which need not make sense.
    pub(super) fn landlock_call(&mut self, actor: Actor) {
        let layers = self.actors[usize::from(actor)].layers;
        let kind = self.choice.below(24);
        if kind >= 20 {
            return self.raw_call(actor);
        }
        if kind < 5 {
            if actor != 0 && layers < USUAL_LAYERS {
                self.sandbox(actor);
            }
            return;
        }
        let ruleset = self.find(actor, |held| held == Held::Ruleset);
        match (kind, ruleset) {
            (5..9, _) => self.odd_ruleset(actor),
            (9..13, Some(ruleset)) => {
                let fs = self.choice.one(&[fs::ALL, FS_FILE]);
                self.rule(actor, ruleset, fs, net::ALL);
            }
            (13..15, Some(ruleset)) => self.odd_rule(actor, ruleset),
            (15, _) => self.push(actor, Op::NoNewPrivs),
            (16, _) if actor != 0 => self.push(actor, Op::DropCapabilities),
            (17, Some(ruleset)) if actor != 0 && layers < USUAL_LAYERS => {
                let ruleset = Some(ruleset);
                let flags = self.choice.bits() as u32 & self.choice.one(&[0x1f, 0x3f, u32::MAX]);
                self.push(actor, Op::Restrict { ruleset, flags });
            }
            (18, _) => {
                // Without a ruleset there is no layer: only logs change.
                let flags = self.choice.bits() as u32 & 0x1f;
                self.push(
                    actor,
                    Op::Restrict {
                        ruleset: None,
                        flags,
                    },
                );
            }
            _ => {}
        }
    }

    /// Adds the creation of a ruleset with any attribute, size and flags.
    fn odd_ruleset(&mut self, actor: Actor) {
        let mut attr = self.attr();
        let index = self.choice.below(6);
        match self.choice.below(4) {
            0 => attr[index] ^= 1 << self.choice.below(64),
            1 => attr[index] = 0,
            2 => attr[index] |= self.choice.subset(fs::ALL, 20),
            _ => {}
        }
        let sizes = [
            (6, 48),
            (1, 0),
            (1, 7),
            (2, 8),
            (2, 16),
            (2, 24),
            (1, 47),
            (1, 56),
            (1, 4096),
        ];
        let size = self.choice.weighted(&sizes);
        let flags = self
            .choice
            .weighted(&[(12, 0), (2, 1), (2, 2), (1, 3), (1, 4)]);
        let slot = self.new_slot();
        self.push(
            actor,
            Op::CreateRuleset {
                attr,
                size,
                flags,
                slot,
            },
        );
        self.hold(actor, slot, Held::Ruleset);
    }

    /// Adds a rule with an odd object or type.
    fn odd_rule(&mut self, actor: Actor, ruleset: Slot) {
        let target = self.new_slot();
        let access = self.choice.subset(fs::ALL, 20);
        let flags = 0;
        let odd = Op::AddRuleSlot {
            ruleset,
            target,
            access,
            flags,
        };
        let op = match self.choice.below(6) {
            0..2 => odd,
            2 => Op::AddRuleSlot {
                ruleset: target,
                target: ruleset,
                access,
                flags,
            },
            3 => Op::AddRuleType {
                ruleset,
                kind: self.choice.below(5) as u32,
            },
            4 => {
                let path = self
                    .choice
                    .one(&["/proc/self/ns/mnt", "/proc/self", "/dev/null", "/"]);
                let place = Place {
                    base: crate::program::Base::Cwd,
                    path: path.to_owned(),
                };
                Op::AddRulePath {
                    ruleset,
                    place,
                    access,
                    flags,
                }
            }
            _ => Op::AddRulePort {
                ruleset: target,
                port: 1,
                access: 1,
                flags,
            },
        };
        self.push(actor, op);
    }
}
