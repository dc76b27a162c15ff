// SPDX-License-Identifier: GPL-2.0-only

//! What the tests share: rights as plain sets, and tables that own their words.

use crate::policy::{
    access::{AccessFs, AccessFsRight, AccessMasks},
    grants::{Grants, RuleFlags},
    layer::{LayerIndex, Layers, MAX_LAYERS},
    rule::{self, Key, Multiplier, Shape, Table},
    unfulfilled::Unfulfilled,
};

use landlock_uapi as uapi;
use proptest::{collection::vec, prelude::*, sample::subsequence};
use std::{collections::BTreeSet, ops::RangeInclusive};

/// The number of rights on files: this ABI has the lowest ones.
pub(super) const FS_COUNT: usize = uapi::fs::NAMES.len();

/// Every bit that stands for a right on files.
pub(super) const FS_BITS: u64 = uapi::fs::ALL;

/// The number of rights on ports.
pub(super) const NET_COUNT: usize = uapi::net::NAMES.len();

/// Every bit that stands for a right on ports.
pub(super) const NET_BITS: u64 = uapi::net::ALL;

/// The number of scopes.
pub(super) const SCOPE_COUNT: usize = uapi::scope::NAMES.len();

/// Every bit that stands for a scope.
pub(super) const SCOPE_BITS: u64 = uapi::scope::ALL;

/// Returns the positions of the rights that apply to files that are not directories.
pub(super) fn on_files() -> impl Iterator<Item = usize> {
    (0..FS_COUNT).filter(|right| uapi::FS_FILE & 1 << right != 0)
}

/// Position of the right that is denied by each layer that restricts access to files.
pub(super) const REFER: usize = 13;

/// The documented greatest number of layers.
pub(super) const LAYERS: usize = 16;

/// Rights as a model has them: positions of their bits.
pub(super) type Set = BTreeSet<usize>;

/// Turns a set of a model into what the policy takes.
pub(super) fn rights(set: &Set) -> AccessFs {
    fs(set.iter().fold(0, |bits, position| bits | 1 << position))
}

/// Turns known bits into what the policy takes.
pub(super) fn fs(bits: u64) -> AccessFs {
    AccessFs::parse(bits).expect("these bits are known")
}

/// Turns what the policy returns into bits.
pub(super) fn bits(rights: AccessFs) -> u64 {
    u64::from(u32::from(rights))
}

/// Turns what the policy returns into a set of a model.
pub(super) fn set_of(rights: AccessFs) -> Set {
    (0..64)
        .filter(|position| bits(rights) >> position & 1 != 0)
        .collect()
}

/// Turns a list of rights into a set of a model.
pub(super) fn positions(rights: &[AccessFsRight]) -> Set {
    rights
        .iter()
        .map(|right| (*right as u32).trailing_zeros() as usize)
        .collect()
}

/// Any right, chosen by a number.
pub(super) fn some_right(number: usize) -> AccessFs {
    fs(1 << (number % FS_COUNT))
}

/// Every right.
pub(super) fn all_rights() -> Set {
    (0..FS_COUNT).collect()
}

/// Returns what a layer denies that handles `handled`: `REFER` as well if it handles anything.
pub(super) fn denied_by(handled: &Set) -> Set {
    let mut denied = handled.clone();

    if !handled.is_empty() {
        denied.insert(REFER);
    }
    denied
}

/// Any set of rights.
pub(super) fn any_set() -> impl Strategy<Value = Set> {
    let all: Vec<usize> = (0..FS_COUNT).collect();
    let sizes = 0..=all.len();

    subsequence(all, sizes).prop_map(|chosen| chosen.into_iter().collect())
}

/// Any set for each layer; as many layers as `counts` says.
pub(super) fn any_sets(counts: RangeInclusive<usize>) -> impl Strategy<Value = Vec<Set>> {
    vec(any_set(), counts)
}

/// Returns the position of a layer.
pub(super) fn index(layer: usize) -> LayerIndex {
    LayerIndex::try_new(layer).expect("there are 16 layers")
}

/// Returns what a layer handles that restricts access to files only.
#[allow(
    clippy::needless_update,
    reason = "there will be other kinds of rights"
)]
pub(super) fn handling(fs: AccessFs) -> AccessMasks {
    AccessMasks {
        fs,
        ..AccessMasks::default()
    }
}

/// Stacks layers, oldest first, that handle these rights.
pub(super) fn stack(handled: &[AccessFs]) -> Layers {
    let (oldest, younger) = handled.split_first().expect("there is a layer");

    younger
        .iter()
        .fold(Layers::first(handling(*oldest)), |layers, fs| {
            layers.stack(handling(*fs)).expect("there are 16 layers")
        })
}

