// SPDX-License-Identifier: GPL-2.0-only

//! Enforces a profile on this thread: with the `landlock` crate, as far as that goes.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use anyhow::{ensure, Context, Result};
use landlock::{
    Access, AccessFs, AccessNet, BitFlags, NetPort, PathBeneath, PathFd, RestrictSelfAttr, Rule,
    Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
    ABI,
};
use landlock_uapi::restrict;

use crate::object::Object;
use crate::profile::{Profile, Require};
use crate::rights::Rights;
use crate::syscall;

/// The newest ABI of the crate, which has all rights of ABI 11.
const NEWEST: ABI = ABI::V10;

/// The first ABI that sets `no_new_privs` together with the sandbox.
const NO_NEW_PRIVS_SINCE: u32 = 11;

/// What the kernel made of a profile.
#[derive(Debug, Eq, PartialEq)]
pub struct Status {
    /// How much it enforces.
    pub ruleset: RulesetStatus,
    /// Its ABI version, or why it has none.
    pub abi: Result<u32, NoLandlock>,
    /// What it lets through, although the profile handles it.
    pub ignored: Ignored,
}

/// What a kernel does not know.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Ignored {
    rights: Rights,
    flags: Vec<&'static str>,
}

/// Why a kernel has no Landlock.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoLandlock {
    /// It was built without.
    Missing,
    /// It has Landlock, but does not use it.
    Off,
}

impl NoLandlock {
    fn of(error: &io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::EOPNOTSUPP) => Self::Off,
            _ => Self::Missing,
        }
    }
}

impl fmt::Display for NoLandlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => {
                "this kernel has no Landlock: boot one with CONFIG_SECURITY_LANDLOCK=y"
            }
            Self::Off => {
                "Landlock is off: add it to the boot parameter lsm=, or load its module; \
                 dmesg | grep landlock says which"
            }
        })
    }
}

/// Restricts this thread, and what it starts from now on, as far as the kernel can.
///
/// Fails if that is less than the profile requires.
pub fn enforce(profile: &Profile) -> Result<Status> {
    ensure!(
        !profile.handled().is_empty(),
        "nothing is restricted: leave something out of --unrestricted"
    );
    let mut ruleset = create(profile)?;
    let quiet = profile.quiet_at.iter().map(|object| (object, Rights::NONE));
    let allowed = profile
        .allow
        .iter()
        .map(|(object, rights)| (object, *rights));
    for (object, rights) in allowed.chain(quiet) {
        let rights = rights & profile.handled();
        let is_quiet = profile.quiet_at.contains(object);
        let added = match object {
            Object::Path(path) => add_path(ruleset, path, rights, is_quiet, profile)?,
            Object::Port(port) => add_port(ruleset, *port, rights, is_quiet),
        };
        ruleset = added.with_context(|| format!("cannot make a rule for {object}"))?;
    }
    let status = restrict_self(ruleset, profile)?;
    let is_enough = match (&status.ruleset, profile.require) {
        (RulesetStatus::FullyEnforced, _) | (_, Require::None) => true,
        (RulesetStatus::PartiallyEnforced, require) => require == Require::Partial,
        (RulesetStatus::NotEnforced, _) => false,
    };
    ensure!(is_enough, "{status} (see --require)");
    Ok(status)
}

/// Creates a ruleset without rules.
fn create(profile: &Profile) -> Result<RulesetCreated, RulesetError> {
    let handled = profile.handled();
    let quiet = profile.quiet_rights & handled;
    let mut ruleset = Ruleset::default();
    if handled.fs != 0 {
        ruleset = ruleset.handle_access(fs_flags(handled))?;
    }
    if handled.net != 0 {
        ruleset = ruleset.handle_access(net_flags(handled))?;
    }
    if handled.scope != 0 {
        ruleset = ruleset.scope(scope_flags(handled))?;
    }
    if quiet.fs != 0 {
        ruleset = ruleset.quiet_access(fs_flags(quiet))?;
    }
    if quiet.net != 0 {
        ruleset = ruleset.quiet_access(net_flags(quiet))?;
    }
    if quiet.scope != 0 {
        ruleset = ruleset.quiet_scope(scope_flags(quiet))?;
    }
    ruleset.create()
}

