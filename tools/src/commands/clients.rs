// SPDX-License-Identifier: GPL-2.0-only

//! `make clients`: programs that use Landlock, as Debian has them, in guests with each Landlock, and
//! without one.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::bound::Bound;
use crate::cli;
use crate::commands::{abi, asked};
use crate::guest::Guest;
use crate::guest::machine::Session;
use crate::host::place;
use crate::host::ui::{self, Step};
use crate::kernel::{Impl, Workshop};
use crate::results::tally::close;
use crate::results::tap::Count;
use crate::results::transcript::Mark;

mod crate_suite;
mod go_suite;
mod root;
mod table;
mod verdict;

use table::{Table, Trial};
use verdict::{Ran, Verdict};

/// How long a trial may take, as the guest sees to it.
const LIMIT: Duration = Duration::from_secs(60);

/// A kind of guest.
#[derive(Clone, Copy)]
struct Kind {
    implementation: Impl,
    state: State,
}

/// What a guest's kernel does with Landlock.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is there.
    Enabled,
    /// The slot is, and stays empty.
    Empty,
    /// The boot parameter leaves it out.
    Disabled,
}

/// All kinds. The first one with a Landlock, and the first one without, are what the others are
/// compared with.
const KINDS: [Kind; 8] = [
    Kind::new(Impl::C, State::Enabled),
    Kind::new(Impl::Rust, State::Enabled),
    Kind::new(Impl::C, State::Disabled),
    Kind::new(Impl::Rust, State::Empty),
    Kind::new(Impl::Builtin, State::Enabled),
    Kind::new(Impl::Rust, State::Disabled),
    Kind::new(Impl::Builtin, State::Disabled),
    Kind::new(Impl::Debian, State::Enabled),
];

/// How many of them have a kernel that is built here: the others run when they are asked for.
const BUILT: usize = 7;

/// How many of them `make test` has time for.
const QUICK: usize = 4;

impl Kind {
    const fn new(implementation: Impl, state: State) -> Self {
        Self {
            implementation,
            state,
        }
    }

    fn name(self) -> String {
        let implementation = self.implementation;
        match self.state {
            State::Enabled => implementation.to_string(),
            State::Empty => format!("{implementation}-empty"),
            State::Disabled => format!("{implementation}-disabled"),
        }
    }

    /// Returns the version of the ABI that user space sees: `abi`, or 0 for none.
    fn abi(self, abi: u32) -> u32 {
        match self.state {
            State::Enabled => abi,
            State::Empty | State::Disabled => 0,
        }
    }

    /// Returns whether it is part of what a person asks for.
    fn is_asked(self, asked: &cli::Clients) -> bool {
        let is_chosen = match asked.implementation {
            Some(only) => only == self.implementation,
            None => self.implementation != Impl::Debian,
        };
        let has_versions = matches!(self.implementation, Impl::Rust | Impl::Builtin)
            && self.state == State::Enabled;
        is_chosen && (asked.abi.is_none() || has_versions)
    }

    /// Makes a guest of this kind, with the version `abi` of the ABI.
    fn guest(self, workshop: &Workshop, abi: Option<u32>) -> Result<Guest> {
        let name = format!("clients-{}{}", self.name(), workshop.flavor().suffix());
        let mut guest = match self.state {
            State::Enabled => Guest::new(workshop, self.implementation, &name)?,
            State::Empty | State::Disabled => {
                Guest::without_module(workshop, self.implementation, &name)?
            }
        };
        match self.state {
            State::Enabled => guest.set_abi(abi),
            State::Empty => {}
            State::Disabled => guest.disable_landlock(),
        }
        Ok(guest)
    }
}

/// What became of the trials in guests of each kind.
type Sessions = Vec<(Kind, Session)>;

/// `make clients`: runs all cases, or those of one client, in guests as `asked`.
pub fn command(workshop: &Workshop, asked: &cli::Clients) -> Result<()> {
    if let Some(implementation) = asked.implementation {
        asked::check_abi(implementation, asked.abi)?;
    }
    let kinds = KINDS.into_iter().filter(|kind| kind.is_asked(asked));
    let kinds: Vec<Kind> = kinds.collect();
    let mut table = Table::read(workshop.place, Bound::Whole)?;
    if let Some(only) = &asked.only {
        table.choose(only)?;
    }
    close(run(workshop, &table, &kinds, asked.abi)?)
}

