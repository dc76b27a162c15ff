// SPDX-License-Identifier: GPL-2.0-only

//! `make kselftest`, `make selftests`, `make samples` and `make kunit`: suites in a guest of their
//! own.

use std::time::Duration;

use anyhow::{Result, bail, ensure};

use crate::cli;
use crate::commands::asked;
use crate::guest::machine::Session;
use crate::guest::suite::SuiteKind;
use crate::guest::{leaks, suites};
use crate::host::ui;
use crate::kernel::{Impl, Workshop};
use crate::results::ktap;
use crate::results::suites::{self as results, Suites};

/// How much longer than another program the one that tests all samples may run.
const SAMPLES_LIMIT: Duration = Duration::from_secs(180);

/// Starts the names of the module's KUnit suites.
const KUNIT_PREFIX: &str = "landlock_";

/// `make kselftest`, `make selftests` and `make samples`: runs a suite, or one test of it, in a guest of its own.
pub fn command(workshop: &Workshop, kind: SuiteKind, suite: &cli::Suite) -> Result<()> {
    let implementation = suite.guest.implementation;
    let programs = kind.programs(workshop)?;
    let names = choose(programs.tests(), suite.only.as_deref())?;
    let name = kind.file(workshop, implementation);
    let mut guest = asked::guest(workshop, &suite.guest, &name)?;
    let flavor = workshop.flavor();
    guest.root.plan.extend(leaks::first_sections(flavor));
    guest.add_suite(kind.folder(), &programs, &names)?;
    if kind == SuiteKind::Samples {
        guest.extend_limit(SAMPLES_LIMIT);
    }
    guest.root.plan.extend(leaks::final_sections(flavor));
    let session = guest.run(workshop, "tests")?;
    session.check_module()?;
    let suites = suites(&session.transcript, kind.folder(), &names);
    results::print(&suites);
    write(workshop, kind, implementation, &session, &suites)?;
    leaks::check(&session)?;
    session.check()?;
    let failed = results::total(&suites).fail;
    ensure!(failed == 0, "{failed} cases failed; see out/{name}.tap");
    Ok(())
}

/// Returns `names`, or only the requested one.
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
pub fn write(
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
pub fn kunit(workshop: &Workshop, asked: &cli::Guest) -> Result<()> {
    let session = asked::guest(workshop, asked, "kunit")?.run(workshop, "kunit")?;
    session.check_module()?;
    let suites = read_kunit(workshop, asked.implementation, &session)?;
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
pub fn read_kunit(workshop: &Workshop, implementation: Impl, session: &Session) -> Result<Suites> {
    let suites = ktap::parse(&session.console, KUNIT_PREFIX);
    let name = implementation.to_string();
    results::write_json(workshop.place, "kunit", &name, &suites)?;
    Ok(suites)
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
}
