// SPDX-License-Identifier: GPL-2.0-only

//! One round of a program: starts actors, follows them until they have acted, sees what came of it.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::pairs::actor::{Member, Skews};
use crate::pairs::facets::{self, Findings, Time};
use crate::pairs::ground;
use crate::pairs::observe;
use crate::pairs::perform::int;
use crate::pairs::program::{Act, Actor, MAX_ACTORS, Place, Program, Set};
use crate::pairs::table::{ALL, MEMBERS, Phase, Status, Table};
use crate::sys::{self, Call, Children, Side, call};

/// How long a machine may need for a round besides what actors sleep, however busy it is.
const IN_TIME: Duration = Duration::from_secs(3);

/// How long it takes until an actor counts as one that never comes to an end.
const NEVER: Duration = Duration::from_secs(8);

/// How long the kernel may take to end processes that were killed.
const END: Duration = Duration::from_secs(8);

/// In which way actors act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// At the same time, each some time after the start.
    Together(Skews),
    /// One after the other.
    Serial(Vec<usize>),
}

/// Processes that are killed but do not end: the machine is of no use any more.
#[derive(Debug)]
pub struct Stuck;

impl std::fmt::Display for Stuck {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("killed processes do not end")
    }
}

impl std::error::Error for Stuck {}

/// A round that goes on.
struct Round<'a> {
    program: &'a Program,
    table: Table,
    skews: Skews,
    processes: Vec<i32>,
}

/// Runs `program` once. `mark` is called when actors are about to start, and when they have acted.
pub fn run(
    program: &Program,
    table: Table,
    order: &Order,
    number: usize,
    mark: &dyn Fn(Phase),
) -> Result<Findings> {
    let (turn, skews) = match order {
        Order::Together(skews) => (ALL, *skews),
        Order::Serial(order) => (order[0] as i32, Skews::default()),
    };
    table.reset(turn);
    table.set_watcher(std::process::id() as i32);
    if program.acts().any(Act::is_tsync) {
        table.count_layers();
    }
    ground::prepare(program)?;
    mark(Phase::Act);
    let processes = Vec::new();
    let mut round = Round {
        program,
        table,
        skews,
        processes,
    };
    round.start()?;
    let time = round.follow(order);
    mark(Phase::Observe);
    let verdict = match time {
        Time::Never => String::new(),
        _ => round.observe(),
    };
    round.end()?;
    ground::clean();
    Ok(round.findings(number, order, time, verdict))
}

