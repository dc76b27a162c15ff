// SPDX-License-Identifier: GPL-2.0-only

//! The patch series on a kernel tree. Files whose content stays keep their time, so that a changed
//! series rebuilds little.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::host::key::Key;
use crate::host::place;
use crate::host::ui;

mod tree;

pub use tree::Tree;

use tree::{put, read};

/// Starts the name of a letter about the whole series, which changes no file.
const COVER_LETTER: &str = "0000-";

/// A patch series, and files that come with it.
#[derive(Default)]
pub struct Series {
    patches: Vec<(String, String)>,
    additions: BTreeMap<String, Vec<u8>>,
}

impl Series {
    /// Reads the patches of `dir` in the order of their names, without the cover letter.
    pub fn read(dir: &Path) -> Result<Self> {
        let read = |path: PathBuf| {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            Ok((place::name(&path), text))
        };
        let paths = place::list(dir, ".patch")?.into_iter();
        let patches = paths.filter(|path| !place::name(path).starts_with(COVER_LETTER));
        Ok(Self {
            patches: patches.map(read).collect::<Result<_>>()?,
            additions: BTreeMap::new(),
        })
    }

    /// Keeps the first `count` patches only.
    pub fn truncate(&mut self, count: usize) {
        self.patches.truncate(count);
    }

    /// Appends the patches of `other`.
    pub fn extend(&mut self, other: Self) {
        self.patches.extend(other.patches);
        self.additions.extend(other.additions);
    }

    /// Adds the host's file `from` to the tree as `to`.
    pub fn add_file(&mut self, to: impl Into<String>, from: &Path) -> Result<()> {
        let content = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
        self.additions.insert(to.into(), content);
        Ok(())
    }

