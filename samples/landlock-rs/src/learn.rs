// SPDX-License-Identifier: GPL-2.0-only

//! Turns denials into what would have allowed the requests.
//!
//! A rule is for a directory rather than for a file in it: files come and go, and a rule goes with
//! its file. A device, or a file in the root directory, is named itself, because others beside it
//! have nothing to do with it. A directory gets the rights that were missing below it, and no other.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use landlock_uapi::scope;

use crate::event::{Cause, Denial};
use crate::object::Object;
use crate::profile::Profile;
use crate::rights::Rights;

/// What a path leads to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A device.
    Device,
    /// Another file.
    Other,
    /// Nothing, or nothing any more.
    Missing,
}

impl Kind {
    /// Looks at `path`, which has no symbolic links, as the kernel says it.
    pub fn of(path: &Path) -> Self {
        use std::os::unix::fs::FileTypeExt;
        let Ok(metadata) = path.symlink_metadata() else {
            return Self::Missing;
        };
        let file_type = metadata.file_type();
        match () {
            () if file_type.is_dir() => Self::Directory,
            () if file_type.is_char_device() || file_type.is_block_device() => Self::Device,
            () => Self::Other,
        }
    }
}

/// What allows a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Grant {
    /// A rule.
    Rule(Object, Rights),
    /// Not to restrict a scope.
    Unrestricted(Rights),
}

/// Returns what allows the request that was denied for `cause`, if something does.
pub fn grant(cause: &Cause, kind: impl Fn(&Path) -> Kind) -> Option<Grant> {
    match cause {
        Cause::File { rights, path } => {
            let object = Object::Path(place(path, kind)?);
            Some(Grant::Rule(object, Rights::of_fs(*rights)))
        }
        Cause::Port { rights, port } => {
            let object = Object::Port((*port)?);
            Some(Grant::Rule(object, Rights::of_net(*rights)))
        }
        Cause::Signal { .. } => Some(Grant::Unrestricted(Rights::of_scope(scope::SIGNAL))),
        Cause::AbstractSocket { .. } => {
            let scope = Rights::of_scope(scope::ABSTRACT_UNIX_SOCKET);
            Some(Grant::Unrestricted(scope))
        }
        Cause::Topology { .. } | Cause::Ptrace { .. } => None,
    }
}

/// Returns what a rule for the file `path` is tied to.
fn place(path: &Path, kind: impl Fn(&Path) -> Kind) -> Option<PathBuf> {
    if !path.is_absolute() {
        return None;
    }
    if is_of_process(path) {
        return Some("/proc".into());
    }
    let root = Path::new("/");
    match kind(path) {
        Kind::Directory | Kind::Device => return Some(path.into()),
        Kind::Other if path.parent() == Some(root) => return Some(path.into()),
        Kind::Other | Kind::Missing => (),
    }
    let above = path.ancestors().skip(1).filter(|above| *above != root);
    let mut directories = above.filter(|above| kind(above) == Kind::Directory);
    directories.next().map(Path::to_owned)
}

/// Returns whether `path` is below the directory of a process in procfs, which the next run will
/// not have.
fn is_of_process(path: &Path) -> bool {
    let mut components = path.components().skip(1);
    let is_proc = components.next() == Some(Component::Normal("proc".as_ref()));
    let process = components
        .next()
        .map(|name| name.as_os_str().to_string_lossy().into_owned());
    is_proc && process.is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns `profile` with what allows the requests of `denials`, and the denials that nothing can
/// allow.
pub fn learn<'a>(
    profile: &Profile,
    denials: impl IntoIterator<Item = &'a Denial>,
    kind: impl Fn(&Path) -> Kind,
) -> (Profile, Vec<&'a Denial>) {
    let mut learned = profile.clone();
    let mut left = Vec::new();
    for denial in denials {
        match grant(&denial.cause, &kind) {
            Some(Grant::Rule(object, rights)) => learned.allow(object, rights),
            Some(Grant::Unrestricted(scope)) => learned.unrestricted |= scope,
            None => left.push(denial),
        }
    }
    learned.allow = fewest(&learned.allow);
    (learned, left)
}

