// SPDX-License-Identifier: GPL-2.0-only

//! The sandboxer: options, profiles, errors. What it denies is shown by the demonstration.

use std::fs;

use anyhow::{ensure, Result};

use crate::harness::{run, run_script, SECRET};
use crate::Test;

/// The tests.
pub const TESTS: &[Test] = &[
    ("sandboxer.rights_by_name", rights_by_name),
    ("sandboxer.profile", profile),
    ("sandboxer.unrestricted", unrestricted),
    ("sandboxer.privileges", privileges),
    ("sandboxer.strict", strict),
    ("sandboxer.errors", errors),
];

/// Reading takes the right to read, and no more.
fn rights_by_name() -> Result<()> {
    let sandboxer = "sandboxer --exec /bin --allow read_file:@/open";
    run(&format!("{sandboxer} -- cat @/open/file"))?.gives("text\n")?;
    run(&format!("{sandboxer} -- cat @/private/file"))?.is_denied()?;
    run(&format!("{sandboxer} -- ls @/open"))?.is_denied()?;
    run("sandboxer --exec /bin --allow read_dir:@/open -- ls @/open")?.gives("file\n")
}

/// A profile is worth its options, and options add to it.
fn profile() -> Result<()> {
    let text = "unrestricted = [\"net\"]\n[allow]\n\"/bin\" = [\"exec\"]\n\"open\" = [\"ro\"]\n";
    fs::write("profile.toml", text)?;
    let sandboxer = "sandboxer --profile profile.toml";
    run(&format!("{sandboxer} -- cat open/file"))?.gives("text\n")?;
    run(&format!("{sandboxer} -- cat private/file"))?.is_denied()?;
    run(&format!("{sandboxer} --ro private -- cat private/file"))?.gives(SECRET)?;
    run(&format!("{sandboxer} -- /samples/demo act bind-tcp 49300"))?.is_denied()?;
    run(&format!(
        "{sandboxer} --exec /samples -- /samples/demo act bind-tcp 49300"
    ))?
    .ends(0)?;
    run("sandboxer --exec /bin /samples -- /samples/demo act bind-tcp 49300")?.is_denied()
}

/// A right or a scope that is left out is not restricted.
fn unrestricted() -> Result<()> {
    let kill = |options: &str| {
        let line = format!("sandboxer --exec /bin {options} -- sh");
        run_script(&line, "kill -0 $PPID")
    };
    kill("")?.is_denied()?;
    kill("--unrestricted signal")?.ends(0)?;
    kill("--unrestricted abstract_unix_socket")?.is_denied()?;
    run("sandboxer --unrestricted fs -- cat @/private/file")?.gives(SECRET)
}

/// `no_new_privs` comes with the sandbox, unless the administrator keeps privileges.
fn privileges() -> Result<()> {
    let status = |options: &str| {
        let line = format!("sandboxer --exec /bin --ro /proc {options} -- sh");
        run_script(&line, "grep NoNewPrivs /proc/self/status")
    };
    status("")?.gives("NoNewPrivs:\t1\n")?;
    status("--tsync")?.gives("NoNewPrivs:\t1\n")?;
    status("--keep-privileges")?.gives("NoNewPrivs:\t0\n")
}

/// This kernel enforces everything.
fn strict() -> Result<()> {
    let all = "--tsync --log-same-exec-off --log-new-exec-on --log-subdomains-off \
               --quiet-rights read_file,bind_tcp,signal --quiet-at @/private 80";
    let line = format!("sandboxer --require full {all} --exec /bin -- echo text");
    let ended = run(&line)?;
    ended.gives("text\n")?;
    ensure!(ended.err().is_empty(), "complains: {}", ended.err());
    Ok(())
}

/// Each error is a line that says what to do, with a status of its own.
fn errors() -> Result<()> {
    fs::write("wrong.toml", "alow = 1\n")?;
    for (options, status, hint) in [
        ("--ro @/missing -- true", 125, "see --ignore-missing"),
        ("--exec @/open -- true", 126, "below --exec?"),
        ("--exec /bin -- missing", 127, "cannot run missing"),
        (
            "--profile wrong.toml -- true",
            125,
            "line 1: unknown field `alow`",
        ),
        (
            "--unrestricted all -- true",
            125,
            "leave something out of --unrestricted",
        ),
        (
            "--profile missing.toml -- true",
            125,
            "cannot read missing.toml",
        ),
    ] {
        let ended = run(&format!("sandboxer {options}"))?;
        ended.ends(status)?;
        ended.complains(hint)?;
        ensure!(ended.err().lines().count() == 1, "lines: {}", ended.err());
    }
    run("sandboxer --exec /bin --ignore-missing --ro @/missing -- true")?.ends(0)
}
