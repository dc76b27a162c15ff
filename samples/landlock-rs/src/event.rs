// SPDX-License-Identifier: GPL-2.0-only

//! Trace events of Landlock, parsed.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use crate::rights::Rights;

/// What the kernel traced of a task.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// Name of the task.
    pub comm: String,
    /// Number of the task.
    pub pid: u32,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum What {
    /// A sandbox was made within another one, or within none, which is 0.
    Created {
        /// Identifies the new layer.
        domain: u64,
        /// Identifies the layer below.
        parent: u64,
    },
    /// Something was denied.
    Denied(Denial),
    /// The task executed a program.
    Executed {
        /// Its name.
        name: String,
    },
    /// The task started another one.
    Forked {
        /// Number of the new task.
        child: u32,
    },
    /// The kernel had no room for events.
    Lost,
}

/// A denial.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Denial {
    /// Identifies the layer that denies.
    pub domain: u64,
    /// Whether the sandbox wants the denial to be logged.
    pub is_logged: bool,
    /// What was denied.
    pub cause: Cause,
}

/// What was denied.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Cause {
    /// Rights on a file.
    File {
        /// Those that no rule grants.
        rights: Bits,
        /// The file.
        path: PathBuf,
    },
    /// A change of mounts.
    Topology {
        /// Where.
        path: PathBuf,
    },
    /// Rights on a port.
    Port {
        /// Those that no rule grants.
        rights: Bits,
        /// The port, if there is one.
        port: Option<u16>,
    },
    /// Tracing a process.
    Ptrace {
        /// The process.
        target: Task,
    },
    /// A signal.
    Signal {
        /// The receiver.
        target: Task,
    },
    /// An abstract UNIX socket.
    AbstractSocket {
        /// Its name, without the null byte.
        name: String,
    },
}

/// Bits of one kind of rights.
pub type Bits = u64;

/// A task.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Task {
    /// Its number.
    pub pid: u32,
    /// Its name.
    pub comm: String,
}

impl Event {
    /// Parses a line of a trace, unless it is about something else.
    pub fn parse(line: &str) -> Option<Self> {
        if line.contains(" EVENTS]") && line.contains("[LOST ") {
            return Some(Self {
                comm: String::new(),
                pid: 0,
                what: What::Lost,
            });
        }
        // Fields of Landlock's events escape blanks, others may have anything.
        let (before, event) = line
            .split_once(": sched_process_")
            .or_else(|| line.split_once(": landlock_"))?;
        let (name, fields) = event.split_once(": ")?;
        // The name of a task may have blanks, brackets and dashes in it.
        let (task, _) = before.rsplit_once(" [")?;
        let (comm, pid) = task.trim().rsplit_once('-')?;
        Some(Self {
            comm: comm.to_owned(),
            pid: pid.trim().parse().ok()?,
            what: parse_what(name, &Fields(fields))?,
        })
    }
}

/// Parses what follows the name of an event.
fn parse_what(name: &str, fields: &Fields<'_>) -> Option<What> {
    if name == "exec" {
        let (path, _) = fields.0.strip_prefix("filename=")?.rsplit_once(" pid=")?;
        let name = path.rsplit('/').next()?.to_owned();
        return Some(What::Executed { name });
    }
    if name == "fork" {
        let (_, child) = fields.0.rsplit_once(" child_pid=")?;
        let child = child.trim().parse().ok()?;
        return Some(What::Forked { child });
    }
    let domain = fields.id("domain")?;
    if name == "create_domain" {
        let parent = fields.id("parent")?;
        return Some(What::Created { domain, parent });
    }
    let cause = match name {
        "deny_access_fs" => parse_file(fields)?,
        "deny_access_net" => Cause::Port {
            rights: fields.rights()?.net,
            port: fields.get("port")?.parse().ok(),
        },
        "deny_ptrace" => Cause::Ptrace {
            target: fields.task("tracee")?,
        },
        "deny_scope_signal" => Cause::Signal {
            target: fields.task("target")?,
        },
        "deny_scope_abstract_unix_socket" => Cause::AbstractSocket {
            name: String::from_utf8_lossy(&unescape(fields.get("sun_path")?)).into_owned(),
        },
        _ => return None,
    };
    Some(What::Denied(Denial {
        domain,
        is_logged: fields.get("logged")? == "1",
        cause,
    }))
}

/// Parses a denial about files.
fn parse_file(fields: &Fields<'_>) -> Option<Cause> {
    let path = OsString::from_vec(unescape(fields.get("path")?)).into();
    if fields.get("blockers")? == "change_topology" {
        return Some(Cause::Topology { path });
    }
    let rights = fields.rights()?.fs;
    Some(Cause::File { rights, path })
}

/// Fields of an event: `name=value`, separated by blanks, which values escape.
struct Fields<'a>(&'a str);

impl<'a> Fields<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        let mut fields = self.0.split(' ');
        fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
    }

    fn id(&self, name: &str) -> Option<u64> {
        u64::from_str_radix(self.get(name)?, 16).ok()
    }

    /// Returns the missing rights.
    fn rights(&self) -> Option<Rights> {
        self.get("blockers")?.replace('|', ",").parse().ok()
    }

    fn task(&self, role: &str) -> Option<Task> {
        Some(Task {
            pid: self.get(&format!("{role}_pid"))?.parse().ok()?,
            comm: String::from_utf8_lossy(&unescape(self.get(&format!("{role}_comm"))?)).into(),
        })
    }
}

