// SPDX-License-Identifier: GPL-2.0-only

//! Runs a command that may only use the file hierarchies given to it.
//!
//! Everything else in the file system is denied to the command and to all that it starts, for
//! good. Rights that the running kernel does not know are not restricted; what that means is said
//! on standard error, and `--require` decides whether to go on.

#![forbid(unsafe_code)]

use std::convert::Infallible;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{anyhow, bail, Context, Result};
use clap::{Parser, ValueEnum};
use landlock::{
    Access, AccessFs, BitFlags, LandlockStatus, PathBeneath, PathFd, RestrictionStatus, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetStatus, ABI,
};

/// The newest ABI that this program was written for; an older kernel restricts less.
const NEWEST: ABI = ABI::V10;

/// Run a command that may only use the given file hierarchies.
///
/// A PATH is a directory, with all that is below, or a file. It may be given to
/// several options: what they allow adds up. The other files can only be looked
/// at (stat) and walked through.
#[derive(Debug, Parser)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Example:
  sandboxer --exec /usr /lib /lib64 --ro /etc --rw /tmp -- sh -c 'date > /tmp/now'

The command, its interpreter (ld.so) and what it runs must be below --exec; its
libraries only have to be readable.

Exit status: that of the command; 125 if the sandbox cannot be made, 126 if the
command cannot be run, 127 if it is not found."
)]
struct Args {
    /// Files that may be read and directories that may be listed.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    ro: Vec<PathBuf>,

    /// Same as --ro, and files that may be run.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    exec: Vec<PathBuf>,

    /// Same as --ro, and files that may be changed, made, moved and removed.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    rw: Vec<PathBuf>,

    /// How much must be enforced for the command to be run.
    #[arg(long, value_name = "HOW", value_enum, default_value_t = Require::Partial)]
    require: Require,

    /// Leave out paths that do not exist, instead of failing.
    #[arg(long)]
    ignore_missing: bool,

    /// Do not print what the kernel does not restrict.
    #[arg(short, long)]
    quiet: bool,

    /// The command and its arguments, after "--".
    #[arg(value_name = "COMMAND", required = true, last = true)]
    command: Vec<OsString>,
}

/// How much of the sandbox must be enforced.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Require {
    /// All of it.
    Full,
    /// What the kernel knows, but something.
    Partial,
    /// Nothing: run the command anyway.
    None,
}

impl Args {
    /// Returns each path with the rights that it gets.
    fn rules(&self) -> impl Iterator<Item = (&Path, BitFlags<AccessFs>)> {
        let lists = [
            (&self.ro, read_rights()),
            (&self.exec, read_rights() | AccessFs::Execute),
            (&self.rw, read_rights() | AccessFs::from_write(NEWEST)),
        ];
        lists
            .into_iter()
            .flat_map(|(paths, rights)| paths.iter().map(move |path| (path.as_path(), rights)))
    }
}

fn read_rights() -> BitFlags<AccessFs> {
    AccessFs::ReadFile | AccessFs::ReadDir
}

/// An error that ends this program with a status of its own.
#[derive(Debug)]
struct Failure {
    status: u8,
    error: anyhow::Error,
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self { status: 125, error }
    }
}

fn main() -> ExitCode {
    let Err(failure) = run(&Args::parse());
    eprintln!("sandboxer: {:#}", failure.error);
    ExitCode::from(failure.status)
}

/// Becomes the command, in a sandbox; only returns when that fails.
fn run(args: &Args) -> Result<Infallible, Failure> {
    let status = restrict(args)?;
    check(&status, args)?;
    Err(execute(&args.command))
}

/// Restricts this process, as far as the kernel can.
fn restrict(args: &Args) -> Result<RestrictionStatus> {
    let mut ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .create()
        .context("cannot create a Landlock ruleset")?;

    for (path, rights) in args.rules() {
        let Some(rule) = make_rule(path, rights, args.ignore_missing)? else {
            continue;
        };
        ruleset = ruleset
            .add_rule(rule)
            .with_context(|| format!("cannot allow {}", path.display()))?;
    }
    ruleset
        .restrict_self()
        .context("cannot enforce the sandbox")
}

/// Opens `path` for a rule; `None` if it may be left out.
fn make_rule(
    path: &Path,
    rights: BitFlags<AccessFs>,
    ignore_missing: bool,
) -> Result<Option<PathBeneath<PathFd>>> {
    let metadata = match fs::metadata(path) {
        Err(error) if ignore_missing && error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.with_context(|| format!("cannot open {}", path.display()))?,
    };
    let rights = if metadata.is_dir() {
        rights
    } else {
        rights & AccessFs::from_file(NEWEST)
    };
    Ok(Some(PathBeneath::new(PathFd::new(path)?, rights)))
}

/// Prints how much is enforced, and decides whether that is enough.
fn check(status: &RestrictionStatus, args: &Args) -> Result<()> {
    let summary = Summary::of(status);
    let enough = match (&status.ruleset, args.require) {
        (RulesetStatus::FullyEnforced, _) | (_, Require::None) => true,
        (RulesetStatus::PartiallyEnforced, require) => require == Require::Partial,
        (RulesetStatus::NotEnforced, _) => false,
    };
    if !enough {
        bail!("{summary}; not run (see --require)");
    }
    if !args.quiet && status.ruleset != RulesetStatus::FullyEnforced {
        eprintln!("sandboxer: {summary}");
    }
    Ok(())
}

