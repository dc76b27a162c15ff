// SPDX-License-Identifier: GPL-2.0-only

//! The tool that explains denials, and learns from them.

use std::fs;

use anyhow::{ensure, Context, Result};

use crate::harness::{command, run, run_script, Ended, SECRET};
use crate::Test;

/// The tests.
pub const TESTS: &[Test] = &[
    ("why.explains_files", explains_files),
    ("why.explains_what_is_no_file", explains_what_is_no_file),
    ("why.explains_nested_sandboxes", explains_nested_sandboxes),
    ("why.repeats_the_exit_status", repeats_the_exit_status),
    ("why.learns_files", learns_files),
    ("why.learns_ports_and_scopes", learns_ports_and_scopes),
    ("why.learns_to_move", learns_to_move),
    ("why.admits_what_nothing_allows", admits_what_nothing_allows),
];

/// A denial has its task, its layer, and its cure; a request that is allowed has none.
fn explains_files() -> Result<()> {
    let denied = run("why --exec /bin -- cat @/private/file")?;
    denied.complains(") may not read /tmp/samples_test/private/file\n")?;
    denied.complains("denied by layer 1, the sandbox of this command\n")?;
    denied.complains("to allow it: --allow read_file:/tmp/samples_test/private\n")?;
    denied.complains("1 requests were denied")?;
    let allowed = run("why --exec /bin --allow read_file:@/private -- cat @/private/file")?;
    allowed.gives(SECRET)?;
    ensure!(
        allowed.err() == "why: nothing was denied\n",
        "{}",
        allowed.err()
    );
    Ok(())
}

/// Signals, ports, and mounts.
fn explains_what_is_no_file() -> Result<()> {
    let demo = "why --exec /bin /samples -- /samples/demo act";
    let bind = run(&format!("{demo} bind-tcp 49300"))?;
    bind.complains("may not bind to TCP port 49300")?;
    bind.complains("to allow it: --allow bind_tcp:49300")?;
    let mount = run(&format!("{demo} mount @/open"))?;
    mount.complains("may not change mounts at ")?;
    mount.complains("do it before")?;
    let signal = run_script("why --exec /bin -- sh", "kill -0 1")?;
    signal.complains("may not send a signal to ")?;
    signal.complains("to allow it: --unrestricted signal")
}

/// Which of two sandboxes denies, and who made it.
fn explains_nested_sandboxes() -> Result<()> {
    let inner = "/samples/sandboxer --exec /bin -- cat @/private/file";
    let denied = run(&format!("why --exec /bin /samples --ro @ -- {inner}"))?;
    denied.complains("denied by layer 2, a sandbox that sandboxer (")?;
    denied.complains("needs a rule for read_file on /tmp/samples_test/private")?;
    let denied = run(&format!("why --look -- {inner}"))?;
    denied.complains("denied by layer 1, a sandbox that sandboxer (")?;
    run("why --exec /bin /samples --ro @ -- /samples/sandboxer --exec /bin --ro @ -- cat @/private/file")?
        .gives(SECRET)
}

/// Wrappers end as their command does.
fn repeats_the_exit_status() -> Result<()> {
    run_script("why --exec /bin -- sh", "exit 7")?.ends(7)?;
    run("why --exec /bin -- missing")?.ends(127)?;
    run("why -- true")?.ends(126)
}

/// Learns what the last word of `line`, a shell, needs for `script`, and runs it with that: nothing
/// may be denied any more, and each right is needed.
fn learn(script: &str) -> Result<String> {
    let learning = run_script("why --learn --save learned.toml -- sh", script)?;
    learning.ends(0)?;
    let again = run_script("why --profile learned.toml -- sh", script)?;
    again.ends(0)?;
    ensure!(
        again.err().ends_with("why: nothing was denied\n"),
        "{}",
        again.err()
    );
    run_script("sandboxer --profile learned.toml -- sh", script)?.ends(0)?;
    printed(&learning)?.ends(0)?;
    Ok(fs::read_to_string("learned.toml")?)
}

/// Runs the command line that was printed.
fn printed(learning: &Ended) -> Result<Ended> {
    let err = learning.err();
    let (_, line) = err.split_once("nothing is denied:\n").context("no line")?;
    run_script("sh", &line.replace("sandboxer", "/samples/sandboxer"))
}

/// Directories rather than files, with the rights that are used.
fn learns_files() -> Result<()> {
    let script = "cat @/open/file @/private/file >@/open/new; ls @/open >/dev/null";
    let profile = learn(script)?;
    let expected = "[allow]\n\
        \"/bin\" = [\"execute\", \"read_file\"]\n\
        \"/dev/null\" = [\"write_file\", \"ioctl_dev\"]\n\
        \"/tmp/samples_test/open\" = [\"write_file\", \"read_file\", \"read_dir\", \"make_reg\", \"truncate\"]\n\
        \"/tmp/samples_test/private\" = [\"read_file\"]\n";
    ensure!(profile == expected, "learned {profile}");
    // What was not used stays denied.
    run("sandboxer --profile learned.toml -- rm @/open/file")?.is_denied()?;
    run("sandboxer --profile learned.toml -- ls @/private")?.is_denied()
}

/// What is no file.
fn learns_ports_and_scopes() -> Result<()> {
    let profile = learn("/samples/demo act bind-tcp 49300 && kill -0 1")?;
    ensure!(profile.contains("unrestricted = [\"signal\"]"), "{profile}");
    ensure!(profile.contains("49300 = [\"bind_tcp\"]"), "{profile}");
    let other = command("sandboxer --profile learned.toml -- /samples/demo act bind-tcp 49301")?;
    ensure!(!{ other }.status()?.success(), "any port is allowed");
    Ok(())
}

/// Moving between directories takes rights on both, and on what is further up for neither.
fn learns_to_move() -> Result<()> {
    let profile = learn(
        "[ -e @/private/moved ] || /samples/demo act rename @/open/file @/private/moved; \
         /samples/demo act rename @/private/moved @/open/file",
    )?;
    ensure!(profile.contains("refer"), "{profile}");
    ensure!(!profile.contains("\"/tmp\""), "{profile}");
    Ok(())
}

/// A mount cannot be allowed.
fn admits_what_nothing_allows() -> Result<()> {
    let learning = run("why --learn --exec /bin /samples -- /samples/demo act mount @/open")?;
    learning.ends(125)?;
    learning.complains("1 of these denials are left, which no rule can allow")
}
