// SPDX-License-Identifier: GPL-2.0-only

//! Makes the files of the demonstration and runs its actions.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{bail, Context, Result};
use landlock_samples::event::What;
use landlock_samples::trace::Trace;

use crate::acts::address;
use crate::outcome::Outcome;
use crate::rows::{Place, Row, ABSTRACT, BIND, CONNECT};

/// What this makes in the directory of the demonstration.
const DIRS: [&str; 5] = ["bin", "ro", "rw", "private", "mnt"];

/// The programs, and the directory where they act.
pub struct Runner {
    dir: PathBuf,
    busybox: PathBuf,
    demo: PathBuf,
    sandboxer: PathBuf,
}

/// What waits for connections outside of the sandbox, as long as this is there.
pub struct Servers {
    _ports: [TcpListener; 2],
    _sockets: [UnixListener; 3],
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

    /// Starts what waits for connections.
    pub fn serve(&self) -> Result<Servers> {
        let listen = |port| {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
            listener.with_context(|| format!("cannot use port {port}"))
        };
        let path = |name: &str| UnixListener::bind(self.dir.join(name));
        Ok(Servers {
            _ports: [listen(CONNECT)?, listen(CONNECT + 1)?],
            _sockets: [
                path("rw/socket")?,
                path("ro/socket")?,
                UnixListener::bind_addr(&address(ABSTRACT)?)?,
            ],
        })
    }

    /// Does the action of `row` and returns how it ended.
    pub fn run(&self, row: &Row) -> Result<Outcome> {
        match row.place {
            Place::Outside | Place::Sandbox | Place::Nested => self.act(row),
            Place::Logged | Place::Quiet => self.look_at_log(row),
        }
    }

    /// Does the action of `row`, which is denied, and returns whether that would be logged.
    fn look_at_log(&self, row: &Row) -> Result<Outcome> {
        let mut trace = Trace::start()?;
        let outcome = self.act(row)?;
        let events = trace.read()?;
        let logged = events.iter().find_map(|event| match &event.what {
            What::Denied(denial) => Some(denial.is_logged),
            _ => None,
        });
        Ok(match (outcome, logged) {
            (Outcome::Denied(_), Some(true)) => Outcome::Logged,
            (Outcome::Denied(_), Some(false)) => Outcome::NotLogged,
            _ => Outcome::Failed,
        })
    }

    fn act(&self, row: &Row) -> Result<Outcome> {
        let mut words = Vec::new();
        if row.place != Place::Outside {
            self.push_sandbox(&mut words, &["bin"], &["ro"], &["rw"]);
        }
        let private = text(&self.dir.join("private"));
        let logged = ["--log-new-exec-on"].map(str::to_owned);
        let quiet = ["--quiet-rights", "read_file", "--quiet-at", &private].map(str::to_owned);
        match row.place {
            Place::Outside | Place::Sandbox => (),
            Place::Nested => {
                words.push("--".to_owned());
                self.push_sandbox(&mut words, &["bin"], &["rw"], &[]);
            }
            Place::Logged => words.extend(logged),
            Place::Quiet => words.extend(logged.into_iter().chain(quiet)),
        }
        if row.place != Place::Outside {
            words.push("--".to_owned());
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

    /// Appends a call of the sandboxer, without the dashes before the command, which may also run
    /// the programs used here.
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
        words.push("--allow".to_owned());
        words.extend([
            format!("bind_tcp,bind_udp:{BIND}"),
            format!("connect_tcp,connect_send_udp:{CONNECT}"),
            "bind_udp:0".to_owned(),
        ]);
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
