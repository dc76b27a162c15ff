// SPDX-License-Identifier: GPL-2.0-only

//! Runs programs many times each, and prints what is possible.

use std::fs::{self, File};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::choice::Choice;
use crate::logs::{self, Logs};
use crate::pairs::actor::{PROGRAM, Skews};
use crate::pairs::events::{self, Events};
use crate::pairs::facets::{Entry, Findings, Seen, Time};
use crate::pairs::ground;
use crate::pairs::job::{Job, Task};
use crate::pairs::program::MAX_ACTORS;
use crate::pairs::round::{self, Order, Stuck};
use crate::pairs::table::{Phase, Table};
use crate::stage;
use crate::sys::{self, Side};
use crate::tree::mount_at;

/// How long the kernel may take to free what rounds leave.
const FREE_LIMIT: Duration = Duration::from_secs(10);

/// How many rounds that never end are enough.
const ENOUGH: usize = 2;

/// How long one program is run: what sleeps for seconds is run a few times.
const LIMIT: Duration = Duration::from_secs(90);

/// How many rounds are run before the logs are read.
const PER_LOOK: usize = 50;

/// What is printed about a program.
#[derive(Serialize)]
pub struct Report<'a> {
    /// Seed, name or text.
    id: &'a str,
    /// The program as text.
    program: String,
    /// Whether it is known that C may not come to an end.
    c_may_hang: bool,
    /// Number of rounds that were run.
    rounds: usize,
    /// Number of acts in each of them.
    acts: usize,
    /// What was seen.
    seen: Vec<Entry>,
}

/// Runs all programs of `jobs`: prints a line before each, and one with what was seen. The last line
/// says how many domains and rulesets were never freed.
pub fn run(jobs: &[Job]) -> Result<()> {
    // Grace periods are most of the time that mounts take.
    let _ = fs::write("/sys/kernel/rcu_expedited", "1");
    let logs = Logs::open()?;
    match sys::fork(libc::CLONE_NEWNS | libc::CLONE_NEWNET) {
        Ok(Side::Child) => {
            let result = Runner::new(logs).and_then(|mut runner| runner.all(jobs));
            if let Err(error) = &result {
                eprintln!("fuzz: {error:#}");
            }
            sys::exit(i32::from(result.is_err()))
        }
        Ok(Side::Parent(pid)) => match sys::wait(pid) {
            0 => Ok(()),
            status => bail!("programs could not be run: status {status}"),
        },
        Err(error) => bail!("cannot make namespaces: error {error}"),
    }
}

/// Runs programs.
struct Runner {
    logs: Logs,
    marks: File,
    events: Events,
    table: Table,
    next: usize,
}

impl Runner {
    /// Prepares this process, which is alone in new namespaces.
    fn new(logs: Logs) -> Result<Self> {
        let private = libc::MS_REC | libc::MS_PRIVATE;
        mount_at("", "/", None, private, "");
        let _ = fs::create_dir("/w");
        stage::loopback_up();
        stage::place(File::open("/proc/self/exe")?.into(), PROGRAM);
        std::mem::forget(ground::listen_abstract()?);
        sys::handle(libc::SIGUSR1);
        sys::block_signals(1 << (libc::SIGIO - 1));
        rustix::process::set_child_subreaper(rustix::process::Pid::from_raw(1))?;
        Ok(Self {
            logs,
            marks: Logs::marks()?,
            events: Events::default(),
            table: Table::make()?,
            next: 0,
        })
    }

    fn all(&mut self, jobs: &[Job]) -> Result<()> {
        for task in jobs.iter().flat_map(Job::tasks) {
            println!("begin {}", task.id);
            let report = self.task(task).inspect_err(|error| {
                if error.is::<Stuck>() {
                    println!("stuck {}", task.id);
                }
            })?;
            println!("end {}", serde_json::to_string(&report)?);
        }
        let started = Instant::now();
        while self.look()? > 0 && started.elapsed() < FREE_LIMIT {
            thread::sleep(Duration::from_millis(5));
        }
        println!("unfreed {}", self.events.unfreed());
        Ok(())
    }

