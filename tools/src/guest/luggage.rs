// SPDX-License-Identifier: GPL-2.0-only

//! What a user takes along into a guest: a file or folder, and the libraries of its programs.

use std::collections::BTreeSet;
use std::fs::{self, FileType};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::guest::initramfs::{Root, Section};
use crate::host::libraries::{self, Libraries};
use crate::host::place::{self, name};
use crate::host::ui;

/// Folder of the guest that has it, which `/init` knows.
pub const FOLDER: &str = "with";

/// The most bytes that it takes. A guest has one gibibyte of memory, and holds all of this twice
/// while it boots.
const MAX_SIZE: usize = 256 << 20;

/// Section of the plan that mounts a shared folder.
pub const SHARE: &str = "share";

/// Mounts it where its name is the only one. With a cache, the kernel keeps the inode that a rule is
/// tied to.
const MOUNT: &str = "mount -t 9p -o trans=virtio,cache=loose,ro with /with/*";

/// Adds `path` to the guest's folder, and the libraries of its programs to where they are on this
/// machine.
pub fn take_along(root: &mut Root, path: &Path) -> Result<()> {
    let (to, real) = ends(path)?;
    let entries = below(&real)?;
    for entry in &entries {
        add(root, &place_below(&to, &real, entry)?, entry)?;
    }
    add_in_place(root, &libraries_of(&entries)?)
}

/// Mounts the folder `path` in the guest's folder, where it can be read, and adds the libraries of
/// its programs. Returns what the machine has to share.
pub fn share(root: &mut Root, path: &Path) -> Result<PathBuf> {
    let (to, real) = ends(path)?;
    root.add_entry(to, 0o040755, *b"");
    root.plan.push(Section::new(SHARE, MOUNT));
    add_in_place(root, &libraries_of(&below(&real)?)?)?;
    Ok(real)
}

/// Returns the place in the guest that `path` gets, and where it really is.
fn ends(path: &Path) -> Result<(String, PathBuf)> {
    let real = path.canonicalize();
    let real = real.with_context(|| format!("cannot take {} along", path.display()))?;
    let named = path.file_name().map_or(real.as_path(), Path::new);
    Ok((format!("{FOLDER}/{}", name(named)), real))
}

/// Returns `path` and all that is below.
fn below(path: &Path) -> Result<Vec<PathBuf>> {
    let mut entries = vec![path.to_owned()];
    if kind(path)?.is_dir() {
        for entry in place::list(path, "")? {
            entries.append(&mut below(&entry)?);
        }
    }
    Ok(entries)
}

/// Returns the place in the guest of `entry`, which is below `top`, if the place of `top` is `to`.
fn place_below(to: &str, top: &Path, entry: &Path) -> Result<String> {
    let entry = entry.strip_prefix(top).context("it is not below")?;
    let place = Path::new(to).join(entry);
    Ok(place.to_string_lossy().trim_end_matches('/').to_owned())
}

/// Returns the libraries that the programs among `files` need.
fn libraries_of(files: &[PathBuf]) -> Result<BTreeSet<PathBuf>> {
    let mut libraries = BTreeSet::new();
    for file in files {
        if kind(file)?.is_file() {
            libraries.extend(needed(file)?);
        }
    }
    Ok(libraries)
}

/// Returns what kind of file `path` is, itself if it is a link.
fn kind(path: &Path) -> Result<FileType> {
    let data = fs::symlink_metadata(path);
    let data = data.with_context(|| format!("cannot read {}", path.display()))?;
    Ok(data.file_type())
}

/// Adds files, with the libraries of the programs among them, to where they are on this machine.
pub fn install(root: &mut Root, mut files: BTreeSet<PathBuf>) -> Result<()> {
    for file in files.clone() {
        files.extend(needed(&file)?);
    }
    add_in_place(root, &files)
}

/// Adds each of `files` to where it is on this machine.
fn add_in_place(root: &mut Root, files: &BTreeSet<PathBuf>) -> Result<()> {
    let mut files = files.iter();
    files.try_for_each(|file| add_file(root, place_of(file), file))
}

