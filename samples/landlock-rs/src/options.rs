// SPDX-License-Identifier: GPL-2.0-only

//! A sandbox as options of a command line, in both directions.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::object::Object;
use crate::profile::{Profile, Require};
use crate::rights::Rights;

/// The names, for the end of a help text.
pub const NAMES: &str = "\
Rights on files:
  execute, write_file, read_file, read_dir, remove_dir, remove_file, make_char,
  make_dir, make_reg, make_sock, make_fifo, make_block, make_sym, refer,
  truncate, ioctl_dev, resolve_unix
Rights on ports:
  bind_tcp, connect_tcp, bind_udp, connect_send_udp
Scopes:
  abstract_unix_socket, signal
Groups:
  ro (read_file, read_dir), exec (ro, execute), rw (all rights on files but
  execute), fs (all rights on files), net (all on ports), scope, all
A profile has the same words, and adds to the options:
  unrestricted = [\"signal\"]
  [allow]
  \"/usr\" = [\"exec\"]
  8080 = [\"bind_tcp\"]";

/// The sandbox: everything is denied but what is given here.
#[derive(Args, Clone, Debug, Default)]
pub struct Options {
    /// Files that may be read and directories that may be listed.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    ro: Vec<PathBuf>,

    /// Same as --ro, and files that may be run.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    exec: Vec<PathBuf>,

    /// Same as --ro, and files that may be changed, made, moved and removed.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    rw: Vec<PathBuf>,

    /// Rights, separated by commas, on a path or a port: read_file:/etc or bind_tcp:80.
    #[arg(long, value_name = "RIGHTS:OBJECT", num_args = 1.., value_parser = parse_rule)]
    allow: Vec<Rule>,

    /// Rights and scopes that are not restricted at all: net or signal, for instance.
    #[arg(long, value_name = "RIGHTS", num_args = 1..)]
    unrestricted: Vec<Rights>,

    /// Take the sandbox from a TOML file; other options add to it.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,

    /// How much must be enforced for the command to be run.
    #[arg(long, value_name = "HOW", value_enum)]
    require: Option<Require>,

    /// Leave out paths that do not exist, instead of failing.
    #[arg(long)]
    ignore_missing: bool,

    /// Let set-user-ID programs gain privileges; needs CAP_SYS_ADMIN.
    #[arg(long)]
    keep_privileges: bool,

    /// Restrict all threads of the process that makes the sandbox.
    #[arg(long)]
    tsync: bool,

    /// Do not log denials to the program that makes the sandbox.
    #[arg(long)]
    log_same_exec_off: bool,

    /// Log denials to the command, and to what it executes.
    #[arg(long)]
    log_new_exec_on: bool,

    /// Do not log denials by sandboxes within this one.
    #[arg(long)]
    log_subdomains_off: bool,

    /// Rights whose denials are not logged at --quiet-at, and scopes.
    #[arg(long, value_name = "RIGHTS", num_args = 1..)]
    quiet_rights: Vec<Rights>,

    /// Paths and ports where denials of --quiet-rights are not logged.
    #[arg(long, value_name = "OBJECT", num_args = 1.., value_parser = parse_object)]
    quiet_at: Vec<Object>,
}

/// The value of `--allow`.
#[derive(Clone, Debug)]
struct Rule {
    rights: Rights,
    object: Object,
}

fn parse_object(text: &str) -> Result<Object> {
    Object::parse(OsStr::new(text))
}

fn parse_rule(text: &str) -> Result<Rule> {
    let hint = "take RIGHTS:OBJECT, as in read_file:/etc or bind_tcp:80";
    let (rights, object) = text.split_once(':').context(hint)?;
    let rights: Rights = rights.parse()?;
    let object = parse_object(object)?;
    object.check(rights)?;
    Ok(Rule { rights, object })
}

impl Options {
    /// Returns the sandbox, with what the profile adds.
    pub fn profile(&self) -> Result<Profile> {
        let mut profile = match &self.profile {
            Some(path) => Profile::load(path)?,
            None => Profile::default(),
        };
        for (paths, rights) in [
            (&self.ro, Rights::RO),
            (&self.exec, Rights::EXEC),
            (&self.rw, Rights::RW),
        ] {
            for path in paths {
                profile.allow(Object::Path(path.clone()), rights);
            }
        }
        for rule in &self.allow {
            profile.allow(rule.object.clone(), rule.rights);
        }
        let union = |rights: &[Rights]| rights.iter().fold(Rights::NONE, |sum, one| sum | *one);
        profile.unrestricted |= union(&self.unrestricted);
        profile.quiet_rights |= union(&self.quiet_rights);
        profile.quiet_at.extend(self.quiet_at.iter().cloned());
        self.set_flags(&mut profile);
        Ok(profile)
    }

    /// Adds the options without a value to `profile`.
    fn set_flags(&self, profile: &mut Profile) {
        profile.require = self.require.unwrap_or(profile.require);
        profile.ignore_missing |= self.ignore_missing;
        profile.keep_privileges |= self.keep_privileges;
        profile.tsync |= self.tsync;
        profile.log_same_exec_off |= self.log_same_exec_off;
        profile.log_new_exec_on |= self.log_new_exec_on;
        profile.log_subdomains_off |= self.log_subdomains_off;
    }
}

/// Returns the options for `profile`, without one that names a file.
pub fn words(profile: &Profile) -> Vec<String> {
    let mut words = Vec::new();
    let mut list = |option: &str, values: Vec<String>| {
        if !values.is_empty() {
            words.push(option.to_owned());
            words.extend(values);
        }
    };
    let rules = profile.allow.iter();
    let rules = rules.map(|(object, rights)| format!("{rights}:{object}"));
    list("--allow", rules.collect());
    let set = |rights: Rights| (!rights.is_empty()).then(|| rights.to_string());
    list(
        "--unrestricted",
        set(profile.unrestricted).into_iter().collect(),
    );
    list(
        "--quiet-rights",
        set(profile.quiet_rights).into_iter().collect(),
    );
    list(
        "--quiet-at",
        profile.quiet_at.iter().map(Object::to_string).collect(),
    );
    match profile.require {
        Require::Partial => (),
        Require::Full => list("--require", vec!["full".to_owned()]),
        Require::None => list("--require", vec!["none".to_owned()]),
    }
    let flags = [
        (profile.ignore_missing, "--ignore-missing"),
        (profile.keep_privileges, "--keep-privileges"),
        (profile.tsync, "--tsync"),
        (profile.log_same_exec_off, "--log-same-exec-off"),
        (profile.log_new_exec_on, "--log-new-exec-on"),
        (profile.log_subdomains_off, "--log-subdomains-off"),
    ];
    let set = flags.into_iter().filter(|(is_set, _)| *is_set);
    words.extend(set.map(|(_, flag)| flag.to_owned()));
    words
}

/// Returns a line for a shell that runs `command` in the sandbox `profile`.
pub fn command_line(profile: &Profile, command: &[OsString]) -> String {
    let mut line = "sandboxer".to_owned();
    for word in words(profile) {
        let separator = if word.starts_with("--") {
            " \\\n  "
        } else {
            " "
        };
        line = line + separator + &quote(OsStr::new(&word));
    }
    line += " \\\n  --";
    command
        .iter()
        .fold(line, |line, word| line + " " + &quote(word))
}

/// Quotes a word for a shell, if that is needed.
fn quote(word: &OsStr) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_./:,=+@%".contains(byte);
    let text = word.to_string_lossy();
    if !word.is_empty() && word.as_bytes().iter().all(is_plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        options: Options,
    }

    fn parse(line: &str) -> Result<Profile> {
        let words = ["x"].into_iter().chain(line.split_whitespace());
        Command::try_parse_from(words)?.options.profile()
    }

    #[test]
    fn each_option_gives_its_rights() {
        let profile = parse("--ro /r /s --exec /e --rw /w --allow bind_tcp:80 --ro /e").unwrap();
        let rights = |path: &str| profile.allow[&Object::Path(path.into())];
        assert_eq!(rights("/r"), Rights::RO);
        assert_eq!(rights("/s"), Rights::RO);
        assert_eq!(rights("/e"), Rights::EXEC);
        assert_eq!(rights("/w"), Rights::RW);
        assert_eq!(profile.allow[&Object::Port(80)].to_string(), "bind_tcp");
        assert_eq!(profile.handled(), Rights::ALL);
    }

    #[test]
    fn words_are_parsed_again() {
        let line = "--allow execute,read_file:/a bind_udp,connect_tcp:53 --unrestricted signal \
                    --quiet-rights read_file --quiet-at /a 80 --require full --ignore-missing \
                    --keep-privileges --tsync --log-same-exec-off --log-new-exec-on \
                    --log-subdomains-off";
        let profile = parse(line).unwrap();
        assert!(profile.tsync && profile.keep_privileges && profile.log_subdomains_off);
        assert_eq!(parse(&words(&profile).join(" ")).unwrap(), profile);
        assert!(words(&Profile::default()).is_empty());
    }

    #[test]
    fn wrong_values_are_refused_with_what_to_do() {
        for (line, expected) in [
            ("--allow /etc", "take RIGHTS:OBJECT"),
            ("--allow reed:/etc", "no right is called \"reed\""),
            ("--allow read_file:80", "read_file needs a path"),
            ("--allow signal:/", "use --unrestricted signal"),
            ("--unrestricted x", "--help lists the names"),
            ("--require all", "possible values: full, partial, none"),
        ] {
            let error = parse(line).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn shell_reads_the_words_as_they_were() {
        assert_eq!(quote("a/b:c".as_ref()), "a/b:c");
        assert_eq!(quote("it's $x".as_ref()), r"'it'\''s $x'");
        assert_eq!(quote("".as_ref()), "''");
        let profile = parse("--ro /a").unwrap();
        let line = command_line(&profile, &["sh".into(), "-c".into(), "a b".into()]);
        assert_eq!(
            line,
            "sandboxer \\\n  --allow read_file,read_dir:/a \\\n  -- sh -c 'a b'"
        );
    }

    #[test]
    fn help_has_every_name() {
        for name in Rights::ALL.names() {
            let words = NAMES.split(|c: char| !c.is_alphanumeric() && c != '_');
            assert_eq!(
                words.filter(|word| *word == name).count().min(1),
                1,
                "{name}"
            );
        }
    }
}
