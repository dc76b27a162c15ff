// SPDX-License-Identifier: GPL-2.0-only

//! Programs of this machine that the benchmark runs in the guest, from start to end.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::guest::initramfs::{Root, Section};
use crate::guest::luggage;
use crate::host::place;
use crate::host::process::capture;
use crate::host::toolchain::find_program;
use crate::kernel::Workshop;

/// What is run in the folder of what is taken along, by name. `tree` is this repository.
const PROGRAMS: [(&str, &str); 6] = [
    (
        "tar",
        "tar -xmf bench/tree.tar --one-top-level=/tmp/unpacked",
    ),
    ("grep", "grep -rc struct bench/tree"),
    ("find", "find bench/tree -name *.rs -size +8"),
    (
        "git",
        "git -C bench/tree -c safe.directory=* status --short",
    ),
    ("gcc", "gcc -c -o /tmp/program.o bench/program.c"),
    ("sh", "sh bench/many.sh"),
];

/// Programs from this machine: the others come with the guest.
const TAKEN: [&str; 5] = ["tar", "grep", "find", "git", "gcc"];

/// Where the guest looks for programs: first where this machine has them.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A program with the usual headers.
const SOURCE: &str = "\
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
	return puts(strerror(errno)) < 0;
}
";

/// A script that starts many programs, as those do that configure a build.
const SCRIPT: &str = "\
for file in bench/tree/security-landlock-rs/*/*.rs; do
	head -n 1 $file >/tmp/first
done
";

/// Returns what the guest does: each program without a sandbox and within one.
pub fn plan() -> Vec<Section> {
    let runs = PROGRAMS
        .into_iter()
        .flat_map(|run| [0, 1].map(|layers| (run, layers)));
    let section = |((name, command), layers)| {
        let command =
            format!("PATH={PATH} bench program --layers {layers} --name {name} -- {command}");
        let mut section = Section::new(&format!("bench/run-{name}-{layers}"), &command);
        section.directory = format!("/{}", luggage::FOLDER);
        section
    };
    runs.map(section).collect()
}

/// Puts the programs, and what they work on, into the guest.
pub fn install(root: &mut Root, workshop: &Workshop) -> Result<()> {
    let temporary = tempfile::tempdir().context("cannot create a temporary folder")?;
    let folder = temporary.path().join("bench");
    place::make_dir(&folder)?;
    place::write(&folder.join("program.c"), SOURCE)?;
    place::write(&folder.join("many.sh"), SCRIPT)?;
    let programs = TAKEN.into_iter().map(find);
    let mut files = programs.collect::<Result<BTreeSet<_>>>()?;
    files.extend(compiler(&folder.join("program.c"))?);
    luggage::install(root, files)?;
    tree(&workshop.place.repo, &folder)?;
    luggage::take_along(root, &folder)
}

/// Returns where `program` is, by a path without links except for its name.
fn find(program: &str) -> Result<PathBuf> {
    let path = find_program(program).with_context(|| format!("{program} is not installed"))?;
    let folder = path.parent().unwrap_or(Path::new("/")).canonicalize();
    Ok(folder.context("cannot find a program")?.join(program))
}

/// Returns what gcc starts and reads to compile `source`.
fn compiler(source: &Path) -> Result<Vec<PathBuf>> {
    let part = |part: &str| {
        let path = capture(Command::new("gcc").arg(format!("-print-prog-name={part}")))?;
        match path.trim() {
            name if name.contains('/') => Ok(PathBuf::from(name)),
            name => find(name),
        }
    };
    let mut files = vec![part("cc1")?, part("as")?];
    let read = capture(Command::new("gcc").arg("-M").arg(source))?;
    let read = read.split_whitespace().filter(|word| word.starts_with('/'));
    files.extend(read.map(PathBuf::from).filter(|header| header != source));
    Ok(files)
}

/// Puts a copy of the repository `repo` into `folder`, and an archive of it.
fn tree(repo: &Path, folder: &Path) -> Result<()> {
    let mut clone = Command::new("git");
    clone.args(["clone", "--quiet", "--depth=1"]);
    clone.arg(format!("file://{}", repo.display()));
    capture(clone.arg(folder.join("tree")))?;
    let mut tar = Command::new("tar");
    tar.arg("-C").arg(folder).args(["--exclude=.git", "-cf"]);
    capture(tar.arg(folder.join("tree.tar")).arg("tree")).map(drop)
}
