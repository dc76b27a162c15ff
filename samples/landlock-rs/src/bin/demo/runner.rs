// SPDX-License-Identifier: GPL-2.0-only

//! Makes the files of the demonstration and runs its actions.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{anyhow, bail, Context, Result};
use landlock::{AccessFs, LandlockStatus, Ruleset, RulesetAttr};

use crate::outcome::Outcome;
use crate::rows::{Place, Row};

/// What this makes in the directory of the demonstration.
const DIRS: [&str; 5] = ["bin", "ro", "rw", "private", "mnt"];

/// The programs, and the directory where they act.
pub struct Runner {
    dir: PathBuf,
    busybox: PathBuf,
    demo: PathBuf,
    sandboxer: PathBuf,
}

impl Runner {
    /// Finds the programs and makes the files below `dir`.
    pub fn new(dir: &Path) -> Result<Self> {
        let demo = env::current_exe().context("cannot find this program")?;
        let runner = Self {
            dir: dir.to_owned(),
            busybox: find("busybox")?,
            sandboxer: demo.with_file_name("sandboxer"),
            demo,
        };
        runner.clean_up()?;
        runner
            .make_files()
            .with_context(|| format!("cannot fill {}", dir.display()))?;
        Ok(runner)
    }

    fn make_files(&self) -> Result<()> {
        for name in DIRS.into_iter().chain(["ro/dir", "rw/dir"]) {
            fs::create_dir_all(self.dir.join(name))?;
        }
        for name in ["ro/file", "rw/file", "rw/other", "private/file"] {
            fs::write(self.dir.join(name), "text\n")?;
        }
        // Busybox acts by the name that it is run with.
        for name in ["bin/true", "rw/true"] {
            fs::copy(&self.busybox, self.dir.join(name))?;
        }
        Ok(())
    }

    /// Does the action of `row` and returns how it ended.
    pub fn run(&self, row: &Row) -> Result<Outcome> {
        let mut words = Vec::new();
        match row.place {
            Place::Outside => (),
            Place::Sandbox => self.push_sandbox(&mut words, &["bin"], &["ro"], &["rw"]),
            Place::Nested => {
                self.push_sandbox(&mut words, &["bin"], &["ro"], &["rw"]);
                self.push_sandbox(&mut words, &["bin"], &["rw"], &[]);
            }
        }
        self.push_program(&mut words, row);

        let (program, arguments) = words.split_first().context("empty command")?;
        let output = Command::new(program)
            .args(arguments)
            .current_dir(&self.dir)
            .env("PATH", self.busybox.parent().unwrap_or(Path::new("/bin")))
            .output()
            .with_context(|| format!("cannot run {program}"))?;
        let outcome = Outcome::of(&output);
        if outcome == Outcome::Failed {
            eprint!("{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(outcome)
    }

    /// Appends a call of the sandboxer, which may also run the programs used here.
    fn push_sandbox(&self, words: &mut Vec<String>, exec: &[&str], ro: &[&str], rw: &[&str]) {
        words.extend([text(&self.sandboxer), "--quiet".to_owned()]);
        words.push("--exec".to_owned());
        words.extend([&self.busybox, &self.demo, &self.sandboxer].map(|path| text(path)));
        words.extend(exec.iter().map(|name| text(&self.dir.join(name))));
        for (option, names) in [("--ro", ro), ("--rw", rw)] {
            for name in names {
                words.extend([option.to_owned(), text(&self.dir.join(name))]);
            }
        }
        words.push("--".to_owned());
    }

    /// Appends the command of `row`: of this program or of busybox.
    fn push_program(&self, words: &mut Vec<String>, row: &Row) {
        let mut command = row.words(&text(&self.dir));
        if command[0] == "demo" {
            command[0] = text(&self.demo);
        } else {
            command.insert(0, text(&self.busybox));
        }
        words.extend(command);
    }

    /// Removes what this and an earlier run left.
    pub fn clean_up(&self) -> Result<()> {
        // Fails if nothing is mounted, as it should be.
        let _ = Command::new(&self.busybox)
            .arg("umount")
            .arg(self.dir.join("mnt"))
            .output();
        check_ours(&self.dir)?;
        match fs::remove_dir_all(&self.dir) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot empty {}", self.dir.display()))
            }
            _ => Ok(()),
        }
    }
}

/// Fails if `dir` holds what this program did not make.
fn check_ours(dir: &Path) -> Result<()> {
    let Ok(entries) = fs::read_dir(dir) else {
        return Ok(());
    };
    for entry in entries {
        let name = entry?.file_name();
        if !DIRS.iter().any(|ours| name == *ours) {
            let name = name.to_string_lossy();
            bail!("{} has {name} in it; not emptied", dir.display());
        }
    }
    Ok(())
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Finds a program in the PATH, and returns its real path.
fn find(name: &str) -> Result<PathBuf> {
    let paths = env::var_os("PATH");
    let paths = paths.as_deref().unwrap_or(OsStr::new("/bin:/usr/bin"));
    env::split_paths(paths)
        .find_map(|dir| dir.join(name).canonicalize().ok())
        .with_context(|| format!("{name} is not in the PATH"))
}

/// Returns the ABI of the running kernel, as far as the crate knows it.
pub fn landlock_abi() -> Result<u32> {
    // A thread that restricts itself is told the status, and the other ones are not restricted.
    let status = thread::spawn(|| {
        Ruleset::default()
            .handle_access(AccessFs::MakeSym)?
            .create()?
            .restrict_self()
    });
    let status = status.join().map_err(|_| anyhow!("a thread panicked"))?;
    match status.context("cannot use Landlock")?.landlock {
        LandlockStatus::Available { effective_abi, .. } => Ok(effective_abi as u32),
        LandlockStatus::NotEnabled => bail!("Landlock is off in this kernel"),
        LandlockStatus::NotImplemented => bail!("this kernel has no Landlock"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_directories_are_not_emptied() {
        let dir = env::temp_dir().join(format!("landlock-demo-{}", std::process::id()));
        assert!(check_ours(&dir).is_ok());
        fs::create_dir_all(dir.join("ro")).unwrap();
        assert!(check_ours(&dir).is_ok());
        fs::write(dir.join("precious"), "").unwrap();
        assert!(check_ours(&dir).is_err());
        fs::remove_dir_all(&dir).unwrap();
    }
}
