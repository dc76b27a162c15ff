// SPDX-License-Identifier: GPL-2.0-only

//! Tests the samples in a guest, as root: each is run, and attacked; prints TAP.
//!
//! Each attack has an allowed twin, which shows that it would work but for the sandbox.

#![forbid(unsafe_code)]

mod attack;
mod harness;
mod sandboxer;
mod tools;
mod why;

use std::env;
use std::process::ExitCode;

use anyhow::Result;

/// A test: its name, and what it does.
type Test = (&'static str, fn() -> Result<()>);

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    match &words[..] {
        [] => run(),
        [word, sample] if word == "attack" => attack(sample),
        _ => ExitCode::from(2),
    }
}

/// Is the program that breaks out of a sample.
fn attack(sample: &str) -> ExitCode {
    match attack::command(sample) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("attack: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs all tests.
fn run() -> ExitCode {
    let tests: Vec<Test> = [sandboxer::TESTS, why::TESTS, tools::TESTS].concat();
    println!("TAP version 13\n1..{}", tests.len());
    let mut code = ExitCode::SUCCESS;
    for (index, (name, test)) in tests.into_iter().enumerate() {
        let number = index + 1;
        match harness::in_new_dir(test) {
            Ok(()) => println!("ok {number} {name}"),
            Err(error) => {
                println!("# {}", format!("{error:#}").replace('\n', "\n# "));
                println!("not ok {number} {name}");
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}
