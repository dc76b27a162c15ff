// SPDX-License-Identifier: GPL-2.0-only

//! Renames and links to another directory, with the steps of `walk/reparent.rs`.

use super::{grants, layers, slice, Handled, Rule, REFUSED};
use crate::policy::{
    access::AccessFs,
    open::FileType,
    refer::{Move, Moved, Refusal, Reparent, Required, Side},
    unfulfilled::Inheritance,
};

/// What is renamed, and the rules that are met on the way.
#[repr(C)]
pub struct Rename {
    /// What is required of the source and the destination.
    required: [u64; 2],
    /// Whether the file, and the one that comes back, is a directory.
    is_directory: [bool; 2],
    /// Whether a file comes back.
    is_swapped: bool,
    /// Whether a rule stops what is further up.
    has_stops: bool,
    /// The rules on both files.
    on_files: [Rule; 2],
    /// How many rules there are below the common root of the source, of the destination, above.
    counts: [usize; 3],
    /// These rules, one after another.
    rules: *const Rule,
}

/// A rename between two directories: 0 if it is allowed, 1 for `EACCES`, 2 for `EXDEV`.
///
/// # Safety
///
/// As [`slice`] for each pointer and its count.
#[no_mangle]
pub unsafe extern "C" fn refers(handled: *const Handled, count: usize, rename: &Rename) -> u64 {
    let [source, destination, above] = rename.counts;
    let all = source + destination + above;
    // SAFETY: By the safety contract.
    let (handled, rules) = unsafe { (slice(handled, count), slice(rename.rules, all)) };
    let (below, above) = rules.split_at(source + destination);

    walk(handled, rename, below.split_at(source), above).map_or(REFUSED, |verdict| match verdict {
        Ok(()) => 0,
        Err(Refusal::MissingRight) => 1,
        Err(Refusal::Reparent) => 2,
    })
}

fn walk(
    handled: &[Handled],
    rename: &Rename,
    (source, destination): (&[Rule], &[Rule]),
    above: &[Rule],
) -> Option<Result<(), Refusal>> {
    let layers = layers(handled)?;
    let moved = |index: usize| {
        let file_type = match rename.is_directory[index] {
            true => FileType::Directory,
            false => FileType::Regular,
        };
        let on_file = grants(&rename.on_files[index], handled.len());

        Moved::new(&layers, file_type, Some(on_file))
    };
    let required = Required {
        source: AccessFs::parse(rename.required[0]).ok()?,
        destination: AccessFs::parse(rename.required[1]).ok()?,
    };
    let swapped = rename.is_swapped.then(|| moved(1));
    let inheritance = match rename.has_stops {
        true => Inheritance::Stops,
        false => Inheritance::Whole,
    };
    let mut reparent = Reparent::new(&layers, required, moved(0), swapped, inheritance);

    climb_mount(reparent.source(), source, handled.len());
    climb_mount(reparent.destination(), destination, handled.len());
    if reparent.is_fulfilled() {
        return Some(Ok(()));
    }
    Some(climb_to_root(&mut reparent, above, handled.len()))
}

fn climb_mount(side: &mut Side, rules: &[Rule], layers: usize) {
    for rule in rules {
        side.grant(grants(rule, layers));
        if side.is_fulfilled() {
            return;
        }
    }
}

fn climb_to_root(reparent: &mut Reparent, rules: &[Rule], layers: usize) -> Result<(), Refusal> {
    for rule in rules {
        reparent.compare();
        if reparent.is_fulfilled() {
            return Ok(());
        }
        reparent.grant(grants(rule, layers));
        if reparent.is_fulfilled() {
            return Ok(());
        }
    }
    reparent.conclude()
}

fn file_type(number: u64) -> FileType {
    match number {
        0 => FileType::Directory,
        1 => FileType::Regular,
        2 => FileType::Symlink,
        3 => FileType::Fifo,
        4 => FileType::Socket,
        5 => FileType::Block,
        6 => FileType::Whiteout,
        _ => FileType::Character,
    }
}

/// What an action needs of the source (upper half) and the destination (lower half); `new` is 8 if
/// nothing has the new name.
#[no_mangle]
pub extern "C" fn requires(action: u64, old: u64, new: u64) -> u64 {
    let action = match action {
        0 => Move::Link,
        1 => Move::Rename,
        2 => Move::RenameWhiteout,
        _ => Move::Exchange,
    };
    let new = (new != 8).then(|| file_type(new));
    let required = Required::new(action, file_type(old), new);
    let bits = |rights: AccessFs| u64::from(u32::from(rights));

    bits(required.source) << 32 | bits(required.destination)
}
