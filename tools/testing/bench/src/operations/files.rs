// SPDX-License-Identifier: GPL-2.0-only

//! Files that come, go, move and change.

use std::ffi::{CStr, CString};
use std::fs;
use std::os::fd::OwnedFd;
use std::path::Path;

use anyhow::{Context, Result};
use nix::unistd;
use rustix::fs::{AtFlags, Mode, OFlags, linkat, mkdirat, open, openat, renameat, unlinkat};
use rustix::pty::{OpenptFlags, openpt};
use rustix::termios::tcgetwinsize;

use crate::sample::{self, Operation};
use crate::tree;

/// Two directories beside each other.
const FROM: &str = "/tmp/operations/from";
const TO: &str = "/tmp/operations/to";

/// How new files are opened.
const NEW: OFlags = OFlags::CREATE
    .union(OFlags::EXCL)
    .union(OFlags::WRONLY)
    .union(OFlags::CLOEXEC);

/// How files are opened that an earlier measurement may have left.
const KEPT: OFlags = NEW.difference(OFlags::EXCL);

/// A directory, and the names of the files of a block.
struct Folder {
    fd: OwnedFd,
    names: Vec<CString>,
}

impl Folder {
    /// Opens the directory `path`.
    fn open(path: &str) -> Result<Self> {
        let name = |index| CString::new(format!("file{index}"));
        Ok(Self {
            fd: tree::directory(Path::new(path))?,
            names: (0..10).map(name).collect::<Result<_, _>>()?,
        })
    }

    /// Creates the file number `index`.
    fn create(&self, index: usize) -> Result<()> {
        openat(&self.fd, &*self.names[index], NEW, Mode::RUSR)?;
        Ok(())
    }

    /// Removes the file number `index`.
    fn unlink(&self, index: usize) -> Result<()> {
        Ok(unlinkat(&self.fd, &*self.names[index], AtFlags::empty())?)
    }

    /// Removes what lies in the directory.
    fn clear(&self, flags: AtFlags) -> Result<()> {
        let mut names = self.names.iter();
        Ok(names.try_for_each(|name| unlinkat(&self.fd, &**name, flags))?)
    }
}

/// Creating files, with the descriptor.
struct Create(Folder);

impl Operation for Create {
    fn call(&mut self, index: usize) -> Result<()> {
        self.0.create(index)
    }

    fn after(&mut self) -> Result<()> {
        self.0.clear(AtFlags::empty())?;
        sample::settle()
    }
}

/// Prepares [`Create`].
pub fn create() -> Result<Box<dyn Operation>> {
    Ok(Box::new(Create(Folder::open(FROM)?)))
}

/// Creating directories.
struct Mkdir(Folder);

impl Operation for Mkdir {
    fn call(&mut self, index: usize) -> Result<()> {
        Ok(mkdirat(&self.0.fd, &*self.0.names[index], Mode::RWXU)?)
    }

    fn after(&mut self) -> Result<()> {
        self.0.clear(AtFlags::REMOVEDIR)?;
        sample::settle()
    }
}

/// Prepares [`Mkdir`].
pub fn mkdir() -> Result<Box<dyn Operation>> {
    Ok(Box::new(Mkdir(Folder::open(FROM)?)))
}

/// Removing files.
struct Unlink(Folder);

impl Operation for Unlink {
    fn before(&mut self) -> Result<()> {
        (0..self.calls()).try_for_each(|index| self.0.create(index))
    }

    fn call(&mut self, index: usize) -> Result<()> {
        self.0.unlink(index)
    }

    fn after(&mut self) -> Result<()> {
        sample::settle()
    }
}

/// Prepares [`Unlink`].
pub fn unlink() -> Result<Box<dyn Operation>> {
    Ok(Box::new(Unlink(Folder::open(FROM)?)))
}

/// Moving a file to and fro between two places.
struct Rename {
    places: [(OwnedFd, &'static CStr); 2],
}

impl Rename {
    /// Creates the file at the first place.
    fn prepare(places: [(&str, &'static CStr); 2]) -> Result<Box<dyn Operation>> {
        let [(from, old), (to, new)] = places;
        let from = tree::directory(Path::new(from))?;
        let to = tree::directory(Path::new(to))?;
        openat(&from, old, KEPT, Mode::RUSR)?;
        Ok(Box::new(Self {
            places: [(from, old), (to, new)],
        }))
    }
}

impl Operation for Rename {
    fn call(&mut self, index: usize) -> Result<()> {
        let (from, old) = &self.places[index % 2];
        let (to, new) = &self.places[(index + 1) % 2];
        Ok(renameat(from, *old, to, *new)?)
    }
}

/// Prepares a [`Rename`] within a directory.
pub fn rename_within() -> Result<Box<dyn Operation>> {
    Rename::prepare([(FROM, c"here"), (FROM, c"there")])
}

/// Prepares a [`Rename`] between two directories.
pub fn rename_between() -> Result<Box<dyn Operation>> {
    Rename::prepare([(FROM, c"moved"), (TO, c"moved")])
}

/// Linking a file of one directory into another one.
struct Link {
    from: OwnedFd,
    to: Folder,
}

impl Operation for Link {
    fn call(&mut self, index: usize) -> Result<()> {
        let (to, name) = (&self.to.fd, &*self.to.names[index]);
        Ok(linkat(&self.from, c"linked", to, name, AtFlags::empty())?)
    }

    fn after(&mut self) -> Result<()> {
        self.to.clear(AtFlags::empty())
    }
}

/// Prepares [`Link`].
pub fn link_between() -> Result<Box<dyn Operation>> {
    let from = tree::directory(Path::new(FROM))?;
    openat(&from, c"linked", KEPT, Mode::RUSR)?;
    let to = Folder::open(TO)?;
    Ok(Box::new(Link { from, to }))
}

/// Truncating an empty file by its name.
struct Truncate(CString);

impl Operation for Truncate {
    fn call(&mut self, _index: usize) -> Result<()> {
        Ok(unistd::truncate(&*self.0, 0)?)
    }
}

/// Prepares [`Truncate`].
pub fn truncate() -> Result<Box<dyn Operation>> {
    Ok(Box::new(Truncate(empty_file()?)))
}

/// Truncating an empty file that is open.
struct Ftruncate(OwnedFd);

impl Operation for Ftruncate {
    fn call(&mut self, _index: usize) -> Result<()> {
        Ok(rustix::fs::ftruncate(&self.0, 0)?)
    }
}

/// Prepares [`Ftruncate`].
pub fn ftruncate() -> Result<Box<dyn Operation>> {
    let flags = OFlags::WRONLY | OFlags::CLOEXEC;
    let file = open(empty_file()?, flags, Mode::empty())?;
    Ok(Box::new(Ftruncate(file)))
}

/// Creates an empty file and returns its path.
fn empty_file() -> Result<CString> {
    let path = format!("{FROM}/empty");
    fs::write(&path, "").context("cannot create a file")?;
    Ok(CString::new(path)?)
}

/// Asking a terminal for its size.
struct Ioctl(OwnedFd);

impl Operation for Ioctl {
    fn call(&mut self, _index: usize) -> Result<()> {
        tcgetwinsize(&self.0)?;
        Ok(())
    }
}

/// Prepares [`Ioctl`].
pub fn ioctl() -> Result<Box<dyn Operation>> {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    Ok(Box::new(Ioctl(terminal)))
}