impl Round<'_> {
    fn member(&self, me: usize) -> Member<'_> {
        let (program, table) = (self.program, self.table);
        Member { me, program, table }
    }

    /// Starts all actors: first the process with the threads and its children, then others.
    fn start(&mut self) -> Result<()> {
        let first = self.fork(|round| round.first_process())?;
        call(Call::SetGroup, [first, first].map(int));
        for me in self.those_at(Place::Outside) {
            let process = self.fork(|round| {
                call(Call::SetGroup, [0, first].map(int));
                round.member(me).run(round.skews)
            })?;
            call(Call::SetGroup, [process, first].map(int));
        }
        Ok(())
    }

    /// Starts a process that shares descriptors with this one, and does not return from `work`.
    fn fork(&mut self, work: impl FnOnce(&Self)) -> Result<i32> {
        match sys::fork(libc::CLONE_FILES) {
            Ok(Side::Child) => {
                work(self);
                sys::exit(0)
            }
            Ok(Side::Parent(pid)) => {
                self.processes.push(pid);
                Ok(pid)
            }
            Err(error) => anyhow::bail!("cannot fork: error {error}"),
        }
    }

    fn those_at(&self, place: Place) -> Vec<usize> {
        let actors = self.program.actors.iter().enumerate();
        let there = actors.filter(|(_, Actor(other, _))| *other == place);
        there.map(|(me, _)| me).collect()
    }

    /// Is the process of all threads.
    fn first_process(&self) -> ! {
        call(Call::SetGroup, [0, 0].map(int));
        for ruleset in &self.program.start {
            let ruleset = ground::make(ruleset);
            call(Call::RestrictSelf, [int(ruleset), int(0)]);
            call(Call::Close, [int(ruleset)]);
        }
        for me in self.those_at(Place::Child) {
            let flags = libc::CLONE_FILES | libc::CLONE_PARENT;
            if let Ok(Side::Child) = sys::fork(flags) {
                self.member(me).run(self.skews);
            }
        }
        let threads = self.those_at(Place::Thread);
        thread::scope(|scope| {
            for me in threads.into_iter().filter(|me| *me != 0) {
                scope.spawn(move || self.member(me).run(self.skews));
            }
            self.member(0).run(self.skews)
        })
    }

    /// Waits until all actors have acted. Gives turns if they act one after the other.
    fn follow(&self, order: &Order) -> Time {
        let start = Instant::now();
        let limit = self.program.sleeps();
        let mut turns = match order {
            Order::Together(_) => &[],
            Order::Serial(order) => &order[..],
        };
        loop {
            self.bury();
            if let [now, rest @ ..] = turns {
                if self.table.status(*now) > Status::Busy {
                    turns = rest;
                    self.table
                        .set_turn(turns.first().map_or(MAX_ACTORS, |next| *next) as i32);
                }
            }
            let time = start.elapsed();
            if self.is_over(Status::Done) {
                return if time < limit + IN_TIME {
                    Time::InTime
                } else {
                    Time::Late
                };
            }
            if time > limit + NEVER {
                return Time::Never;
            }
            nap(time);
        }
    }

    /// Notes members whose process ended.
    fn bury(&self) {
        let started = (MAX_ACTORS..MEMBERS).map(|member| self.table.numbers(member).0);
        let actors = (0..MAX_ACTORS).map(|member| self.table.numbers(member).0);
        for pid in started.chain(actors).filter(|pid| *pid != 0) {
            if sys::has_ended(pid) {
                self.table.bury(pid, None);
            }
        }
    }

    /// Returns whether everybody has come to `status`, or left.
    fn is_over(&self, status: Status) -> bool {
        let actors = self.program.actors.len();
        (0..MEMBERS).all(|member| match self.table.status(member) {
            Status::Absent => member >= actors,
            other => other >= status,
        })
    }

    /// Has all members look at what they may do; describes what happened.
    fn observe(&self) -> String {
        self.table.start(Phase::Observe);
        let start = Instant::now();
        while !self.is_over(Status::Observed) && start.elapsed() < NEVER {
            self.bury();
            nap(start.elapsed());
        }
        let members = (0..MEMBERS).filter_map(|member| self.text_of(member));
        let sets = [Set::R0, Set::R1].map(|set| {
            let content = observe::content(self.table, ground::slot_of(set));
            let content = content.map_or("gone".to_owned(), |seen| observe::text_of(seen, None));
            format!("{set:?}: {content}")
        });
        let there = ground::NAMES
            .iter()
            .filter(|(_, path)| observe::is_there(path));
        let names: Vec<String> = there.map(|(name, _)| format!("{name:?}")).collect();
        let lines: Vec<String> = members.chain(sets).collect();
        format!("{}; {}", lines.join("; "), names.join(" "))
    }

    /// Describes a member.
    fn text_of(&self, member: usize) -> Option<String> {
        let status = self.table.status(member);
        let end = match status {
            Status::Absent => return None,
            Status::Observed => {
                let (seen, layers) = self.table.observation(member);
                let layers = self.table.counts_layers().then_some(layers);
                observe::text_of(seen, layers)
            }
            status => format!("{status:?}").to_lowercase(),
        };
        let acts = match self.program.actors.get(member) {
            Some(Actor(_, acts)) => acts.len(),
            None => return Some(format!("child of {}: {end}", member - MAX_ACTORS)),
        };
        let results: Vec<i32> = (0..acts)
            .map(|act| self.table.result(member, act))
            .collect();
        Some(format!("{member}: {} {end}", facets::results(&results)))
    }

    /// Ends all processes of the round.
    fn end(&self) -> Result<()> {
        let start = Instant::now();
        loop {
            for process in &self.processes {
                // The group is that of the first one, which may be gone.
                call(Call::Kill, [-self.processes[0], libc::SIGKILL].map(int));
                call(Call::Kill, [*process, libc::SIGKILL].map(int));
            }
            if sys::reap() == Children::Gone {
                return Ok(());
            }
            ensure!(start.elapsed() < END, Stuck);
            nap(start.elapsed());
        }
    }

    fn findings(&self, round: usize, order: &Order, time: Time, verdict: String) -> Findings {
        let actors = 0..self.program.actors.len();
        let exhausted = actors
            .clone()
            .filter(|actor| self.table.is_exhausted(*actor));
        let interrupts = actors
            .clone()
            .map(|actor| self.table.interrupts(actor) as usize);
        Findings {
            round,
            is_serial: matches!(order, Order::Serial(_)),
            time,
            exhausted: exhausted.collect(),
            verdict,
            interrupts: interrupts.collect(),
        }
    }
}

/// Sleeps for a short time, and not that short when the wait is long.
fn nap(waited: Duration) {
    thread::sleep(match waited.as_millis() {
        0..5 => Duration::from_micros(100),
        _ => Duration::from_millis(1),
    });
}