/// Adds a rule for `path`, which must be there unless the profile says otherwise.
fn add_path(
    ruleset: RulesetCreated,
    path: &Path,
    rights: Rights,
    is_quiet: bool,
    profile: &Profile,
) -> Result<Result<RulesetCreated, RulesetError>> {
    let metadata = match fs::metadata(path) {
        Err(error) if profile.ignore_missing && error.kind() == ErrorKind::NotFound => {
            return Ok(Ok(ruleset));
        }
        other => other
            .with_context(|| format!("cannot open {} (see --ignore-missing)", path.display()))?,
    };
    let mut flags = fs_flags(rights);
    if !metadata.is_dir() {
        flags &= AccessFs::from_file(NEWEST);
    }
    if flags.is_empty() && !is_quiet {
        return Ok(Ok(ruleset));
    }
    let rule = PathBeneath::new(PathFd::new(path)?, flags).quiet(is_quiet);
    Ok(ruleset.add_rule(rule))
}

/// Adds a rule for `port`.
fn add_port(
    ruleset: RulesetCreated,
    port: u16,
    rights: Rights,
    is_quiet: bool,
) -> Result<RulesetCreated, RulesetError> {
    let flags = net_flags(rights);
    if flags.is_empty() && !is_quiet {
        return Ok(ruleset);
    }
    ruleset.add_rule(NetPort::new(port, flags).quiet(is_quiet))
}

/// Enforces `ruleset`. From ABI 11 on, `no_new_privs` comes with it; before, it is set first.
fn restrict_self(ruleset: RulesetCreated, profile: &Profile) -> Result<Status> {
    let abi = syscall::abi().map_err(|error| NoLandlock::of(&error));
    let ruleset = ruleset
        .log_same_exec(!profile.log_same_exec_off)?
        .log_new_exec(profile.log_new_exec_on)?
        .log_subdomains(!profile.log_subdomains_off)?
        .all_threads(profile.tsync)?
        .no_new_privs(!profile.keep_privileges);
    let is_new = abi.is_ok_and(|abi| abi >= NO_NEW_PRIVS_SINCE);
    let enforced = if is_new && !profile.keep_privileges {
        let fd = Option::<OwnedFd>::from(ruleset).context("the kernel made no ruleset")?;
        syscall::restrict_self(fd.as_fd(), restrict::NO_NEW_PRIVS | restrict_flags(profile))
            .map(|()| RulesetStatus::FullyEnforced)
            .map_err(anyhow::Error::from)
    } else {
        let status = ruleset.restrict_self().map(|status| status.ruleset);
        status.map_err(anyhow::Error::from)
    };
    let hint = if profile.keep_privileges {
        "cannot enforce the sandbox: --keep-privileges needs CAP_SYS_ADMIN"
    } else {
        "cannot enforce the sandbox"
    };
    Ok(Status {
        ruleset: enforced.context(hint)?,
        ignored: Ignored::of(profile, abi.unwrap_or(0)),
        abi,
    })
}

/// Returns the flags of `landlock_restrict_self()`, but for `NO_NEW_PRIVS`.
fn restrict_flags(profile: &Profile) -> u64 {
    let chosen = [
        (profile.log_same_exec_off, restrict::LOG_SAME_EXEC_OFF),
        (profile.log_new_exec_on, restrict::LOG_NEW_EXEC_ON),
        (profile.log_subdomains_off, restrict::LOG_SUBDOMAINS_OFF),
        (profile.tsync, restrict::TSYNC),
    ];
    let flags = chosen.into_iter().filter(|(is_set, _)| *is_set);
    flags.fold(0, |sum, (_, flag)| sum | flag)
}

fn fs_flags(rights: Rights) -> BitFlags<AccessFs> {
    BitFlags::from_bits_truncate(rights.fs)
}

fn net_flags(rights: Rights) -> BitFlags<AccessNet> {
    BitFlags::from_bits_truncate(rights.net)
}

fn scope_flags(rights: Rights) -> BitFlags<Scope> {
    BitFlags::from_bits_truncate(rights.scope)
}

