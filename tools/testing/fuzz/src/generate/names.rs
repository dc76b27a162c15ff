// SPDX-License-Identifier: GPL-2.0-only

//! The paths that operations name.

use crate::choice::Choice;
use crate::generate::paths;
use crate::program::{Kind, Node};
use crate::tree::ROOT;

/// Paths of the tree, by what they are at first.
pub struct Names {
    /// Directories, the root of the tree among them.
    pub dirs: Vec<String>,
    /// Directories below the root of the tree.
    pub inner: Vec<String>,
    /// Regular files, and other names of them.
    pub files: Vec<String>,
    /// Programs and scripts.
    pub programs: Vec<String>,
    /// Devices.
    pub devices: Vec<String>,
    /// Everything that is neither a directory nor a file: pipes, devices, sockets, links.
    pub special: Vec<String>,
    /// Directories with something mounted on them.
    pub mounts: Vec<String>,
}

impl Names {
    /// Sorts the paths of `tree`.
    pub fn new(tree: &[Node]) -> Self {
        let is_mount = |kind: &Kind| matches!(kind, Kind::Tmpfs | Kind::Bind(_) | Kind::Overlay(_));
        let inner = paths(tree, |kind| *kind == Kind::Dir || is_mount(kind));
        let mut dirs = inner.clone();
        dirs.push(ROOT.to_owned());
        Self {
            dirs,
            inner,
            files: paths(tree, |kind| matches!(kind, Kind::File | Kind::HardLink(_))),
            programs: paths(tree, |kind| matches!(kind, Kind::Program | Kind::Script(_))),
            devices: paths(tree, |kind| matches!(kind, Kind::Device(_))),
            special: paths(tree, |kind| {
                matches!(
                    kind,
                    Kind::Fifo | Kind::Socket | Kind::Device(_) | Kind::Symlink(_)
                )
            }),
            mounts: paths(tree, is_mount),
        }
    }

    /// Returns a directory.
    pub fn dir(&self, choice: &mut Choice) -> String {
        choice.one(&self.dirs)
    }

    /// Returns something that is no directory.
    pub fn file(&self, choice: &mut Choice) -> String {
        match choice.below(20) {
            0..13 => choice.one(&self.files),
            13..15 => choice.one(&self.programs),
            15..19 => choice.one(&self.special),
            _ => self.new_name(choice),
        }
    }

    /// Returns a name that nothing has at first; there are few, so that they are met again.
    pub fn new_name(&self, choice: &mut Choice) -> String {
        format!("{}/n{}", self.dir(choice), choice.below(5))
    }

    /// Returns any path.
    pub fn any(&self, choice: &mut Choice) -> String {
        match choice.below(10) {
            0..3 => self.dir(choice),
            3..8 => self.file(choice),
            _ => self.new_name(choice),
        }
    }
}