/// Adds `path` as `to`, unless it is a device or the like.
fn add(root: &mut Root, to: &str, path: &Path) -> Result<()> {
    let kind = kind(path)?;
    if kind.is_symlink() {
        let target = fs::read_link(path).context("cannot read a link")?;
        root.add_entry(to, 0o120777, target.as_os_str().as_bytes());
    } else if kind.is_dir() {
        root.add_entry(to, 0o040755, *b"");
    } else if kind.is_file() {
        add_file(root, to, path)?;
    }
    Ok(())
}

/// Adds the file `path`, with its permissions.
fn add_file(root: &mut Root, to: &str, path: &Path) -> Result<()> {
    let read = || Ok::<_, std::io::Error>((fs::metadata(path)?.mode(), fs::read(path)?));
    let (mode, content) = read().with_context(|| format!("cannot read {}", path.display()))?;
    root.add_entry(to, mode, content);
    ensure!(
        root.size() <= MAX_SIZE,
        "a guest takes no more than {} MiB along",
        MAX_SIZE >> 20
    );
    Ok(())
}

/// Returns the libraries that `path` needs, and says what this machine does not have.
fn needed(path: &Path) -> Result<Vec<PathBuf>> {
    let Libraries { found, missing } = libraries::of(path)?;
    for missing in missing {
        ui::note(format!("{} needs {missing}, which is not here", name(path)));
    }
    Ok(found)
}

/// Returns the place in the guest of what is at `path` on this machine.
fn place_of(path: &Path) -> &str {
    path.to_str().unwrap_or_default().trim_start_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use cpio::newc::Reader;
    use std::os::unix::fs::{PermissionsExt, symlink};

    /// Returns name and mode of each entry of the archive of `root`.
    fn entries(root: &Root) -> Vec<(String, u32)> {
        let file = tempfile::NamedTempFile::new().unwrap();
        root.write(file.path()).unwrap();
        let mut reader = Reader::new(file.reopen().unwrap()).unwrap();
        let mut entries = Vec::new();
        while !reader.entry().is_trailer() {
            entries.push((reader.entry().name().to_owned(), reader.entry().mode()));
            reader = Reader::new(reader.finish().unwrap()).unwrap();
        }
        entries
    }

    #[test]
    fn a_folder_comes_with_all_that_is_below() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("folder");
        fs::create_dir_all(folder.join("empty")).unwrap();
        fs::write(folder.join("secret"), "x").unwrap();
        fs::set_permissions(folder.join("secret"), fs::Permissions::from_mode(0o600)).unwrap();
        symlink("secret", folder.join("link")).unwrap();

        let mut root = Root::default();
        take_along(&mut root, &folder).unwrap();
        let entries = entries(&root);
        for (name, mode) in [
            ("with/folder/empty", 0o040755),
            ("with/folder/secret", 0o100600),
            ("with/folder/link", 0o120777),
        ] {
            assert!(entries.contains(&(name.to_owned(), mode)), "{name}");
        }
    }

    #[test]
    fn a_program_comes_with_its_libraries() {
        let program = std::env::current_exe().unwrap();
        let mut root = Root::default();
        take_along(&mut root, &program).unwrap();
        let entries = entries(&root);
        let has = |part: &str| entries.iter().any(|(name, _)| name.contains(part));
        assert!(has(&format!("with/{}", name(&program))));
        assert!(has("/libc.so.6") && has("lib64/ld-linux"));
        assert!(has("lib64"));
    }

    #[test]
    fn a_link_keeps_its_name() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("gawk"), "x").unwrap();
        symlink("gawk", dir.path().join("awk")).unwrap();

        let mut root = Root::default();
        take_along(&mut root, &dir.path().join("awk")).unwrap();
        let entries = entries(&root);
        assert!(
            entries
                .iter()
                .any(|(name, mode)| name == "with/awk" && mode & 0o170000 == 0o100000)
        );
    }

    #[test]
    fn what_is_not_there_is_named() {
        let error = take_along(&mut Root::default(), Path::new("/nonexistent")).unwrap_err();
        assert_eq!(error.to_string(), "cannot take /nonexistent along");
    }
}
