// SPDX-License-Identifier: GPL-2.0-only

//! The tests of go-landlock, the library for Go programs, built with Debian's compiler for Go.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::commands::clients::table::SUITE;
use crate::host::deps::unpacked;
use crate::host::place::{self, Place};
use crate::host::process::run;
use crate::host::ui::Step;

/// Name of the client, and of the program in its commands.
pub const CLIENT: &str = "go-landlock-tests";

/// The compiler, and the library with its tests.
const PACKAGES: [&str; 2] = ["golang-go", "golang-github-landlock-lsm-go-landlock-dev"];

/// The library by the name that Go programs import.
const LIBRARY: &str = "github.com/landlock-lsm/go-landlock/landlock";

/// Builds the tests, unless the cache has them, and returns the program.
pub fn build(place: &Place) -> Result<PathBuf> {
    let debian = unpacked::with_dependencies(place, SUITE, &PACKAGES, &[])?;
    let dir = place.cache.join("clients").join(place::name(&debian));
    let program = dir.join(CLIENT);
    if !program.exists() {
        place::make_dir(&dir)?;
        let mut step = Step::new("clients", "building the tests of go-landlock");
        let partial = program.with_extension("partial");
        let mut go = go(place, &debian)?;
        // Without symbols for debuggers.
        go.args(["test", "-c", "-ldflags", "-s -w", "-o"])
            .arg(&partial)
            .arg(LIBRARY);
        run(&mut go, &place.log("clients-go"), |_| step.tick())
            .context("the tests of go-landlock cannot be built")?;
        fs::rename(&partial, &program).context("cannot keep the tests")?;
        step.finish("tests of go-landlock built");
    }
    Ok(program)
}

/// Makes a command of the compiler below `debian`: it takes packages from there alone, and writes
/// to the cache alone.
fn go(place: &Place, debian: &Path) -> Result<Command> {
    let root = debian.join("usr/lib/go");
    let home = place.cache.join("target/clients-go");
    place::make_dir(&home)?;
    let mut go = Command::new(root.join("bin/go"));
    go.current_dir(&home)
        .env_clear()
        .env("HOME", &home)
        .env("GOROOT", &root)
        .env("GOPATH", debian.join("usr/share/gocode"))
        .envs([
            ("GO111MODULE", "off"),
            ("GOTOOLCHAIN", "local"),
            ("CGO_ENABLED", "0"),
        ]);
    Ok(go)
}
