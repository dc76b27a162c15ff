// SPDX-License-Identifier: GPL-2.0-only

//! Chooses the files of a program.

use crate::choice::Choice;
use crate::program::{Kind, Node};
use crate::tree::ROOT;

/// Chooses the files; directories come before what is in them.
pub fn make(choice: &mut Choice) -> Vec<Node> {
    let mut tree = Vec::new();
    let mut dirs = vec![ROOT.to_owned()];
    for index in 0..6 + choice.below(7) {
        // The latest directories are the likely parents, so that there is some depth.
        let newest = dirs.len().min(3);
        let parent = if choice.chance(70) {
            dirs[dirs.len() - 1 - choice.below(newest)].clone()
        } else {
            choice.one(&dirs)
        };
        let path = format!("{parent}/d{index}");
        let kind = dir_kind(choice, &dirs, index);
        dirs.push(path.clone());
        tree.push(Node { path, kind });
    }
    fill(choice, &dirs, &mut tree);
    tree
}

/// Chooses what a directory shows: its files, or another file system.
fn dir_kind(choice: &mut Choice, dirs: &[String], index: usize) -> Kind {
    if index == 0 || choice.chance(75) {
        return Kind::Dir;
    }
    match choice.below(6) {
        0..2 => Kind::Tmpfs,
        2..5 => Kind::Bind(choice.one(dirs)),
        // A lower layer above the overlay would contain it.
        _ => Kind::Overlay(dirs.get(1).cloned().unwrap_or_else(|| ROOT.to_owned())),
    }
}

/// Adds what is in the directories.
fn fill(choice: &mut Choice, dirs: &[String], tree: &mut Vec<Node>) {
    let mut add = |choice: &mut Choice, name: String, kind| {
        let path = format!("{}/{name}", choice.one(dirs));
        tree.push(Node {
            path: path.clone(),
            kind,
        });
        path
    };
    let count = 9 + choice.below(8);
    let files: Vec<_> = (0..count)
        .map(|index| add(choice, format!("f{index}"), Kind::File))
        .collect();
    for index in 0..2 {
        let program = add(choice, format!("x{index}"), Kind::Program);
        let script = add(choice, format!("i{index}"), Kind::Script(program));
        add(choice, format!("j{index}"), Kind::Script(script));
        add(choice, format!("p{index}"), Kind::Fifo);
        add(choice, format!("s{index}"), Kind::Socket);
    }
    // null, zero, full, random
    for (index, minor) in [3, 5, 7, 8].into_iter().enumerate() {
        add(choice, format!("c{index}"), Kind::Device(minor));
    }
    for index in 0..2 {
        let target = choice.one(&files);
        add(choice, format!("l{index}"), Kind::Symlink(target));
        let target = choice.one(&files);
        add(choice, format!("h{index}"), Kind::HardLink(target));
    }
    let target = choice.one(dirs);
    add(choice, "ld".to_owned(), Kind::Symlink(target));
}
