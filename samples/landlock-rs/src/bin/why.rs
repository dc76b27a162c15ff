// SPDX-License-Identifier: GPL-2.0-only

//! Runs a command in a sandbox, and says what is denied to it, by which layer, and what would
//! allow that.

#![forbid(unsafe_code)]

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::thread;
use std::time::Duration;

use anyhow::{anyhow, bail, Context, Result};
use clap::Parser;
use landlock_samples::event::{Denial, Event, What};
use landlock_samples::explain::{explain, Layers, Ours};
use landlock_samples::learn::{learn, Kind};
use landlock_samples::options::{command_line, Options, NAMES};
use landlock_samples::profile::Profile;
use landlock_samples::sandbox;
use landlock_samples::trace::Trace;

/// How often a command is run to learn what it needs. Each time gets it further.
const MOST_RUNS: usize = 100;

/// How often the trace is looked at.
const PERIOD: Duration = Duration::from_millis(20);

/// Run a command in a sandbox, and say what it is denied, and why.
///
/// The options are those of the sandboxer. Needs root, to follow trace events.
#[derive(Debug, Parser)]
#[command(verbatim_doc_comment, after_help = help())]
struct Args {
    #[command(flatten)]
    options: Options,

    /// Run the command again and again, each time with rules for what was denied
    /// before; then print the options of the sandboxer with which it passes.
    #[arg(long, verbatim_doc_comment)]
    learn: bool,

    /// Write what was learned to a profile.
    #[arg(long, value_name = "FILE", requires = "learn")]
    save: Option<PathBuf>,

    /// The command sandboxes itself: only look.
    #[arg(long, conflicts_with = "learn")]
    look: bool,

    /// The command and its arguments, after "--".
    #[arg(value_name = "COMMAND", required = true, last = true)]
    command: Vec<OsString>,
}

fn help() -> String {
    format!(
        "\
Examples:
  why --exec /usr /lib /lib64 -- cat /etc/passwd
  why --learn --save cat.toml -- cat /etc/passwd
  sandboxer --profile cat.toml -- cat /etc/passwd

{NAMES}

Exit status: that of the command; 125 if it was not tried, or nothing can allow
what it needs, 126 if it cannot be run, 127 if it is not found."
    )
}

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.learn {
        true => learn_rules(&args),
        false => look(&args),
    };
    done.unwrap_or_else(|error| {
        eprintln!("why: {error:#}");
        ExitCode::from(125)
    })
}

/// Runs the command once, and explains each denial.
fn look(args: &Args) -> Result<ExitCode> {
    let profile = match args.look {
        true => None,
        false => Some(args.options.profile()?),
    };
    let run = Run::new(profile.as_ref(), &args.command, true)?;
    let count = run.denials.len();
    match count {
        0 => eprintln!("why: nothing was denied"),
        _ => eprintln!("why: {count} requests were denied"),
    }
    Ok(run.code())
}

/// Runs the command until nothing is denied to it, and prints with what.
fn learn_rules(args: &Args) -> Result<ExitCode> {
    let mut profile = args.options.profile()?;
    for _ in 0..MOST_RUNS {
        let run = Run::new(Some(&profile), &args.command, false)?;
        let ours: Vec<&Denial> = run.ours().collect();
        if ours.is_empty() {
            eprintln!("why: with this, nothing is denied:");
            eprintln!("{}", command_line(&profile, &args.command));
            if let Some(path) = &args.save {
                let saved = fs::write(path, profile.to_toml()?);
                saved.with_context(|| format!("cannot write {}", path.display()))?;
            }
            return Ok(run.code());
        }
        let (learned, left) = learn(&profile, ours, Kind::of);
        if learned == profile {
            let count = left.len();
            run.print();
            bail!("{count} of these denials are left, which no rule can allow");
        }
        profile = learned;
    }
    bail!("after {MOST_RUNS} runs, something new is still denied each time")
}

/// A run of the command.
struct Run {
    /// How it ended, or why it did not start.
    status: io::Result<ExitStatus>,
    layers: Layers,
    denials: Vec<(Event, Denial)>,
}

impl Run {
    /// Runs `command`, in a sandbox if there is a profile, and explains denials at once if
    /// `is_loud`.
    fn new(profile: Option<&Profile>, command: &[OsString], is_loud: bool) -> Result<Self> {
        let mut trace = Trace::start()?;
        let mut child = start(profile, command)?;
        let mut run = Self {
            status: Ok(ExitStatus::default()),
            layers: Layers::new(match profile {
                Some(_) => Ours::First,
                None => Ours::None,
            }),
            denials: Vec::new(),
        };
        let mut seen = HashSet::new();
        loop {
            let ended = match &mut child {
                Ok(child) => child.try_wait()?.map(Ok),
                Err(error) => Some(Err(io::Error::from(error.kind()))),
            };
            for event in trace.read()? {
                run.read(event, is_loud.then_some(&mut seen));
            }
            if let Some(status) = ended {
                run.status = status;
                return Ok(run);
            }
            thread::sleep(PERIOD);
        }
    }

    /// Takes in an event, and explains it if nothing in `seen` says the same.
    fn read(&mut self, event: Event, seen: Option<&mut HashSet<String>>) {
        self.layers.read(&event);
        match event.what.clone() {
            What::Denied(denial) => {
                let text = explain(&event, &denial, &self.layers, Kind::of);
                if seen.is_some_and(|seen| seen.insert(text.clone())) {
                    eprint!("why: {text}");
                }
                self.denials.push((event, denial));
            }
            What::Lost => eprintln!("why: the kernel lost events; some denials are missing"),
            _ => (),
        }
    }

    /// Explains every denial.
    fn print(&self) {
        for (event, denial) in &self.denials {
            eprint!("why: {}", explain(event, denial, &self.layers, Kind::of));
        }
    }

    /// Returns the denials of the sandbox that was made for the command.
    fn ours(&self) -> impl Iterator<Item = &Denial> {
        let denials = self.denials.iter().map(|(_, denial)| denial);
        denials.filter(|denial| self.layers.is_ours(denial.domain))
    }

    /// Returns the exit status as a shell has it.
    fn code(&self) -> ExitCode {
        let code = match &self.status {
            Ok(status) => status
                .code()
                .unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
            Err(error) if error.kind() == ErrorKind::NotFound => 127,
            Err(_) => 126,
        };
        ExitCode::from(u8::try_from(code).unwrap_or(125))
    }
}

/// Starts `command`. A thread enters the sandbox and starts it, so that the others stay outside.
fn start(profile: Option<&Profile>, command: &[OsString]) -> Result<io::Result<Child>> {
    let (program, arguments) = command.split_first().context("no command")?;
    let in_sandbox = || {
        if let Some(profile) = profile {
            sandbox::enforce(profile)?;
        }
        let child = Command::new(program).args(arguments).spawn();
        if let Err(error) = &child {
            eprintln!("why: cannot run {}: {error}", program.to_string_lossy());
        }
        Ok(child)
    };
    thread::scope(|scope| scope.spawn(in_sandbox).join())
        .map_err(|_| anyhow!("the thread of the sandbox panicked"))?
}