/// Returns `rules` without what directories further up grant.
fn fewest(rules: &BTreeMap<Object, Rights>) -> BTreeMap<Object, Rights> {
    let above = |object: &Object| {
        let Object::Path(path) = object else {
            return Rights::NONE;
        };
        let above = path.ancestors().skip(1);
        let above = above.filter_map(|path| rules.get(&Object::Path(path.into())));
        above.fold(Rights::NONE, |sum, rights| sum | *rights)
    };
    let left = rules
        .iter()
        .map(|(object, rights)| (object.clone(), *rights & !above(object)));
    left.filter(|(_, rights)| !rights.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use landlock_uapi::{fs, net};

    /// A small file system.
    fn kind(path: &Path) -> Kind {
        match path.to_str() {
            Some("/" | "/etc" | "/usr" | "/usr/bin" | "/tmp" | "/dev") => Kind::Directory,
            Some("/dev/null") => Kind::Device,
            Some("/init" | "/etc/passwd" | "/etc/group" | "/usr/bin/cat") => Kind::Other,
            _ => Kind::Missing,
        }
    }

    fn file(rights: u64, path: &str) -> Denial {
        Denial {
            domain: 1,
            is_logged: false,
            cause: Cause::File {
                rights,
                path: path.into(),
            },
        }
    }

    /// Returns the options that `denials` lead to.
    fn learned(denials: &[Denial]) -> String {
        let (profile, left) = learn(&Profile::default(), denials, kind);
        assert!(left.is_empty());
        crate::options::words(&profile).join(" ")
    }

    #[test]
    fn rule_is_for_the_directory_of_a_file() {
        let denials = [
            file(fs::READ_FILE, "/etc/passwd"),
            file(fs::READ_FILE, "/etc/group"),
        ];
        assert_eq!(learned(&denials), "--allow read_file:/etc");
        assert_eq!(
            learned(&[file(fs::READ_DIR, "/etc")]),
            "--allow read_dir:/etc"
        );
    }

    #[test]
    fn rule_has_no_more_rights_than_used() {
        let denials = [
            file(fs::EXECUTE, "/usr/bin/cat"),
            file(fs::WRITE_FILE | fs::TRUNCATE, "/tmp/x"),
            file(fs::MAKE_REG, "/tmp"),
        ];
        assert_eq!(
            learned(&denials),
            "--allow write_file,make_reg,truncate:/tmp execute:/usr/bin"
        );
    }

    #[test]
    fn directory_further_up_makes_rules_below_superfluous() {
        let denials = [
            file(fs::READ_FILE | fs::EXECUTE, "/usr/bin/cat"),
            file(fs::READ_FILE, "/usr/x"),
        ];
        assert_eq!(learned(&denials), "--allow read_file:/usr execute:/usr/bin");
    }

    #[test]
    fn devices_and_files_in_the_root_are_named_themselves() {
        let denials = [
            file(fs::WRITE_FILE, "/dev/null"),
            file(fs::EXECUTE, "/init"),
        ];
        assert_eq!(
            learned(&denials),
            "--allow write_file:/dev/null execute:/init"
        );
    }

    #[test]
    fn files_that_the_next_run_will_not_have() {
        let denials = [
            file(fs::READ_FILE, "/proc/12/status"),
            file(fs::READ_FILE, "/tmp/12/x"),
        ];
        assert_eq!(learned(&denials), "--allow read_file:/proc read_file:/tmp");
    }

    #[test]
    fn ports_and_scopes() {
        let other = |cause| Denial {
            domain: 1,
            is_logged: false,
            cause,
        };
        let port = |rights, port| {
            other(Cause::Port {
                rights,
                port: Some(port),
            })
        };
        let name = "x".to_owned();
        let denials = [
            port(net::BIND_TCP, 80),
            port(net::CONNECT_TCP, 80),
            port(net::BIND_UDP, 0),
            other(Cause::AbstractSocket { name }),
        ];
        assert_eq!(
            learned(&denials),
            "--allow bind_udp:0 bind_tcp,connect_tcp:80 --unrestricted abstract_unix_socket"
        );
    }

    #[test]
    fn what_nothing_can_allow_is_left() {
        let topology = Denial {
            domain: 1,
            is_logged: false,
            cause: Cause::Topology {
                path: "/mnt".into(),
            },
        };
        let denials = [
            topology,
            file(fs::READ_FILE, "/gone"),
            file(fs::READ_FILE, "<too_long>"),
        ];
        let (profile, left) = learn(&Profile::default(), &denials, kind);
        assert_eq!(left.len(), 3);
        assert_eq!(profile, Profile::default());
    }
}
