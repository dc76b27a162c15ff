// SPDX-License-Identifier: GPL-2.0-only

//! A guest that runs test programs and samples on one of the implementations.

use std::collections::BTreeMap;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow};

use crate::guest::accel::Accel;
use crate::guest::initramfs::{Root, Section};
use crate::guest::machine::{BUSYBOX, Machine, Session, USUAL_PROCESSORS};
use crate::guest::programs::{Programs, samples};
use crate::host::ui::Step;
use crate::kernel::module::Modules;
use crate::kernel::{Flavor, Impl, Workshop};
use crate::results::tap::{Case, Suite};
use crate::results::transcript::{Mark, Transcript};

pub mod accel;
pub mod initramfs;
mod kvm;
pub mod leaks;
pub mod luggage;
pub mod machine;
pub mod programs;
pub mod suite;

/// How long a test program may run in a kernel that checks no more than usual.
const TEST_LIMIT: Duration = Duration::from_secs(300);

/// A guest that is being put together.
pub struct Guest {
    machine: Machine,
    /// Its files and its plan.
    pub root: Root,
}

impl Guest {
    /// Creates a guest with the kernel of `implementation`, and the module if it is ours.
    ///
    /// `name` is that of the console's log.
    pub fn new(workshop: &Workshop, implementation: Impl, name: &str) -> Result<Self> {
        let mut guest = Self::without_module(workshop, implementation, name)?;
        if implementation == Impl::Rust {
            let modules = Modules::build(workshop)?;
            let root = &mut guest.root;
            root.add("lib/landlock_rs.ko", &modules.landlock)?;
            root.add("lib/landlock_slot_probe.ko", &modules.probe)?;
        }
        Ok(guest)
    }

    /// As [`Guest::new`], but for the module: the slot stays empty.
    pub fn without_module(workshop: &Workshop, implementation: Impl, name: &str) -> Result<Self> {
        let kernel = workshop.image(implementation)?;
        let mut root = Root::default();
        root.add("bin/busybox", Path::new(BUSYBOX))?;
        if implementation == Impl::Debian {
            root.add_all("lib/modules", &workshop.debian()?.modules)?;
        }
        let machine = Machine {
            accel: kvm::find(workshop.place, &kernel)?,
            kernel,
            console: workshop.place.log(&format!("console-{name}")),
            flavor: workshop.flavor(),
            processors: USUAL_PROCESSORS,
            parameters: String::new(),
            plugin: None,
            shared: None,
            limit: Duration::from_secs(60) * workshop.flavor().slowness(),
        };
        Ok(Self { machine, root })
    }

    /// Disables Landlock with the boot parameter.
    pub fn disable_landlock(&mut self) {
        self.machine.parameters = "lsm=capability".to_owned();
    }

    /// Lets user space see the version `abi` of the ABI, if there is one.
    ///
    /// The kernel gives what it does not know itself to `/init`, as a variable of its environment,
    /// and `/init` gives it to the module and to all programs.
    pub fn set_abi(&mut self, abi: Option<u32>) {
        if let Some(abi) = abi {
            self.tell(&format!("landlock_rs.abi={abi} ABI={abi}"));
        }
    }

    /// Offers the extensions, in the same way.
    pub fn offer_extensions(&mut self) {
        self.tell("landlock_rs.extensions=1 EXT=1");
    }

    /// Adds `parameters` to those of the kernel.
    fn tell(&mut self, parameters: &str) {
        self.machine.parameters.push_str(parameters);
        self.machine.parameters.push(' ');
    }

    /// Adds the samples to the guest's programs.
    pub fn add_samples(&mut self, workshop: &Workshop) -> Result<()> {
        let samples = samples(workshop, &["cat-here", "demo", "sandboxer", "why"])?;
        self.root.add_all("bin", &samples)
    }

    /// Takes the file or folder `path` along, with the libraries of its programs. A kernel that has
    /// 9p reads a folder where it is.
    pub fn take_along(&mut self, path: &Path) -> Result<()> {
        if self.machine.flavor == Flavor::Wide && path.is_dir() {
            self.machine.shared = Some(luggage::share(&mut self.root, path)?);
            return Ok(());
        }
        luggage::take_along(&mut self.root, path)
    }

    /// Adds a suite: its programs to the guest's folder `folder`, the tests `names` to its plan.
    pub fn add_suite(&mut self, folder: &str, programs: &Programs, names: &[String]) -> Result<()> {
        self.root.add_all(folder, &programs.files)?;
        let slowness = self.machine.flavor.slowness();
        let limit = TEST_LIMIT * slowness;
        let sections = names.iter().map(|name| Section::test(folder, name, limit));
        self.root.plan.extend(sections);
        self.machine.limit += Duration::from_secs(60) * slowness * names.len() as u32;
        Ok(())
    }

    /// Lets the guest count instructions: its clock advances by one nanosecond with each.
    ///
    /// Its plan may take up to `limit`.
    pub fn count_instructions(&mut self, limit: Duration) {
        self.machine.accel = Accel::Counted;
        self.machine.limit = limit;
    }

    /// Lets QEMU load `plugin`, with its arguments. The plan may take up to `limit`.
    ///
    /// A plugin sees what is emulated, and nothing under KVM.
    pub fn load_plugin(&mut self, plugin: String, limit: Duration) {
        self.machine.accel = Accel::Tcg;
        self.machine.plugin = Some(plugin);
        self.machine.limit = limit;
    }

    /// Gives the guest `count` processors.
    pub fn set_processors(&mut self, count: u32) {
        self.machine.processors = count;
    }

