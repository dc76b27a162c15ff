// SPDX-License-Identifier: GPL-2.0-only

//! What tests have in common: a directory with files, and programs that run there.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{ensure, Context, Result};

/// Where tests run.
pub const DIR: &str = "/tmp/samples_test";

/// What a file has in it that a sandbox hides.
pub const SECRET: &str = "secret\n";

/// Runs `test` in a directory that is made for it.
pub fn in_new_dir(test: fn() -> Result<()>) -> Result<()> {
    let _ = fs::remove_dir_all(DIR);
    for dir in ["open", "private"] {
        fs::create_dir_all(Path::new(DIR).join(dir))?;
    }
    env::set_current_dir(DIR)?;
    fs::write("open/file", "text\n")?;
    fs::write("private/file", SECRET)?;
    test()
}

/// Returns a command: a sample that is beside this program, or a program in the PATH. A word of
/// `line` has no blanks; `@` is the directory of the test.
pub fn command(line: &str) -> Result<Command> {
    let line = line.replace('@', DIR);
    let mut words = line.split_whitespace();
    let program = words.next().context("no program")?;
    let here = env::current_exe()?.with_file_name(program);
    let mut command = match here.exists() {
        true => Command::new(here),
        false => Command::new(program),
    };
    command.args(words);
    Ok(command)
}

/// How a program ended.
pub struct Ended(Output);

/// Runs a command to its end.
pub fn run(line: &str) -> Result<Ended> {
    let output = command(line)?.output();
    Ok(Ended(output.with_context(|| format!("cannot run {line}"))?))
}

/// Runs a script to its end; the last word of `line` is the shell.
pub fn run_script(line: &str, script: &str) -> Result<Ended> {
    let output = command(line)?
        .arg("-c")
        .arg(script.replace('@', DIR))
        .output();
    Ok(Ended(output.with_context(|| format!("cannot run {line}"))?))
}

impl Ended {
    /// What it wrote to standard output.
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    /// What it wrote to standard error.
    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// Fails unless it succeeded and wrote exactly `text`.
    pub fn gives(&self, text: &str) -> Result<()> {
        self.ends(0)?;
        let out = self.out();
        ensure!(out == text, "wrote {out:?}, not {text:?}");
        Ok(())
    }

    /// Fails unless it ended with `status`.
    pub fn ends(&self, status: i32) -> Result<()> {
        let code = self.0.status.code();
        ensure!(code == Some(status), "ended with {code:?}: {}", self.err());
        Ok(())
    }

    /// Fails unless it failed, and complained with `text`.
    pub fn complains(&self, text: &str) -> Result<()> {
        ensure!(!self.0.status.success(), "succeeded: {}", self.out());
        ensure!(self.err().contains(text), "no {text:?} in {:?}", self.err());
        Ok(())
    }

    /// Fails unless it failed because of the sandbox.
    pub fn is_denied(&self) -> Result<()> {
        let texts = ["Permission denied", "Operation not permitted"];
        ensure!(!self.0.status.success(), "succeeded: {}", self.out());
        let err = self.err();
        ensure!(texts.iter().any(|text| err.contains(text)), "failed: {err}");
        Ok(())
    }
}
