// SPDX-License-Identifier: GPL-2.0-only

//! Puts a denial into words, with what would allow the request.

use std::collections::BTreeMap;
use std::path::Path;

use crate::event::{Cause, Denial, Event, Task, What};
use crate::learn::{grant, Grant, Kind};
use crate::rights::Rights;

/// The layers that were seen to be made.
#[derive(Debug)]
pub struct Layers {
    made: BTreeMap<u64, Layer>,
    ours: Ours,
}

/// Which layer the options of the command make.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ours {
    /// None: the command sandboxes itself.
    None,
    /// The first one that will be seen.
    First,
    /// This one.
    Seen(u64),
}

/// A layer.
#[derive(Debug)]
struct Layer {
    parent: u64,
    maker: Task,
}

impl Layers {
    /// Starts without a layer.
    pub fn new(ours: Ours) -> Self {
        let made = BTreeMap::new();
        Self { made, ours }
    }

    /// Takes in an event.
    pub fn read(&mut self, event: &Event) {
        if let What::Created { domain, parent } = event.what {
            if self.ours == Ours::First {
                self.ours = Ours::Seen(domain);
            }
            let maker = Task {
                pid: event.pid,
                comm: event.comm.clone(),
            };
            self.made.insert(domain, Layer { parent, maker });
        }
    }

    /// Returns whether the options of the command made the layer `domain`.
    pub fn is_ours(&self, domain: u64) -> bool {
        self.ours == Ours::Seen(domain)
    }

    /// Returns which layer `domain` is, counted from 1, the oldest; nothing if one below is older
    /// than the trace.
    fn number(&self, domain: u64) -> Option<usize> {
        let mut number = 0;
        let mut next = domain;
        while next != 0 {
            next = self.made.get(&next)?.parent;
            number += 1;
        }
        Some(number)
    }

    /// Says which layer `domain` is, and whose.
    fn describe(&self, domain: u64) -> String {
        let number = match self.number(domain) {
            Some(number) => format!("layer {number}"),
            None => format!("domain {domain:x}"),
        };
        match self.made.get(&domain) {
            _ if self.is_ours(domain) => format!("{number}, the sandbox of this command"),
            Some(layer) => format!("{number}, a sandbox that {} made", name(&layer.maker)),
            None => format!("{number}, a sandbox around this one"),
        }
    }
}

fn name(task: &Task) -> String {
    format!("{} ({})", task.comm, task.pid)
}

/// Explains `denial`, of the task of `event`, in three lines.
pub fn explain(
    event: &Event,
    denial: &Denial,
    layers: &Layers,
    kind: impl Fn(&Path) -> Kind,
) -> String {
    let task = Task {
        pid: event.pid,
        comm: event.comm.clone(),
    };
    format!(
        "{} may not {}\n  denied by {}\n  {}\n",
        name(&task),
        action(&denial.cause),
        layers.describe(denial.domain),
        cure(denial, layers, kind),
    )
}

/// Says what was denied.
fn action(cause: &Cause) -> String {
    match cause {
        Cause::File { rights, path } => {
            let verbs: Vec<_> = Rights::of_fs(*rights).names().map(verb).collect();
            format!("{} {}", verbs.join(", "), path.display())
        }
        Cause::Topology { path } => format!("change mounts at {}", path.display()),
        Cause::Port { rights, port } => {
            let verbs: Vec<_> = Rights::of_net(*rights).names().map(verb).collect();
            let port = port.map_or("without a number".to_owned(), |port| port.to_string());
            format!("{} {port}", verbs.join(", "))
        }
        Cause::Ptrace { target } => format!("trace {}", name(target)),
        Cause::Signal { target } => format!("send a signal to {}", name(target)),
        Cause::AbstractSocket { name } => {
            format!("connect to the abstract socket {}", name.escape_debug())
        }
    }
}