/// As [`stack`], from sets of a model.
pub(super) fn stack_of(handled: &[Set]) -> Layers {
    stack(&handled.iter().map(rights).collect::<Vec<_>>())
}

/// Reads what `grants` has for one layer: all that another layer does not miss.
pub(super) fn granted(grants: Grants<'_>, layer: usize) -> AccessFs {
    let mut handled = [AccessFs::empty(); MAX_LAYERS];
    handled[layer] = AccessFs::ALL;
    let mut left = Unfulfilled::new(&stack(&handled), AccessFs::ALL);

    left.grant(grants);
    match left.youngest_denial() {
        None => AccessFs::ALL,
        Some(denial) => {
            assert_eq!(denial.layer, index(layer));
            !denial.missing
        }
    }
}

/// Reads what `grants` has for each layer.
pub(super) fn granted_per_layer(grants: Grants<'_>) -> [u32; LAYERS] {
    std::array::from_fn(|layer| granted(grants, layer).into())
}

/// Reads what is left in each of `layers` layers: the youngest is read, then granted, and so on.
pub(super) fn left_per_layer(mut left: Unfulfilled<AccessFs>, layers: usize) -> Vec<Set> {
    let mut found = vec![Set::new(); layers];

    while let Some(denial) = left.youngest_denial() {
        let layer = denial.layer.get();
        assert!(found[layer].is_empty(), "layer {layer} was granted all");
        assert!(!denial.missing.is_empty(), "layer {layer} denies nothing");

        let mut all = Rules::new(1, layers);
        all.extend(Key::MIN, layer, AccessFs::ALL);
        left.grant(all.find(Key::MIN).expect("it was added"));
        found[layer] = set_of(denial.missing);
    }
    found
}

/// A table that owns its words, and that is used as the module uses one: it grows in time, and what
/// it inherits comes before what it adds.
#[derive(Clone)]
pub(super) struct Rules {
    pub(super) shape: Shape,
    pub(super) words: Vec<u64>,
    pub(super) count: usize,
    layers: usize,
}

impl Rules {
    /// Makes a table for `room` rules of `layers` layers.
    pub(super) fn new(room: usize, layers: usize) -> Self {
        Self::with(room, layers, Multiplier::FIXED)
    }

    /// As [`Self::new`], with another multiplier.
    pub(super) fn with(room: usize, layers: usize, multiplier: Multiplier) -> Self {
        let shape = Shape::new(room, index(layers - 1), multiplier).expect("that is few");

        Self {
            shape,
            words: vec![0; shape.words().expect("that is few")],
            count: 0,
            layers,
        }
    }

    pub(super) fn table(&self) -> Table<'_> {
        Table::new(self.shape, &self.words)
    }

    pub(super) fn find(&self, key: Key) -> Option<Grants<'_>> {
        self.table().find(key)
    }

    /// Adds to a rule, in a larger table if this one has no room. Returns whether the rule is new.
    pub(super) fn extend(&mut self, key: Key, layer: usize, granted: AccessFs) -> bool {
        if !self.shape.has_room(self.count) {
            *self = self.inherited(self.count * 2, self.layers);
        }
        self.insert(key, layer, granted).expect("there is room")
    }

    /// Adds to a rule, or fails if the table is full.
    pub(super) fn insert(&mut self, key: Key, layer: usize, granted: AccessFs) -> Option<bool> {
        let (index, flags) = (index(layer), RuleFlags::NONE);
        let is_new = rule::extend(self.shape, &mut self.words, key, index, granted, flags)?;

        self.count += usize::from(is_new);
        Some(is_new)
    }

    /// Returns the same rules in a new table for `room` rules of `layers` layers.
    pub(super) fn inherited(&self, room: usize, layers: usize) -> Self {
        let mut heir = Self::new(room, layers);

        for (key, grants) in self.table().iter() {
            rule::inherit(heir.shape, &mut heir.words, key, grants).expect("there is room");
            heir.count += 1;
        }
        heir
    }

    /// Returns the rules of a domain, in one more layer those of `ruleset`.
    pub(super) fn merged(&self, ruleset: &Self) -> Self {
        let mut merged = self.inherited(self.count + ruleset.count, self.layers + 1);

        for (key, grants) in ruleset.table().iter() {
            merged.extend(key, self.layers, grants.of_ruleset());
        }
        merged
    }

    /// Returns the number of slots of a table of one or two layers.
    pub(super) fn slots(&self) -> usize {
        self.words.len() / (1 + self.layers.div_ceil(2))
    }
}