    /// Gives the guest `more` time.
    pub fn extend_limit(&mut self, more: Duration) {
        self.machine.limit += more;
    }

    /// Boots the guest and carries out its plan, then `more`; gives each line to `on_line`.
    fn run_also(&self, more: &[Section], on_line: impl FnMut(&str)) -> Result<Session> {
        let mut root = self.root.clone();
        root.plan.extend_from_slice(more);
        self.machine.run(&root, on_line)
    }

    /// Boots the guest and carries out its plan; a line says how far it is.
    ///
    /// From here on other runs may use the cache.
    pub fn run(&self, workshop: &Workshop, title: &'static str) -> Result<Session> {
        let mut progress = Progress::new(title);
        let session = self.follow(workshop, |line| progress.read(line))?;
        progress.step.finish("the virtual machine is done");
        Ok(session)
    }

    /// Boots the guest and carries out its plan; gives each line to `on_line`.
    ///
    /// From here on other runs may use the cache.
    pub fn follow(&self, workshop: &Workshop, on_line: impl FnMut(&str)) -> Result<Session> {
        workshop.unlock();
        self.machine.run(&self.root, on_line)
    }

    /// Boots both `guests` at the same time. They carry out their plans, then `more`; lines of the
    /// second one go to `on_line`.
    pub fn run_both(
        workshop: &Workshop,
        guests: [&Guest; 2],
        more: &[Section],
        on_line: impl FnMut(&str),
    ) -> Result<[Session; 2]> {
        workshop.unlock();
        let [one, other] = guests;
        let (one, other) = thread::scope(|scope| {
            let one = scope.spawn(|| one.run_also(more, |_| ()));
            let other = other.run_also(more, on_line);
            (one.join(), other)
        });
        let one = one.unwrap_or_else(|_| Err(anyhow!("a thread died")));
        Ok([one?, other?])
    }

    /// Boots those of `guests` that have something to do, at the same time. Lines go to `on_line`.
    pub fn run_each(
        workshop: &Workshop,
        guests: [&Guest; 2],
        plans: [Option<Section>; 2],
        on_line: impl Fn(&str) + Sync,
    ) -> Result<[Option<Session>; 2]> {
        workshop.unlock();
        let run = |guest: &Guest, plan: Option<Section>| {
            let run = |section| guest.run_also(&[section], &on_line);
            plan.map(run).transpose()
        };
        let ([one, other], [first, second]) = (guests, plans);
        let (one, other) = thread::scope(|scope| {
            let one = scope.spawn(|| run(one, first));
            let other = run(other, second);
            (one.join(), other)
        });
        let one = one.unwrap_or_else(|_| Err(anyhow!("a thread died")));
        Ok([one?, other?])
    }

    /// Boots all `guests`, two at a time, for they have two processors each. They carry out their
    /// plans; lines go to `on_line`.
    pub fn run_all(
        workshop: &Workshop,
        guests: &[Guest],
        on_line: impl Fn(&str) + Sync,
    ) -> Result<Vec<Session>> {
        workshop.unlock();
        let mut sessions = Vec::new();
        for pair in guests.chunks(2) {
            let ran: Result<Vec<_>> = thread::scope(|scope| {
                let boot = |guest: &Guest| guest.machine.run(&guest.root, &on_line);
                let start = |guest| scope.spawn(move || boot(guest));
                let running: Vec<_> = pair.iter().map(start).collect();
                let ran = running.into_iter().map(|thread| thread.join());
                ran.map(|ran| ran.unwrap_or_else(|_| Err(anyhow!("a thread died"))))
                    .collect()
            });
            sessions.extend(ran?);
        }
        Ok(sessions)
    }

    /// Gives the terminal to the guest.
    pub fn interact(&self, workshop: &Workshop) -> Result<()> {
        workshop.unlock();
        self.machine.interact(&self.root)
    }
}

/// Says how far a guest is with its plan.
pub struct Progress {
    /// What is shown.
    pub step: Step,
    section: String,
    cases: usize,
}

impl Progress {
    /// Starts with a guest that boots.
    pub fn new(title: &'static str) -> Self {
        Self {
            step: Step::new(title, "booting"),
            section: String::from("booting"),
            cases: 0,
        }
    }

    /// Takes in a line that the guest printed.
    pub fn read(&mut self, line: &str) {
        if let Some(Mark::Begin(name)) = Mark::parse(line) {
            self.section = name.to_owned();
            self.step.set_what(name);
        } else if Case::parse(line).is_some() {
            self.cases += 1;
            let what = format!("{}, {} cases in all", self.section, self.cases);
            self.step.set_what(what);
        }
        self.step.tick();
    }
}

/// Reads the results of the tests `names` of `folder`. A test that was not reached failed.
pub fn suites(transcript: &Transcript, folder: &str, names: &[String]) -> BTreeMap<String, Suite> {
    let read = |name: &String| {
        let suite = match transcript.section(&format!("{folder}/{name}")) {
            Some(output) => Suite::parse(output.lines.iter().map(String::as_str), output.status),
            None => Suite::parse([], None),
        };
        (name.clone(), suite)
    };
    names.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_that_was_not_reached_fails() {
        let mut transcript = Transcript::default();
        let lines = "##landlock-rs begin x/a_test\n1..1\nok 1 x\n##landlock-rs end x/a_test 0\n";
        lines.lines().for_each(|line| transcript.push(line));
        let names = ["a_test".to_owned(), "b_test".to_owned()];
        let suites = suites(&transcript, "x", &names);
        assert_eq!(suites["a_test"].count().pass, 1);
        assert_eq!(suites["b_test"].count().fail, 1);
    }
}