/// One line about what is enforced.
struct Summary<'a> {
    ruleset: &'a RulesetStatus,
    landlock: LandlockStatus,
}

impl<'a> Summary<'a> {
    fn of(status: &'a RestrictionStatus) -> Self {
        Self {
            ruleset: &status.ruleset,
            landlock: status.landlock,
        }
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let abi = match self.landlock {
            LandlockStatus::NotImplemented => {
                return f.write_str("not enforced: this kernel has no Landlock")
            }
            LandlockStatus::NotEnabled => {
                return f.write_str(
                    "not enforced: Landlock is off; boot with \"landlock\" in the lsm= list",
                )
            }
            LandlockStatus::Available { effective_abi, .. } => effective_abi,
        };
        match self.ruleset {
            RulesetStatus::FullyEnforced => write!(f, "fully enforced (Landlock ABI {abi})"),
            RulesetStatus::NotEnforced => write!(f, "not enforced (Landlock ABI {abi})"),
            RulesetStatus::PartiallyEnforced => write!(
                f,
                "partially enforced: with Landlock ABI {abi}, {}",
                unrestricted(abi)
            ),
        }
    }
}

/// Says which actions a kernel with `abi` lets through, or denies for want of a right.
fn unrestricted(abi: ABI) -> String {
    let names = [
        (AccessFs::Truncate, "truncating files"),
        (AccessFs::IoctlDev, "ioctl on devices"),
        (AccessFs::ResolveUnix, "connecting to UNIX sockets"),
    ];
    let known = AccessFs::from_all(abi);
    let free: Vec<_> = names
        .into_iter()
        .filter(|(right, _)| !known.contains(*right))
        .map(|(_, name)| name)
        .collect();
    let mut text = format!("not restricted: {}", free.join(", "));
    if !known.contains(AccessFs::Refer) {
        text.push_str("; always denied: moving files to another directory");
    }
    text
}

/// Replaces this process by the command; only returns when that fails.
fn execute(command: &[OsString]) -> Failure {
    let Some((program, arguments)) = command.split_first() else {
        return anyhow!("no command").into();
    };
    let error = Command::new(program).args(arguments).exec();
    let name = program.to_string_lossy().into_owned();
    let (status, hint) = match error.kind() {
        io::ErrorKind::NotFound => (127, ""),
        io::ErrorKind::PermissionDenied => (126, " (is it, and its ld.so, below --exec?)"),
        _ => (126, ""),
    };
    Failure {
        status,
        error: anyhow::Error::new(error).context(format!("cannot run {name}{hint}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn paths_may_be_listed_or_repeated() {
        let args = parse("sandboxer --ro /a /b --rw /c --ro /d -- cmd --ro x").unwrap();
        assert_eq!(args.ro, ["/a", "/b", "/d"].map(PathBuf::from));
        assert_eq!(args.rw, [PathBuf::from("/c")]);
        assert_eq!(args.command, ["cmd", "--ro", "x"].map(OsString::from));
        assert_eq!(args.require, Require::Partial);
    }

    #[test]
    fn command_is_needed_after_dashes() {
        assert!(parse("sandboxer --ro /a").is_err());
        assert!(parse("sandboxer --ro /a --").is_err());
        assert!(parse("sandboxer cmd").is_err());
        assert!(parse("sandboxer --ro -- cmd").is_err());
        assert!(parse("sandboxer -- cmd").is_ok());
    }

    #[test]
    fn each_option_gives_its_rights() {
        let args = parse("sandboxer --ro /r --exec /e --rw /w -- cmd").unwrap();
        let rights: Vec<_> = args.rules().map(|(_, rights)| rights).collect();
        let [ro, exec, rw] = rights[..] else {
            panic!("three rules")
        };
        assert!(!ro.contains(AccessFs::Execute) && !ro.contains(AccessFs::WriteFile));
        assert_eq!(exec, ro | AccessFs::Execute);
        assert!(rw.contains(ro) && rw.contains(AccessFs::MakeReg));
        assert!(!rw.contains(AccessFs::Execute));
    }

    #[test]
    fn all_options_together_are_all_rights() {
        let args = parse("sandboxer --ro /r --exec /e --rw /w -- cmd").unwrap();
        let all = args
            .rules()
            .fold(BitFlags::empty(), |sum, (_, rights)| sum | rights);
        assert_eq!(all, AccessFs::from_all(NEWEST));
    }

    #[test]
    fn missing_paths_are_errors_unless_ignored() {
        let path = Path::new("/nonexistent/path");
        assert!(make_rule(path, read_rights(), false).is_err());
        assert!(make_rule(path, read_rights(), true).unwrap().is_none());
        assert!(make_rule(Path::new("/"), read_rights(), false)
            .unwrap()
            .is_some());
    }

    #[test]
    fn summary_names_what_is_not_restricted() {
        let text = unrestricted(ABI::V1);
        assert!(text.contains("truncating") && text.contains("always denied"));
        let text = unrestricted(ABI::V3);
        assert!(!text.contains("truncating") && text.contains("ioctl"));
        assert!(!text.contains("always denied"));
    }

    #[test]
    fn summary_tells_a_kernel_without_landlock() {
        let summary = Summary {
            ruleset: &RulesetStatus::NotEnforced,
            landlock: LandlockStatus::NotImplemented,
        };
        assert_eq!(
            summary.to_string(),
            "not enforced: this kernel has no Landlock"
        );
    }
}
