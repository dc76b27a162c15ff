// SPDX-License-Identifier: GPL-2.0-only

//! The calls of make in documents, and in the example for CI, are commands of this tool, with
//! variables that these have.

use std::fs;

use anyhow::{Context, Result};
use clap::{Command, CommandFactory};
use regex::Regex;

use crate::check::Verdict;
use crate::check::own_tests::pattern;
use crate::check::usage::variables;
use crate::cli::Cli;
use crate::host::files::{self, Source};
use crate::kernel::Workshop;

/// Folder of the documents.
const DOCUMENTS: &str = "Documentation";

/// Other files that have commands.
const OTHERS: [&str; 2] = ["README.md", "samples/ci/github.yml"];

/// A call of make: a mark of code before it or a folder, the target, and variables with values.
const CALL: &str = concat!(
    r"(`?)make (-C /landlock-rs )?([a-z][a-z-]*)",
    r#"((?:[\s\\]+[A-Z_]+=(?:'[^']*'|"[^"]*"|\$\{\{[^}]*\}\}|[^\s`]*))*)"#
);

/// A variable of a call. Its value may have an assignment, too.
const VARIABLE: &str = r"\s([A-Z_]+)=(?:'[^']*')?";

/// A call of make.
#[derive(Debug, PartialEq, Eq)]
struct Call {
    target: String,
    variables: Vec<String>,
}

/// Checks every call.
pub fn check(workshop: &Workshop) -> Result<Verdict> {
    let repo = &workshop.place.repo;
    let mut sources = files::read(&repo.join(DOCUMENTS), &["rst"])?;
    for name in OTHERS {
        let text = fs::read_to_string(repo.join(name));
        let text = text.with_context(|| format!("cannot read {name}"))?;
        let path = name.into();
        sources.push(Source { path, text });
    }
    let patterns = [pattern(CALL)?, pattern(VARIABLE)?];
    let cli = Cli::command();
    let mut problems = Vec::new();
    let mut count = 0;
    for Source { path, text } in &sources {
        let calls = calls(text, &patterns);
        count += calls.len();
        let found = calls.iter().filter_map(|call| problem(&cli, call));
        problems.extend(found.map(|problem| format!("{}: {problem}", path.display())));
    }
    let remark = format!("{count} calls of make in documents");
    Ok(Verdict::new(problems, remark))
}

/// Returns the calls in `text`. Without a mark, a folder or a variable, "make" is a word.
fn calls(text: &str, [call, variable]: &[Regex; 2]) -> Vec<Call> {
    let found = call.captures_iter(text);
    let found =
        found.filter(|call| !call[1].is_empty() || call.get(2).is_some() || !call[4].is_empty());
    found
        .map(|call| Call {
            target: call[3].to_owned(),
            variables: variable
                .captures_iter(&call[4])
                .map(|name| name[1].to_owned())
                .collect(),
        })
        .collect()
}

/// The target that is the Makefile's own.
const HELP: &str = "help";

/// Finds out what the command line does not have of a call.
fn problem(
    cli: &Command,
    Call {
        target,
        variables: used,
    }: &Call,
) -> Option<String> {
    if target == HELP {
        return None;
    }
    let Some(command) = cli.find_subcommand(target) else {
        return Some(format!("there is no make {target}"));
    };
    let arguments = cli.get_arguments().chain(command.get_arguments());
    let known: Vec<String> = variables(arguments).map(|(name, _)| name).collect();
    let unknown = used.iter().find(|name| !known.contains(name))?;
    Some(format!("make {target} has no {unknown}="))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(target: &str, variables: &[&str]) -> Call {
        Call {
            target: target.to_owned(),
            variables: variables.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn calls_are_found_and_words_are_not() {
        let text = "Type ``make run``, or make it simple.\n\
                    make shell ABI=${{ matrix.abi }} WITH=\"$PWD/x\" \\\n  RUN='A=1 \n B=2 x'; C=3\n\
                    run: make -C /landlock-rs test\nmake -C . M=x modules\n";
        let patterns = [pattern(CALL).unwrap(), pattern(VARIABLE).unwrap()];
        assert_eq!(
            calls(text, &patterns),
            [
                call("run", &[]),
                call("shell", &["ABI", "WITH", "RUN"]),
                call("test", &[]),
            ]
        );
    }

    #[test]
    fn targets_and_variables_that_are_not_there_are_found() {
        let cli = Cli::command();
        let says = |target, variables: &[&str]| problem(&cli, &call(target, variables));
        assert_eq!(says("shell", &["ABI", "KERNEL_SRC"]), None);
        assert_eq!(says("help", &[]), None);
        assert_eq!(says("walk", &[]).as_deref(), Some("there is no make walk"));
        assert_eq!(
            says("shell", &["ABI", "SEED"]).as_deref(),
            Some("make shell has no SEED=")
        );
    }
}
