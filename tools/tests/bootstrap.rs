// SPDX-License-Identifier: GPL-2.0-only

//! What `make` gives to cargo, and through it to the tool.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// A cargo that is recent enough, and prints its arguments and its environment.
const CARGO: &str = "#!/bin/sh\n\
                     case $1 in --version) echo cargo 1.99.0 ;; *) echo \"$@\"; env ;; esac\n";

/// Returns what cargo gets from `make` with `arguments`, in an environment with `variables`.
fn cargo(arguments: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cargo");
    fs::write(&path, CARGO).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let rest = std::env::var("PATH").unwrap();
    let output = Command::new("make")
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .env("PATH", format!("{}:{rest}", dir.path().display()))
        .env("LANDLOCK_RS_CACHE", dir.path())
        .env_remove("MAKEFLAGS")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn variables_that_are_not_empty_reach_the_tool() {
    let lines = cargo(&["kselftest", "IMPL=c", "T="], &[("N", "3"), ("ONLY", "")]);

    assert!(lines.iter().any(|line| line.ends_with(" -- kselftest")));
    assert!(lines.iter().any(|line| line == "IMPL=c"));
    assert!(lines.iter().any(|line| line == "N=3"));
    for name in ["T=", "ONLY=", "KDIR="] {
        assert!(!lines.iter().any(|line| line.starts_with(name)), "{name}");
    }
}

#[test]
fn a_command_reaches_the_tool_as_it_is() {
    let command = "echo $HOME; exit $(cat x)";
    let lines = cargo(&["shell", &format!("RUN={command}")], &[]);
    assert!(lines.contains(&format!("RUN={command}")));
    let lines = cargo(&["shell"], &[("RUN", command)]);
    assert!(lines.contains(&format!("RUN={command}")));
}

#[test]
fn compilers_of_a_kernel_build_do_not() {
    let names = ["RUSTC", "HOSTRUSTC", "RUSTFLAGS", "CC", "LLVM", "ARCH"];
    let lines = cargo(&["module"], &names.map(|name| (name, "x")));

    assert!(lines.iter().any(|line| line.ends_with(" -- module")));
    for name in names {
        let variable = format!("{name}=x");
        assert!(!lines.contains(&variable), "{variable}");
    }
}