/// Returns what the right `name` allows, in words that an object follows.
fn verb(name: &'static str) -> &'static str {
    match name {
        "execute" => "run",
        "write_file" => "write to",
        "read_file" => "read",
        "read_dir" => "list",
        "remove_dir" => "remove a directory from",
        "remove_file" => "remove a file from",
        "make_char" => "make a character device in",
        "make_dir" => "make a directory in",
        "make_reg" => "make a file in",
        "make_sock" => "make a socket in",
        "make_fifo" => "make a named pipe in",
        "make_block" => "make a block device in",
        "make_sym" => "make a symbolic link in",
        "refer" => "move or link between directories",
        "truncate" => "shorten",
        "ioctl_dev" => "control the device",
        "resolve_unix" => "connect to the socket",
        "bind_tcp" => "bind to TCP port",
        "connect_tcp" => "connect to TCP port",
        "bind_udp" => "bind to UDP port",
        "connect_send_udp" => "send to UDP port",
        other => other,
    }
}

/// Says what would allow it.
fn cure(denial: &Denial, layers: &Layers, kind: impl Fn(&Path) -> Kind) -> String {
    let is_ours = layers.is_ours(denial.domain);
    match (grant(&denial.cause, kind), &denial.cause) {
        (Some(Grant::Rule(object, rights)), _) if is_ours => {
            format!("to allow it: --allow {rights}:{object}")
        }
        (Some(Grant::Rule(object, rights)), _) => {
            format!("to allow it, that sandbox needs a rule for {rights} on {object}")
        }
        (Some(Grant::Unrestricted(scope)), _) if is_ours => {
            format!("no rule can allow it; to allow it: --unrestricted {scope}")
        }
        (Some(Grant::Unrestricted(scope)), _) => {
            format!("no rule can allow it; that sandbox must not handle {scope}")
        }
        (None, Cause::Topology { .. }) => {
            "no rule can allow it in a sandbox that restricts files: do it before".to_owned()
        }
        (None, Cause::Ptrace { .. }) => {
            "no rule can allow it: start that process in the same sandbox".to_owned()
        }
        (None, _) => "no rule can allow it: what it would be tied to is not there".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use landlock_uapi::{fs, net};

    /// Explains a denial by the layer `domain`, of which 1 is ours, 2 in it, and 3 unknown.
    fn lines(domain: u64, cause: Cause) -> [String; 3] {
        let mut layers = Layers::new(Ours::First);
        for (domain, parent) in [(1, 0), (2, 1)] {
            layers.read(&Event {
                comm: "maker".to_owned(),
                pid: 5,
                what: What::Created { domain, parent },
            });
        }
        let denial = Denial {
            domain,
            is_logged: false,
            cause,
        };
        let event = Event {
            comm: "cat".to_owned(),
            pid: 7,
            what: What::Denied(denial.clone()),
        };
        let text = explain(&event, &denial, &layers, |path| match path.to_str() {
            Some("/etc/passwd") => Kind::Other,
            _ => Kind::Directory,
        });
        let lines: Vec<_> = text.lines().map(|line| line.trim().to_owned()).collect();
        lines.try_into().unwrap()
    }

    fn read_passwd() -> Cause {
        Cause::File {
            rights: fs::READ_FILE,
            path: "/etc/passwd".into(),
        }
    }

    #[test]
    fn file_in_our_sandbox() {
        let [what, who, cure] = lines(1, read_passwd());
        assert_eq!(what, "cat (7) may not read /etc/passwd");
        assert_eq!(who, "denied by layer 1, the sandbox of this command");
        assert_eq!(cure, "to allow it: --allow read_file:/etc");
    }

    #[test]
    fn file_in_other_sandboxes() {
        let [_, who, cure] = lines(2, read_passwd());
        assert_eq!(who, "denied by layer 2, a sandbox that maker (5) made");
        assert_eq!(
            cure,
            "to allow it, that sandbox needs a rule for read_file on /etc"
        );
        let [_, who, _] = lines(0x3f, read_passwd());
        assert_eq!(who, "denied by domain 3f, a sandbox around this one");
    }

    #[test]
    fn ports() {
        let rights = net::BIND_TCP;
        let port = Some(80);
        let [what, _, cure] = lines(1, Cause::Port { rights, port });
        assert_eq!(what, "cat (7) may not bind to TCP port 80");
        assert_eq!(cure, "to allow it: --allow bind_tcp:80");
    }

    #[test]
    fn scopes() {
        let target = || Task {
            pid: 1,
            comm: "init".to_owned(),
        };
        let [what, _, cure] = lines(1, Cause::Signal { target: target() });
        assert_eq!(what, "cat (7) may not send a signal to init (1)");
        assert_eq!(
            cure,
            "no rule can allow it; to allow it: --unrestricted signal"
        );
        let [what, _, cure] = lines(1, Cause::Ptrace { target: target() });
        assert_eq!(what, "cat (7) may not trace init (1)");
        assert!(cure.starts_with("no rule can allow it: start"));
        let name = "a\0".to_owned();
        let [what, _, cure] = lines(1, Cause::AbstractSocket { name });
        assert_eq!(what, r"cat (7) may not connect to the abstract socket a\0");
        assert!(cure.ends_with("--unrestricted abstract_unix_socket"));
    }

    #[test]
    fn every_right_has_words() {
        for name in Rights::of_fs(fs::ALL)
            .names()
            .chain(Rights::of_net(net::ALL).names())
        {
            assert!(verb(name) != name, "{name}");
        }
    }
}