impl Ignored {
    /// Returns what of `profile` a kernel with this ABI ignores.
    fn of(profile: &Profile, abi: u32) -> Self {
        let known = ABI::from(abi as i32);
        let known = Rights {
            fs: AccessFs::from_all(known).bits(),
            net: AccessNet::from_all(known).bits(),
            scope: Scope::from_all(known).bits(),
        };
        let has_log = [
            profile.log_same_exec_off,
            profile.log_new_exec_on,
            profile.log_subdomains_off,
        ];
        let is_quiet = !profile.quiet_rights.is_empty() || !profile.quiet_at.is_empty();
        let flags = [
            (has_log.contains(&true), 7, "flags of logs"),
            (profile.tsync, 8, "tsync"),
            (is_quiet, 10, "quiet rules"),
        ];
        let flags = flags.into_iter();
        let ignored = flags.filter(|(is_used, since, _)| *is_used && abi < *since);
        Self {
            rights: profile.handled() & !known,
            flags: ignored.map(|(_, _, name)| name).collect(),
        }
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refer = Rights::of_fs(landlock_uapi::fs::REFER);
        let mut parts = Vec::new();
        let free = self.rights & !refer;
        if !free.is_empty() {
            parts.push(format!("not restricted: {free}"));
        }
        if self.rights.contains(refer) {
            parts.push("always denied: refer".to_owned());
        }
        if !self.flags.is_empty() {
            parts.push(format!("ignored: {}", self.flags.join(", ")));
        }
        f.write_str(&parts.join("; "))
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let abi = match self.abi {
            Ok(abi) => abi,
            Err(reason) => return write!(f, "not enforced: {reason}"),
        };
        match self.ruleset {
            RulesetStatus::FullyEnforced => write!(f, "fully enforced (Landlock ABI {abi})"),
            RulesetStatus::NotEnforced => {
                write!(f, "not enforced: Landlock ABI {abi} knows nothing of it")
            }
            RulesetStatus::PartiallyEnforced => {
                let ignored = &self.ignored;
                write!(f, "partially enforced: with Landlock ABI {abi}, {ignored}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(profile: &Profile, abi: u32) -> String {
        Ignored::of(profile, abi).to_string()
    }

    #[test]
    fn crate_has_all_rights() {
        assert_eq!(ignored(&Profile::default(), 11), "");
        assert_eq!(ignored(&Profile::default(), 10), "");
    }

    #[test]
    fn what_an_old_kernel_ignores_is_named() {
        let old = ignored(&Profile::default(), 1);
        assert!(
            old.starts_with("not restricted: truncate,ioctl_dev"),
            "{old}"
        );
        assert!(old.ends_with("signal; always denied: refer"), "{old}");
        let newer = ignored(&Profile::default(), 9);
        assert_eq!(newer, "not restricted: bind_udp,connect_send_udp");
    }

    #[test]
    fn flags_that_an_old_kernel_ignores_are_named() {
        let profile = Profile {
            unrestricted: Rights::ALL,
            tsync: true,
            log_new_exec_on: true,
            quiet_rights: Rights::RO,
            ..Profile::default()
        };
        assert_eq!(
            ignored(&profile, 6),
            "ignored: flags of logs, tsync, quiet rules"
        );
        assert_eq!(ignored(&profile, 8), "ignored: quiet rules");
        assert_eq!(ignored(&profile, 10), "");
    }

    #[test]
    fn flags_are_those_of_the_system_call() {
        let profile = Profile {
            tsync: true,
            log_subdomains_off: true,
            ..Profile::default()
        };
        assert_eq!(restrict_flags(&profile), 1 << 2 | 1 << 3);
        assert_eq!(restrict_flags(&Profile::default()), 0);
    }

    #[test]
    fn reasons_say_what_to_do() {
        let status = |abi| Status {
            ruleset: RulesetStatus::NotEnforced,
            ignored: Ignored::default(),
            abi,
        };
        let off = status(Err(NoLandlock::of(&io::Error::from_raw_os_error(
            libc::EOPNOTSUPP,
        ))));
        assert!(off.to_string().contains("boot parameter lsm="));
        let missing = status(Err(NoLandlock::of(&io::Error::from_raw_os_error(
            libc::ENOSYS,
        ))));
        assert!(missing.to_string().contains("CONFIG_SECURITY_LANDLOCK"));
    }
}
