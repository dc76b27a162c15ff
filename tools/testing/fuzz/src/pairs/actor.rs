// SPDX-License-Identifier: GPL-2.0-only

//! A member of a round: waits for the others, acts, waits again, looks at what it may do.

use std::ffi::CString;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::pairs::observe::{self, Watcher};
use crate::pairs::perform::{self, Outcome};
use crate::pairs::program::{Actor, MAX_ACTORS, MAX_ACTS, Program};
use crate::pairs::table::{ALL, NOT_RUN, Phase, Status, Table};
use crate::sys::{self, text};

/// Descriptor of this program in every process of a round.
pub const PROGRAM: i32 = 98;

/// How often a member looks at the table before it sleeps between two looks.
const EAGER: u32 = 30;

/// How long it sleeps then.
const NAP: Duration = Duration::from_micros(100);

/// How long each actor waits after the start.
pub type Skews = [Duration; MAX_ACTORS];

/// What a member knows.
#[derive(Clone, Copy)]
pub struct Member<'a> {
    /// Its number.
    pub me: usize,
    /// The program.
    pub program: &'a Program,
    /// The table.
    pub table: Table,
}

/// Waits until `is_so`, at first without sleeping.
pub fn wait_until(is_so: impl Fn() -> bool) {
    for look in 0.. {
        if is_so() {
            return;
        }
        match look {
            0..EAGER => thread::yield_now(),
            _ => thread::sleep(NAP),
        }
    }
}

/// Waits until all of `count` actors are about to act, so that they start at the same time.
fn gather(table: Table, count: usize) {
    table.arrive();
    // This may take long: processes and threads are made.
    wait_until(|| table.arrived() == count);
    if table.get_ready() == count {
        table.start(Phase::Act);
    }
    while !table.has_come_to(Phase::Act) {
        thread::yield_now();
    }
}

impl Member<'_> {
    /// Is this member, in a thread of its own, for ever.
    pub fn run(&self, skews: Skews) -> ! {
        let Self { me, program, table } = *self;
        table.enter(me, std::process::id() as i32, sys::thread_number());
        gather(table, program.actors.len());
        match table.turn() {
            ALL => spin(skews[me]),
            _ => wait_until(|| table.turn() == me as i32),
        }
        let Actor(_, acts) = &program.actors[me];
        for (number, act) in acts.iter().enumerate() {
            match perform::act(self, *act) {
                Outcome::Result(result) => table.set_result(me, number, result),
                Outcome::Leave => {
                    table.set_status(me, Status::Left);
                    sys::exit_thread()
                }
                Outcome::LeaveAll => {
                    table.set_status(me, Status::Left);
                    sys::exit(0)
                }
            }
        }
        stay(table, me)
    }

    /// Returns whether others that come to an end by themselves still act at the same time.
    pub fn others_act(&self) -> bool {
        let is_busy = |index: &usize| self.table.status(*index) == Status::Busy;
        let others = (0..self.program.actors.len()).filter(|index| *index != self.me);
        let foreground = others.filter(|index| !self.program.is_background(*index));
        self.table.turn() == ALL && foreground.filter(is_busy).count() > 0
    }
}

/// Is a member that has done all it is there for.
pub fn stay(table: Table, me: usize) -> ! {
    table.set_status(me, Status::Done);
    wait_until(|| table.has_come_to(Phase::Observe));
    let (seen, layers) = observe::look(table, Watcher::Member);
    table.observe(me, seen, layers);
    loop {
        thread::sleep(Duration::from_secs(1));
    }
}

/// Waits without giving up the processor.
fn spin(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

/// Becomes the program that goes on as the member `me`. Only returns when that fails.
pub fn execute(me: usize) -> i32 {
    let words = ["fuzz".to_owned(), "image".to_owned(), me.to_string()];
    let words: Vec<CString> = words.iter().map(|word| text(word)).collect();
    sys::execute(PROGRAM, c"", &words, libc::AT_EMPTY_PATH)
}

/// Goes on as a member that executed this program.
pub fn image(me: usize) -> Result<()> {
    let table = Table::open()?;
    let pid = std::process::id() as i32;
    table.bury(pid, Some(me));
    // The act that led here.
    let act = (0..MAX_ACTS).find(|act| table.result(me, *act) == NOT_RUN);
    table.set_result(me, act.unwrap_or(0), 0);
    stay(table, me)
}