    /// Returns all patches as one text.
    pub fn text(&self) -> String {
        self.patches.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// Returns what identifies the series with its files.
    pub fn key(&self) -> String {
        let key = Key::new().add("patches", self.text());
        let additions = self.additions.iter();
        additions
            .fold(key, |key, (file, content)| key.add(file, content))
            .finish()
    }

    /// Makes `tree` the original tree with this series, whatever series it had before.
    ///
    /// The patches are applied to a copy of the files that they change. A patch that does not apply
    /// leaves the tree as it was.
    pub fn apply(&self, tree: &Tree) -> Result<()> {
        tree.save_pristine(&self.files())?;
        let files = tree.patched_files()?;
        let scratch = tempfile::tempdir().context("cannot create a temporary folder")?;
        for file in &files {
            let content = read(&tree.pristine().join(file))?;
            put(&scratch.path().join(file), content.as_deref())?;
        }
        self.revert(scratch.path())?;
        for (name, text) in &self.patches {
            apply_one(name, text, scratch.path())?;
        }
        for (file, content) in &self.additions {
            put(&scratch.path().join(file), Some(content))?;
        }
        let mut changed = 0;
        for file in &files {
            let content = read(&scratch.path().join(file))?;
            if content != read(&tree.dir.join(file))? {
                put(&tree.dir.join(file), content.as_deref())?;
                changed += 1;
            }
        }
        if changed > 0 {
            let count = self.patches.len();
            ui::say(
                "patch",
                format!("{count} patches applied, {changed} files changed"),
            );
        }
        Ok(())
    }

    /// Takes back from the files in `dir` what they have of the series: the original tree may be
    /// that of somebody who applied it, or its first patches.
    fn revert(&self, dir: &Path) -> Result<()> {
        let mut applied = self.patches.len();
        while let Some((_, text)) = self.patches[..applied].last() {
            if patch(text, dir, &["--reverse", "--dry-run"])?.is_ok() {
                break;
            }
            applied -= 1;
        }
        for (name, text) in self.patches[..applied].iter().rev() {
            if let Err(why) = patch(text, dir, &["--reverse"])? {
                bail!("{name}: {why}; this kernel has another version of the series: take it back");
            }
        }
        Ok(())
    }

    /// Returns the files that the series changes.
    fn files(&self) -> BTreeSet<String> {
        let texts = self.patches.iter().map(|(_, text)| text.as_str());
        let added = self.additions.keys().cloned();
        texts.flat_map(changed_files).chain(added).collect()
    }
}

/// Applies one patch to the files in `dir`.
fn apply_one(name: &str, text: &str, dir: &Path) -> Result<()> {
    patch(text, dir, &[])?
        .or_else(|why| bail!("{name}: {why}; the series does not fit this kernel"))
}

/// Calls `patch` with the patch `text` and `options` in `dir`. Returns what it says when it fails.
fn patch(text: &str, dir: &Path, options: &[&str]) -> Result<Result<(), String>> {
    let input = tempfile::NamedTempFile::new().context("cannot create a temporary file")?;
    fs::write(input.path(), text)?;
    let mut patch = Command::new("patch");
    patch
        .args(["-p1", "--silent", "--force", "--no-backup-if-mismatch"])
        .args(["--reject-file=-", "--input"])
        .arg(input.path())
        .args(options)
        .current_dir(dir);
    let output = patch.output().context("cannot start patch")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find(|line| line.contains("FAILED"));
    let why = line.or(text.lines().next()).unwrap_or("it does not apply");
    Ok(match output.status.success() {
        true => Ok(()),
        false => Err(why.to_owned()),
    })
}

/// Returns the files that a patch changes, adds or removes.
fn changed_files(text: &str) -> Vec<String> {
    let mut lines = text.lines().peekable();
    let mut files = Vec::new();
    while let Some(line) = lines.next() {
        let (Some(old), Some(next)) = (line.strip_prefix("--- "), lines.peek()) else {
            continue;
        };
        if let Some(new) = next.strip_prefix("+++ ") {
            files.extend([old, new].iter().filter_map(|path| strip_first(path)));
        }
    }
    files
}

/// Removes the first part of a path, as `patch -p1` does.
fn strip_first(path: &str) -> Option<String> {
    let path = path.split('\t').next()?.trim();
    let (_, rest) = path.split_once('/')?;
    (path != "/dev/null").then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &str = "Subject: x\n\n---\n a | 1 +\n\n--- a/one\n+++ b/one\n@@ -1 +1 @@\n-1\n+2\n\
                         --- /dev/null\n+++ b/sub/new\n@@ -0,0 +1 @@\n+new\n";

    fn series(text: &str) -> Series {
        Series {
            patches: vec![("0001.patch".to_owned(), text.to_owned())],
            ..Series::default()
        }
    }

    #[test]
    fn files_of_a_patch() {
        assert_eq!(changed_files(PATCH), ["one", "one", "sub/new"]);
    }

    #[test]
    fn a_series_comes_and_goes() {
        let dir = tempfile::tempdir().unwrap();
        let tree = Tree::new(dir.path().join("tree"));
        place::write(&tree.dir.join("one"), "1\n").unwrap();

        series(PATCH).apply(&tree).unwrap();
        assert_eq!(fs::read_to_string(tree.dir.join("one")).unwrap(), "2\n");
        let time = fs::metadata(tree.dir.join("one"))
            .unwrap()
            .modified()
            .unwrap();
        series(PATCH).apply(&tree).unwrap();
        assert_eq!(
            fs::metadata(tree.dir.join("one"))
                .unwrap()
                .modified()
                .unwrap(),
            time
        );

        Series::default().apply(&tree).unwrap();
        assert_eq!(fs::read_to_string(tree.dir.join("one")).unwrap(), "1\n");
        assert!(!tree.dir.join("sub/new").exists());
    }

    #[test]
    fn a_tree_may_have_the_series_already() {
        let dir = tempfile::tempdir().unwrap();
        let tree = Tree::new(dir.path().join("tree"));
        place::write(&tree.dir.join("one"), "2\n").unwrap();
        place::write(&tree.dir.join("sub/new"), "new\n").unwrap();

        series(PATCH).apply(&tree).unwrap();
        assert_eq!(fs::read_to_string(tree.dir.join("one")).unwrap(), "2\n");
        assert_eq!(
            fs::read_to_string(tree.dir.join("sub/new")).unwrap(),
            "new\n"
        );
    }

    #[test]
    fn a_tree_may_have_the_first_patches_already() {
        let dir = tempfile::tempdir().unwrap();
        let tree = Tree::new(dir.path().join("tree"));
        place::write(&tree.dir.join("one"), "2\n").unwrap();
        place::write(&tree.dir.join("sub/new"), "new\n").unwrap();
        let mut both = series(PATCH);
        both.extend(series("--- a/one\n+++ b/one\n@@ -1 +1 @@\n-2\n+3\n"));

        both.apply(&tree).unwrap();
        assert_eq!(fs::read_to_string(tree.dir.join("one")).unwrap(), "3\n");
        series(PATCH).apply(&tree).unwrap();
        assert_eq!(fs::read_to_string(tree.dir.join("one")).unwrap(), "2\n");
    }

    #[test]
    fn a_cover_letter_is_no_patch() {
        let dir = tempfile::tempdir().unwrap();
        place::write(&dir.path().join("0000-cover-letter.patch"), "Hello\n").unwrap();
        place::write(&dir.path().join("0001-one.patch"), PATCH).unwrap();

        assert_eq!(Series::read(dir.path()).unwrap().text(), PATCH);
    }

    #[test]
    fn files_come_and_go_with_a_series() {
        let dir = tempfile::tempdir().unwrap();
        let tree = Tree::new(dir.path().join("tree"));
        place::write(&tree.dir.join("one"), "1\n").unwrap();
        let source = dir.path().join("source.rs");
        place::write(&source, "// code\n").unwrap();

        let mut both = series(PATCH);
        both.add_file("sub/rs/source.rs", &source).unwrap();
        assert_ne!(both.key(), series(PATCH).key());
        both.apply(&tree).unwrap();
        let added = tree.dir.join("sub/rs/source.rs");
        assert_eq!(fs::read_to_string(&added).unwrap(), "// code\n");
        series(PATCH).apply(&tree).unwrap();
        assert!(!added.exists());
        assert!(tree.dir.join("sub/new").exists());
    }

    #[test]
    fn a_patch_that_does_not_apply_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let tree = Tree::new(dir.path().join("tree"));
        place::write(&tree.dir.join("one"), "other\n").unwrap();
        let error = series(PATCH).apply(&tree).unwrap_err().to_string();
        assert!(!error.contains(".rej"), "{error}");
        assert_eq!(fs::read_to_string(tree.dir.join("one")).unwrap(), "other\n");
    }
}