    /// Runs a program in each order, then as often as the task says, or until it saw what it wants.
    fn task<'a>(&mut self, task: &'a Task) -> Result<Report<'a>> {
        let started = Instant::now();
        let mut seen = Seen::default();
        let mut left = task.wanted.clone();
        let (mut rounds, mut hung, mut waiting) = (0, 0, Vec::new());
        let together = (0..task.rounds).map(|round| Order::Together(skews(&task.id, round)));
        for order in serial(task.program.actors.len()).chain(together) {
            let findings = self.round(task, &order)?;
            rounds += 1;
            hung += usize::from(findings.time == Time::Never);
            waiting.push(findings);
            let is_full = waiting.len() >= PER_LOOK || hung >= ENOUGH;
            if is_full || !left.is_empty() && waiting.len() >= 8 {
                self.collect(&mut waiting, &mut seen)?;
                seen.remove_from(&mut left);
            }
            let found = !task.wanted.is_empty() && left.is_empty();
            if found || hung >= ENOUGH || started.elapsed() > LIMIT {
                break;
            }
        }
        self.collect(&mut waiting, &mut seen)?;
        let program = task.program.to_string();
        Ok(Report {
            id: &task.id,
            program,
            c_may_hang: task.program.c_may_hang(),
            rounds,
            acts: task.program.acts().count(),
            seen: seen.entries(),
        })
    }

    /// Runs one round.
    fn round(&mut self, task: &Task, order: &Order) -> Result<Findings> {
        let number = self.next;
        self.next += 1;
        let (logs, marks) = (&self.logs, &self.marks);
        let mark = |phase| {
            let step = match phase {
                Phase::Act => events::start_of(number),
                _ => events::end_of(number),
            };
            logs::mark(marks, step);
            logs.mark_audit(step);
        };
        round::run(&task.program, self.table, order, number, &mark)
            .with_context(|| format!("{order:?} of {}", task.program))
    }

    /// Adds the events of rounds to what they ended with.
    fn collect(&mut self, waiting: &mut Vec<Findings>, seen: &mut Seen) -> Result<()> {
        self.look()?;
        for findings in waiting.drain(..) {
            seen.add(&findings, self.events.take(findings.round));
        }
        Ok(())
    }

    /// Reads the logs; returns how many things are not freed yet.
    fn look(&mut self) -> Result<usize> {
        let lines = self.logs.take()?;
        self.events.add(&lines);
        Ok(self.events.unfreed())
    }
}

/// Returns all orders in which `count` actors can act one after the other.
fn serial(count: usize) -> impl Iterator<Item = Order> {
    let mut orders = vec![Vec::new()];
    for _ in 0..count {
        let longer = orders.iter().flat_map(|order: &Vec<usize>| {
            let others = (0..count).filter(|actor| !order.contains(actor));
            others.map(|actor| [&order[..], &[actor]].concat())
        });
        orders = longer.collect();
    }
    orders.into_iter().map(Order::Serial)
}

/// Chooses how long actors wait after the start: up to a millisecond, short times more often, and one
/// of them not at all.
fn skews(id: &str, round: usize) -> Skews {
    let seed = id.bytes().fold(round as u64, |sum, byte| {
        sum.wrapping_mul(0x100_0000_01b3) ^ u64::from(byte)
    });
    let mut choice = Choice::new(seed);
    let first = choice.below(MAX_ACTORS);
    std::array::from_fn(|actor| {
        let most = 1 << (10 + choice.below(11));
        let time = choice.below(most) as u64;
        Duration::from_nanos(if actor == first { 0 } else { time })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_orders_are_tried() {
        assert_eq!(serial(2).count(), 2);
        let orders: Vec<Order> = serial(3).collect();
        assert_eq!(orders.len(), 6);
        assert!(orders.contains(&Order::Serial(vec![2, 0, 1])));
    }

    #[test]
    fn skews_differ_from_round_to_round() {
        assert_eq!(skews("7", 1), skews("7", 1));
        assert_ne!(skews("7", 1), skews("7", 2));
        assert!(skews("x", 5).contains(&Duration::ZERO));
    }
}
