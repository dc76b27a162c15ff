// SPDX-License-Identifier: GPL-2.0-only

//! The table of actions: each allowed action is followed by its denied twin.

use crate::outcome::{Errno, Outcome};

/// Where an action runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// Without a sandbox.
    Outside,
    /// May run what is in `bin`, read what is in `ro`, and change what is in `rw`.
    Sandbox,
    /// In a second sandbox within the first: may only read what is in `rw`.
    Nested,
    /// As in the sandbox, whose denials are logged.
    Logged,
    /// As in the sandbox, whose denials are logged, but not that of reading `private`.
    Quiet,
}

/// The port that the sandbox may bind to; the next one is denied.
pub const BIND: u16 = 49210;

/// The port that the sandbox may connect and send to; the next one is denied.
pub const CONNECT: u16 = 49220;

/// The abstract UNIX socket outside of the sandbox.
pub const ABSTRACT: &str = "landlock-demo";

/// An action, and how it must end.
#[derive(Debug)]
pub struct Row {
    pub action: &'static str,
    pub place: Place,
    /// A command line: words are separated by blanks, `@` stands for the directory of the
    /// demonstration, and what follows `sh -c` is one word.
    pub command: &'static str,
    /// The outcome with the ABI of the running kernel.
    pub expected: fn(abi: u32) -> Outcome,
}

fn allowed(_abi: u32) -> Outcome {
    Outcome::Allowed
}

fn eacces(_abi: u32) -> Outcome {
    Outcome::Denied(Errno::Eacces)
}

fn eperm(_abi: u32) -> Outcome {
    Outcome::Denied(Errno::Eperm)
}

/// ABI 1 always denies to move files between directories; later ones have a right for it, which
/// the read-write hierarchy gets.
fn exdev_with_abi_1(abi: u32) -> Outcome {
    match abi {
        1 => Outcome::Denied(Errno::Exdev),
        _ => Outcome::Allowed,
    }
}

/// What is denied since an ABI was allowed before.
fn since(first: u32, abi: u32, errno: Errno) -> Outcome {
    if abi < first {
        Outcome::Allowed
    } else {
        Outcome::Denied(errno)
    }
}

fn tcp(abi: u32) -> Outcome {
    since(4, abi, Errno::Eacces)
}

fn scoped(abi: u32) -> Outcome {
    since(6, abi, Errno::Eperm)
}

fn tsync(abi: u32) -> Outcome {
    since(8, abi, Errno::Eacces)
}

fn unix(abi: u32) -> Outcome {
    since(9, abi, Errno::Eacces)
}

fn udp(abi: u32) -> Outcome {
    since(10, abi, Errno::Eacces)
}

fn logged(_abi: u32) -> Outcome {
    Outcome::Logged
}

fn quiet(abi: u32) -> Outcome {
    match abi {
        0..10 => Outcome::Logged,
        _ => Outcome::NotLogged,
    }
}

const fn row(
    action: &'static str,
    place: Place,
    command: &'static str,
    expected: fn(u32) -> Outcome,
) -> Row {
    Row {
        action,
        place,
        command,
        expected,
    }
}

