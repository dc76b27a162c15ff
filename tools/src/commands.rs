// SPDX-License-Identifier: GPL-2.0-only

//! What `make` calls, but for the checks and the whole test.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::cli;
use crate::guest::initramfs::Section;
use crate::guest::machine::Session;
use crate::guest::programs::{self, Programs};
use crate::guest::{Guest, suites};
use crate::host::lock::Lock;
use crate::host::place::{self, Place};
use crate::host::process::run;
use crate::host::toolchain::Toolchain;
use crate::host::ui;
use crate::kernel::module;
use crate::kernel::{Flavor, Impl, Workshop};
use crate::results::ktap;
use crate::results::suites::{self as results, Suites};

pub mod coverage;
pub mod debug;
pub mod expected;
pub mod fresh;
pub mod slot;
pub mod test;

/// Starts the names of the module's KUnit suites.
const KUNIT_PREFIX: &str = "landlock_";

/// Folder of the host's tests of the policy.
pub const POLICY: &str = "tools/testing/policy";

/// What a person sees first in an interactive guest.
const GREETING: &str = "
Landlock in a virtual machine. Try, for instance:
  sandboxer --help
  demo
Leave it with `exit`, or with Ctrl-A X if it hangs.

";

/// `make run`: shows in a guest what the sandboxer allows and denies.
pub fn demo(workshop: &Workshop) -> Result<()> {
    let mut guest = Guest::new(workshop, Impl::Rust, "run")?;
    guest.add_samples(workshop)?;
    guest.root.plan.extend(demo_sections());
    let session = guest.run(workshop, "run")?;
    show_demo(workshop.place, &session)?;
    session.check()
}

/// Returns what a guest does for the demonstration.
pub fn demo_sections() -> [Section; 2] {
    [
        Section::new("demo", "demo --json /tmp/run.json"),
        Section::new("run.json", "cat /tmp/run.json"),
    ]
}

/// Prints the table of the demonstration; fails unless all was as expected.
pub fn show_demo(place: &Place, session: &Session) -> Result<()> {
    check_insmod(session)?;
    if let Some(json) = session.transcript.section("run.json") {
        place::write(&place.out.join("run.json"), json.text())?;
    }
    let demo = session.transcript.section("demo");
    let Some(demo) = demo else {
        session.check()?;
        bail!("the demonstration was not reached");
    };
    print!("\n{}\n", demo.text());
    ensure!(
        demo.status == Some(0),
        "the demonstration did not go as expected; see out/run.json"
    );
    Ok(())
}

/// Fails when the module was not loaded.
pub fn check_insmod(session: &Session) -> Result<()> {
    match session.transcript.section("insmod") {
        Some(output) if output.status != Some(0) => {
            let line = output
                .lines
                .first()
                .map_or("no reason given", |line| line.as_str());
            eprint!("{}", crate::results::console::excerpt(&session.console));
            bail!("the module was not loaded: {line}")
        }
        _ => Ok(()),
    }
}

/// `make shell`: gives the terminal to a guest.
pub fn shell(workshop: &Workshop, implementation: Impl) -> Result<()> {
    ensure!(ui::is_terminal(), "make shell needs a terminal");
    let mut guest = Guest::new(workshop, implementation, "shell")?;
    guest.add_samples(workshop)?;
    guest.root.add("bin/fuzz", &programs::fuzz(workshop)?)?;
    guest.root.greeting = Some(GREETING.to_owned());
    guest.interact(workshop)
}

/// `make module`: builds the module, against another kernel if one is given.
pub fn build_module(place: &Place, kdir: Option<&Path>, kernel_src: Option<&Path>) -> Result<()> {
    let module = match kdir {
        Some(kdir) => {
            let lock = Lock::new(&place.cache);
            lock.take()?;
            crate::host::deps::ensure(place)?;
            module::build_for(place, &Toolchain::find(place)?, kdir)?
        }
        None => {
            let workshop = Workshop::open(place, kernel_src, Flavor::Plain)?;
            module::Modules::build(&workshop)?.landlock
        }
    };
    ui::say("module", module.display());
    Ok(())
}

/// A suite of test programs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SuiteKind {
    /// The kernel's own.
    Kernel,
    /// That of this repository.
    Ours,
}

impl SuiteKind {
    /// Returns the folder of the suite in the guest.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Kernel => "kselftest",
            Self::Ours => "selftests",
        }
    }

    /// Returns how a person knows it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Kernel => "the kernel's suite",
            Self::Ours => "our suite",
        }
    }

    /// Returns the name of its results.
    fn file(self, workshop: &Workshop, implementation: Impl) -> String {
        let suffix = workshop.flavor().suffix();
        match (self, implementation) {
            (Self::Ours, Impl::Rust) => format!("selftests{suffix}"),
            _ => format!("{}-{implementation}{suffix}", self.folder()),
        }
    }

    /// Builds its programs.
    pub fn programs(self, workshop: &Workshop) -> Result<Programs> {
        match self {
            Self::Kernel => programs::kselftest(workshop),
            Self::Ours => programs::selftests(workshop),
        }
    }
}