/// Runs the cases within `bound`, and counts the trials.
pub fn count(workshop: &Workshop, bound: Bound) -> Result<Count> {
    let table = Table::read(workshop.place, bound)?;
    let kinds = match bound {
        Bound::Quick => &KINDS[..QUICK],
        Bound::Whole => &KINDS[..BUILT],
    };
    run(workshop, &table, kinds, None)
}

/// Runs the trials of `table` in guests of `kinds`, and counts them.
fn run(workshop: &Workshop, table: &Table, kinds: &[Kind], abi: Option<u32>) -> Result<Count> {
    let sessions = sessions(workshop, table, kinds, abi)?;
    let abi = abi.map_or_else(|| abi::latest(workshop.place), Ok)?;
    let verdicts = judge(&table.trials(), &sessions, abi);
    let mut count = Count::default();
    for verdict in verdicts.values() {
        match &verdict.problem {
            Some(problem) => ui::failed(problem),
            None => count.pass += 1,
        }
    }
    count.fail = verdicts.len() - count.pass;
    let json = serde_json::to_string_pretty(&verdicts)? + "\n";
    place::write(&workshop.place.out.join("clients.json"), json)?;
    ui::say("results", "out/clients.json");
    Ok(count)
}

/// Judges each of `trials`: with Landlock, whose ABI has the version `enabled`, and without.
fn judge(trials: &[Trial], sessions: &Sessions, enabled: u32) -> BTreeMap<String, Verdict> {
    let mut verdicts = BTreeMap::new();
    for (title, abi) in [("with", enabled), ("without", 0)] {
        let is_alike = |(kind, _): &&(Kind, Session)| kind.abi(enabled) == abi;
        let alike: Vec<_> = sessions.iter().filter(is_alike).collect();
        for trial in trials.iter().filter(|_| !alike.is_empty()) {
            let read = |session: &Session| Ran::read(&session.transcript, trial);
            let guests = alike.iter();
            let guests = guests.map(|(kind, session)| (kind.name(), read(session)));
            let name = format!("{} {title} Landlock", trial.section());
            verdicts.insert(name, Verdict::new(trial, abi, guests.collect()));
        }
    }
    verdicts
}

/// Runs the trials of `table` in guests of `kinds`.
fn sessions(
    workshop: &Workshop,
    table: &Table,
    kinds: &[Kind],
    abi: Option<u32>,
) -> Result<Sessions> {
    let root = root::make(workshop.place, table)?;
    let trials = table.trials().len();
    let make = |kind: &Kind| {
        let mut guest = kind.guest(workshop, abi)?;
        guest.root.extend(&root);
        guest.extend_limit(LIMIT * trials as u32);
        Ok(guest)
    };
    let guests = kinds.iter().map(make).collect::<Result<Vec<_>>>()?;
    let what = format!("{trials} trials in {} guests", guests.len());
    // The section that makes the root ready is one more.
    let step = Step::counted("clients", &what, (trials + 1) * guests.len());
    let step = Mutex::new(step);
    let sessions = Guest::run_all(workshop, &guests, |line| {
        if let (Some(Mark::End(..)), Ok(mut step)) = (Mark::parse(line), step.lock()) {
            step.advance();
        }
    })?;
    if let Ok(step) = step.into_inner() {
        step.finish(format!("{what}: done"));
    }
    sessions.iter().try_for_each(check)?;
    Ok(kinds.iter().copied().zip(sessions).collect())
}

/// Fails when the guest came to no good end, or had no programs.
fn check(session: &Session) -> Result<()> {
    session.check_module()?;
    session.check()?;
    let mount = session.transcript.section(root::MOUNT);
    ensure!(
        mount.is_some_and(|mount| mount.status == Some(0)),
        "the guest has no root for the clients: {}",
        mount.map_or(String::new(), |mount| mount.text())
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the names of the kinds that are asked for.
    fn kinds(implementation: Option<Impl>, abi: Option<u32>) -> Vec<String> {
        let asked = cli::Clients {
            implementation,
            abi,
            only: None,
        };
        let kinds = KINDS.into_iter().filter(|kind| kind.is_asked(&asked));
        kinds.map(Kind::name).collect()
    }

    #[test]
    fn kinds_of_guests() {
        assert_eq!(kinds(None, None).len(), KINDS.len() - 1);
        assert_eq!(kinds(Some(Impl::C), None), ["c", "c-disabled"]);
        assert_eq!(kinds(None, Some(5)), ["rust", "builtin"]);
        assert_eq!(kinds(Some(Impl::Debian), None), ["debian"]);
    }
}