use Place::{Logged, Nested, Outside, Quiet, Sandbox};

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row("read ro/file", Sandbox, "cat @/ro/file", allowed),
    row("read private/file", Sandbox, "cat @/private/file", eacces),
    row("list ro", Sandbox, "ls @/ro", allowed),
    row("list private", Sandbox, "ls @/private", eacces),
    row("write to rw/file", Sandbox, "sh -c echo text > @/rw/file", allowed),
    row("write to ro/file", Sandbox, "sh -c echo text > @/ro/file", eacces),
    row("run the program bin/true", Sandbox, "sh -c @/bin/true", allowed),
    row("run the program rw/true", Sandbox, "sh -c @/rw/true", eacces),
    row("copy ro/file to rw/copy", Sandbox, "cp @/ro/file @/rw/copy", allowed),
    row("copy ro/file to ro/copy", Sandbox, "cp @/ro/file @/ro/copy", eacces),
    row("make the directory rw/new", Sandbox, "mkdir @/rw/new", allowed),
    row("make the directory ro/new", Sandbox, "mkdir @/ro/new", eacces),
    row("remove rw/copy", Sandbox, "rm -f @/rw/copy", allowed),
    row("remove ro/file", Sandbox, "rm -f @/ro/file", eacces),
    row("remove the directory rw/dir", Sandbox, "rmdir @/rw/dir", allowed),
    row("remove the directory ro/dir", Sandbox, "rmdir @/ro/dir", eacces),
    row("make the symlink rw/symlink", Sandbox, "ln -s file @/rw/symlink", allowed),
    row("make the symlink ro/symlink", Sandbox, "ln -s file @/ro/symlink", eacces),
    row("rename rw/file to rw/renamed", Sandbox, "mv @/rw/file @/rw/renamed", allowed),
    row("rename rw/renamed to rw/new/renamed", Sandbox,
        "demo act rename @/rw/renamed @/rw/new/renamed", exdev_with_abi_1),
    row("mount on mnt, without a sandbox", Outside, "demo act mount @/mnt", allowed),
    row("mount on mnt", Sandbox, "demo act mount @/mnt", eperm),
    row("read rw/other in a nested sandbox", Nested, "cat @/rw/other", allowed),
    row("write to rw/other in a nested sandbox", Nested, "sh -c echo text > @/rw/other", eacces),
    row("read ro/file from a grandchild", Sandbox, "sh -c (busybox cat @/ro/file; exit $?)",
        allowed),
    row("read private/file from a grandchild", Sandbox,
        "sh -c (busybox cat @/private/file; exit $?)", eacces),
    row("bind to TCP port 49210", Sandbox, "demo act bind-tcp 49210", allowed),
    row("bind to TCP port 49211", Sandbox, "demo act bind-tcp 49211", tcp),
    row("connect to TCP port 49220", Sandbox, "demo act connect-tcp 49220", allowed),
    row("connect to TCP port 49221", Sandbox, "demo act connect-tcp 49221", tcp),
    row("bind to UDP port 49210", Sandbox, "demo act bind-udp 49210", allowed),
    row("bind to UDP port 49211", Sandbox, "demo act bind-udp 49211", udp),
    row("send to UDP port 49220", Sandbox, "demo act send-udp 49220", allowed),
    row("send to UDP port 49221", Sandbox, "demo act send-udp 49221", udp),
    row("signal a child", Sandbox, "sh -c sleep 9 & kill $!", allowed),
    row("signal the parent, outside", Sandbox, "sh -c kill -0 $PPID", scoped),
    row("connect to the UNIX socket rw/socket", Sandbox, "demo act connect-unix @/rw/socket",
        allowed),
    row("connect to the UNIX socket ro/socket", Sandbox, "demo act connect-unix @/ro/socket", unix),
    row("connect to own abstract UNIX socket", Sandbox, "demo act connect-own landlock-own",
        allowed),
    row("connect to one from outside", Sandbox, "demo act connect-abstract landlock-demo", scoped),
    row("read in a thread when another is sandboxed", Outside,
        "demo act read-in-sibling @/private/file", allowed),
    row("read in a thread, with TSYNC", Outside,
        "demo act read-in-sibling-tsync @/private/file", tsync),
    row("denial of private/file in the log", Logged, "cat @/private/file", logged),
    row("denial of private/file, with a quiet rule", Quiet, "cat @/private/file", quiet),
];

impl Row {
    /// Returns the command line as words, for the directory `dir`.
    pub fn words(&self, dir: &str) -> Vec<String> {
        let command = self.command.replace('@', dir);
        match command.strip_prefix("sh -c ") {
            Some(script) => ["sh", "-c", script].map(str::to_owned).to_vec(),
            None => command.split(' ').map(str::to_owned).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_is_one_word() {
        let row = row("", Sandbox, "sh -c echo a > @/b", allowed);
        assert_eq!(row.words("/d"), ["sh", "-c", "echo a > /d/b"]);
    }

    #[test]
    fn other_commands_are_split() {
        let row = row("", Sandbox, "cp @/a @/b", allowed);
        assert_eq!(row.words("/d"), ["cp", "/d/a", "/d/b"]);
    }

    #[test]
    fn numbers_are_those_of_the_sandbox() {
        let commands: Vec<_> = ROWS.iter().map(|row| row.command).collect();
        let all = commands.join("\n");
        for (act, port) in [("bind", BIND), ("connect", CONNECT)] {
            assert!(all.contains(&format!("act {act}-tcp {port}")));
            assert!(all.contains(&format!("act {act}-tcp {}", port + 1)));
        }
        assert!(all.contains(&format!("connect-abstract {ABSTRACT}\n")));
    }

    #[test]
    fn renaming_depends_on_the_abi() {
        assert_eq!(exdev_with_abi_1(1), Outcome::Denied(Errno::Exdev));
        assert_eq!(exdev_with_abi_1(2), Outcome::Allowed);
    }

    #[test]
    fn every_kind_of_denial_is_shown() {
        for errno in [Errno::Eacces, Errno::Eperm, Errno::Exdev] {
            let denied = Outcome::Denied(errno);
            assert!(ROWS.iter().any(|row| (row.expected)(1) == denied));
        }
    }
}
