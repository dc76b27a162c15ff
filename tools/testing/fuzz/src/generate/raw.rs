// SPDX-License-Identifier: GPL-2.0-only

//! Chooses calls of Landlock whose arguments no library would pass.

use crate::generate::{Held, Maker};
use crate::program::{Actor, Bytes, Op};

/// Addresses where no program has memory: null, low, not canonical, of the kernel, the last one.
const NOWHERE: [u64; 6] = [
    0,
    1,
    0x8000_0000_0000_0000,
    0xffff_8880_0000_0000,
    0xffff_ffff_8100_0000,
    u64::MAX,
];

/// Sizes of attributes, wrong and right.
const SIZES: [u64; 16] = [
    0,
    1,
    7,
    8,
    15,
    16,
    24,
    40,
    47,
    48,
    49,
    56,
    4095,
    4096,
    4097,
    u64::MAX,
];

impl Maker {
    /// Adds a call of Landlock with any address, size and flags.
    pub(super) fn raw_call(&mut self, actor: Actor) {
        let ruleset = self.find(actor, |held| held == Held::Ruleset);
        match (self.choice.below(10), ruleset) {
            (0..5, _) | (_, None) => self.raw_ruleset(actor),
            (5..8, Some(ruleset)) => {
                let (kind, attr) = (self.choice.below(4) as u64, self.raw_rule());
                // The upper half of the register is no part of the type.
                let kind = kind | u64::from(self.choice.chance(20)) << 32;
                let flags = self.choice.weighted(&[(8, 0), (1, 1), (1, 4)]);
                let op = Op::RawRule {
                    ruleset,
                    kind,
                    attr,
                    flags,
                };
                self.push(actor, op);
            }
            _ => {
                let no_ruleset = [-1, -2, 0, 1 << 31, i64::MAX, i64::MIN, 1023, 1 << 40];
                let ruleset = self.choice.one(&no_ruleset);
                let flags = self.choice.subset(u64::MAX, 4);
                self.push(actor, Op::RawRestrict { ruleset, flags });
            }
        }
    }

    /// Adds the creation of a ruleset: an attribute with a tail, at the edge of a page or nowhere.
    fn raw_ruleset(&mut self, actor: Actor) {
        let size = self.choice.one(&SIZES);
        let mut length = size.min(4096) as usize;
        if self.choice.chance(30) {
            length = self.choice.below(length + 1);
        }
        let mut bytes = vec![0; length];
        for word in bytes.chunks_mut(8).take(6) {
            word[0] = self.choice.subset(0x3, 60) as u8;
        }
        if let (true, index) = (self.choice.chance(25), self.choice.below(length)) {
            if let Some(byte) = bytes.get_mut(index) {
                *byte = 1;
            }
        }
        let attr = match self.choice.chance(25) {
            true => Bytes::Nowhere(self.choice.one(&NOWHERE)),
            false => Bytes::Edge(bytes),
        };
        let flags = self.choice.weighted(&[(12, 0), (1, 1), (1, 2), (1, 8)]);
        let slot = self.new_slot();
        let op = Op::RawRuleset {
            attr,
            size,
            flags,
            slot,
        };
        self.push(actor, op);
        self.hold(actor, slot, Held::Ruleset);
    }

    /// Returns the attribute of a rule, which may be cut off or nowhere.
    fn raw_rule(&mut self) -> Bytes {
        if self.choice.chance(25) {
            return Bytes::Nowhere(self.choice.one(&NOWHERE));
        }
        let length = self.choice.one(&[0, 1, 8, 11, 12, 12, 15, 16, 16, 4096]);
        let mut bytes = vec![0; length];
        for byte in bytes.iter_mut().take(16) {
            *byte = self.choice.subset(0xff, 10) as u8;
        }
        Bytes::Edge(bytes)
    }
}