/// `make kselftest` and `make selftests`: runs a suite, or one test of it, in a guest of its own.
pub fn run_suite(workshop: &Workshop, kind: SuiteKind, suite: &cli::Suite) -> Result<()> {
    let implementation = suite.guest.implementation;
    let programs = kind.programs(workshop)?;
    let names = choose(programs.tests(), suite.only.as_deref())?;
    let name = kind.file(workshop, implementation);
    let mut guest = Guest::new(workshop, implementation, &name)?;
    let flavor = workshop.flavor();
    guest.root.plan.extend(debug::first_sections(flavor));
    guest.add_suite(kind.folder(), &programs, &names)?;
    guest.root.plan.extend(debug::final_sections(flavor));
    let session = guest.run(workshop, "tests")?;
    check_insmod(&session)?;
    let suites = suites(&session.transcript, kind.folder(), &names);
    results::print(&suites);
    write_results(workshop, kind, implementation, &session, &suites)?;
    debug::check(&session)?;
    session.check()?;
    let failed = results::total(&suites).fail;
    ensure!(failed == 0, "{failed} cases failed; see out/{name}.tap");
    Ok(())
}

/// Returns `names`, or only the one that is asked for.
fn choose(names: Vec<String>, only: Option<&str>) -> Result<Vec<String>> {
    let Some(only) = only else {
        return Ok(names);
    };
    if names.iter().any(|name| name == only) {
        return Ok(vec![only.to_owned()]);
    }
    bail!("there is no suite {only}: take one of {}", names.join(", "))
}

/// Writes the results `suites` of a suite.
pub fn write_results(
    workshop: &Workshop,
    kind: SuiteKind,
    implementation: Impl,
    session: &Session,
    suites: &Suites,
) -> Result<()> {
    let place = workshop.place;
    let name = kind.file(workshop, implementation);
    results::write_tap(place, &name, kind.folder(), &session.transcript, suites)?;
    results::write_json(place, &name, &implementation.to_string(), suites)?;
    ui::say("results", format!("out/{name}.tap, out/{name}.json"));
    Ok(())
}

/// `make kunit`: the suites that the module runs when it is loaded.
pub fn kunit(workshop: &Workshop, implementation: Impl) -> Result<()> {
    let session = Guest::new(workshop, implementation, "kunit")?.run(workshop, "kunit")?;
    check_insmod(&session)?;
    let suites = kunit_suites(workshop, implementation, &session)?;
    results::print(&suites);
    ui::say("results", "out/kunit.json");
    session.check()?;
    let failed = results::total(&suites).fail;
    ensure!(
        failed == 0,
        "{failed} cases failed; see {}",
        workshop.place.log("console-kunit").display()
    );
    ensure!(!suites.is_empty(), "no KUnit suite ran");
    Ok(())
}

/// Reads the KUnit suites of Landlock from the kernel's log, and writes `out/kunit.json`.
pub fn kunit_suites(
    workshop: &Workshop,
    implementation: Impl,
    session: &Session,
) -> Result<Suites> {
    let suites = ktap::parse(&session.console, KUNIT_PREFIX);
    let name = implementation.to_string();
    results::write_json(workshop.place, "kunit", &name, &suites)?;
    Ok(suites)
}

/// `make policy`: the host's tests of the pure policy.
pub fn policy(place: &Place) -> Result<usize> {
    cargo_test(place, "policy", POLICY)
}

/// Runs the tests of the crate in the folder `dir`, and returns how many passed.
pub fn cargo_test(place: &Place, name: &'static str, dir: &str) -> Result<usize> {
    let mut step = ui::Step::new(name, format!("cargo test in {dir}"));
    let mut cargo = programs::cargo("test");
    cargo
        .arg("--locked")
        .current_dir(place.repo.join(dir))
        .env("CARGO_TARGET_DIR", place.cache.join("target").join(name));
    let mut passed = 0;
    run(&mut cargo, &place.log(&format!("test-{name}")), |line| {
        passed += count_passed(line);
        step.tick();
    })
    .with_context(|| format!("tests of {dir} failed"))?;
    ensure!(passed > 0, "{dir} has no test");
    step.finish(format!("{passed} tests passed"));
    Ok(passed)
}

/// Reads how many tests passed from a closing line of cargo: `test result: ok. 8 passed; ...`.
fn count_passed(line: &str) -> usize {
    let count = || {
        let rest = line.strip_prefix("test result: ok. ")?;
        rest.split(' ').next()?.parse().ok()
    };
    count().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_suite_or_all() {
        let names = vec!["fs_test".to_owned(), "net_test".to_owned()];
        assert_eq!(
            choose(names.clone(), Some("net_test")).unwrap(),
            ["net_test"]
        );
        assert_eq!(choose(names.clone(), None).unwrap().len(), 2);
        let error = choose(names, Some("x")).unwrap_err().to_string();
        assert_eq!(error, "there is no suite x: take one of fs_test, net_test");
    }

    #[test]
    fn passed_tests_of_cargo() {
        let line = "test result: ok. 8 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(count_passed(line), 8);
        assert_eq!(count_passed("running 8 tests"), 0);
    }
}