/// Reverts the escapes of the kernel: `\n` and the like, and octal numbers.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let (byte, used) = match tail {
            _ if *first != b'\\' => (*first, 0),
            [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
                ((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'), 3)
            }
            [letter, ..] => (special(*letter), 1),
            [] => (b'\\', 0),
        };
        bytes.push(byte);
        rest = tail.get(used..).unwrap_or_default();
    }
    bytes
}

/// Returns the byte that a backslash and `letter` stand for.
fn special(letter: u8) -> u8 {
    match letter {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'f' => 0x0c,
        b'a' => 0x07,
        b'e' => 0x1b,
        other => other,
    }
}

/// Names of tasks. In text, a trace has the name that a task has when it is read.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<u32, String>);

impl Names {
    /// Gives an event the name that its task had, unless it only tells a name.
    pub fn apply(&mut self, mut event: Event) -> Option<Event> {
        if let Some(name) = self.0.get(&event.pid) {
            event.comm.clone_from(name);
        }
        match event.what {
            What::Executed { name } => {
                self.0.insert(event.pid, name);
                None
            }
            What::Forked { child } => {
                self.0.insert(child, event.comm);
                None
            }
            _ => Some(event),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use landlock_uapi::{fs, net};

    fn denial(event: &str) -> Denial {
        let line = format!("    my [x]-y z-81    [000] .....  12.345678: landlock_{event}");
        let event = Event::parse(&line).unwrap();
        assert_eq!((event.comm.as_str(), event.pid), ("my [x]-y z", 81));
        match event.what {
            What::Denied(denial) => denial,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn files() {
        let denial = denial(
            "deny_access_fs: domain=1a2b3c4d5 same_exec=0 logged=1 blockers=read_file|execute \
             dev=0:22 ino=31 path=/a\\040b\\075c\\\\d",
        );
        assert_eq!(denial.domain, 0x1_a2b3_c4d5);
        assert!(denial.is_logged);
        let rights = fs::READ_FILE | fs::EXECUTE;
        let path = "/a b=c\\d".into();
        assert_eq!(denial.cause, Cause::File { rights, path });
    }

    #[test]
    fn mounts() {
        let denial = denial(
            "deny_access_fs: domain=1 same_exec=1 logged=0 blockers=change_topology dev=0:1 \
             ino=2 path=/mnt",
        );
        assert!(!denial.is_logged);
        let path = "/mnt".into();
        assert_eq!(denial.cause, Cause::Topology { path });
    }

    #[test]
    fn ports() {
        let cause = |port: &str| {
            let event = "deny_access_net: domain=1 same_exec=0 logged=0 blockers=bind_tcp port=";
            denial(&format!("{event}{port}")).cause
        };
        let rights = net::BIND_TCP;
        let port = Some(80);
        assert_eq!(cause("80"), Cause::Port { rights, port });
        let port = None;
        assert_eq!(cause("-1"), Cause::Port { rights, port });
    }

    #[test]
    fn scopes_and_ptrace() {
        let signal = denial(
            "deny_scope_signal: domain=1 same_exec=0 logged=0 target_domain=0 target_pid=7 \
             target_comm=a\\040b",
        );
        let target = Task {
            pid: 7,
            comm: "a b".to_owned(),
        };
        assert_eq!(signal.cause, Cause::Signal { target });
        let ptrace = denial(
            "deny_ptrace: domain=1 same_exec=0 logged=0 tracee_domain=0 tracee_pid=7 \
             tracee_comm=x",
        );
        assert!(matches!(ptrace.cause, Cause::Ptrace { target } if target.pid == 7));
        let socket = denial(
            "deny_scope_abstract_unix_socket: domain=1 same_exec=0 logged=0 peer_domain=0 \
             peer_pid=7 sun_path=x11\\000",
        );
        let name = "x11\0".to_owned();
        assert_eq!(socket.cause, Cause::AbstractSocket { name });
    }

    #[test]
    fn new_layers() {
        let line = " why-9 [001] ..... 1.0: landlock_create_domain: domain=2b parent=0 ruleset=1.2";
        let created = What::Created {
            domain: 0x2b,
            parent: 0,
        };
        assert_eq!(Event::parse(line).unwrap().what, created);
    }

    #[test]
    fn tasks_have_the_name_that_they_had() {
        let mut names = Names::default();
        let lines = [
            " y-9 [001] ..... 1.0: sched_process_fork: comm=why pid=9 child_comm=why child_pid=10",
            " y-10 [001] ..... 1.0: landlock_create_domain: domain=2b parent=0 ruleset=1.2",
            " y-10 [001] ..... 1.0: sched_process_exec: filename=/a b/x: landlock_y pid=10 old_pid=10",
            " y-10 [001] ..... 1.0: landlock_create_domain: domain=2c parent=2b ruleset=1.3",
        ];
        let events = lines.iter().filter_map(|line| Event::parse(line));
        let events: Vec<_> = events.filter_map(|event| names.apply(event)).collect();
        let comms: Vec<_> = events.iter().map(|event| event.comm.as_str()).collect();
        assert_eq!(comms, ["y", "x: landlock_y"]);
    }

    #[test]
    fn other_lines() {
        let lost = Event::parse("CPU:1 [LOST 12 EVENTS]").unwrap();
        assert_eq!(lost.what, What::Lost);
        for line in [
            "",
            "# tracer: nop",
            " x-9 [001] ..... 1.0: landlock_free_domain: domain=2b denials=1",
            " x-9 [001] ..... 1.0: landlock_deny_access_fs: domain=2b",
            " x-9 [001] ..... 1.0: sched_switch: prev_comm=landlock_",
        ] {
            assert_eq!(Event::parse(line), None, "{line}");
        }
    }
}
