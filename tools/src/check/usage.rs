// SPDX-License-Identifier: GPL-2.0-only

//! `make help` and the README list the commands and variables of the command line, word for word.

use std::fs;

use anyhow::{Context, Result};
use clap::{Arg, Command, CommandFactory};

use crate::check::Verdict;
use crate::cli::Cli;
use crate::kernel::Workshop;

/// What starts a line of `make help` in the Makefile.
const HELP: &str = "##";

/// What starts a row about a command or a variable in the README.
const ROW: &str = "| `";

/// Compares the Makefile and the README with the command line.
pub fn check(workshop: &Workshop) -> Result<Verdict> {
    let cli = Cli::command();
    let read = |name: &str| {
        let text = fs::read_to_string(workshop.place.repo.join(name));
        text.with_context(|| format!("cannot read {name}"))
    };
    let mut problems = differences("Makefile", &read("Makefile")?, HELP, &help(&cli));
    problems.extend(differences(
        "README.md",
        &read("README.md")?,
        ROW,
        &rows(&cli),
    ));
    let remark = "Makefile and README list what the command line has";
    Ok(Verdict::new(problems, remark))
}

/// Compares the lines of `text` that start with `prefix` with `wanted`.
fn differences(name: &str, text: &str, prefix: &str, wanted: &[String]) -> Vec<String> {
    let found = text.lines().filter(|line| line.starts_with(prefix));
    let found: Vec<&str> = found.collect();
    let extra = found
        .iter()
        .filter(|line| !wanted.iter().any(|wanted| wanted == *line))
        .map(|line| format!("{name}: has, against the command line: {line}"));
    let missing = wanted
        .iter()
        .filter(|line| !found.contains(&line.as_str()))
        .map(|line| format!("{name}: lacks: {line}"));
    extra.chain(missing).collect()
}

/// Returns the lines of `make help`, as comments of the Makefile.
fn help(cli: &Command) -> Vec<String> {
    let target = |command: &Command| {
        let names: Vec<String> = variables(command.get_arguments())
            .map(|(name, _)| format!("{name}="))
            .collect();
        let names = match names.is_empty() {
            true => String::new(),
            false => format!(" ({})", names.join(", ")),
        };
        let about = text(command.get_about());
        format!("{HELP} make {:<13} {about}{names}", command.get_name())
    };
    let mut lines: Vec<String> = cli.get_subcommands().map(target).collect();
    lines.push(HELP.to_owned());
    let variables = all_variables(cli).into_iter();
    lines.extend(variables.map(|(name, about)| format!("{HELP} {:<18} {about}", name + "=")));
    lines
}

/// Returns the rows of the README's tables of commands and of variables.
fn rows(cli: &Command) -> Vec<String> {
    let target = |command: &Command| {
        let names = variables(command.get_arguments()).map(|(name, _)| format!(" `{name}=`"));
        format!(
            "| `make {}` | {} |{} |",
            command.get_name(),
            text(command.get_about()),
            names.collect::<String>()
        )
    };
    let mut rows: Vec<String> = cli.get_subcommands().map(target).collect();
    let variables = all_variables(cli).into_iter();
    rows.extend(variables.map(|(name, about)| format!("| `{name}=` | {about} |")));
    rows
}

/// Returns the variables of make among `arguments`, and what each is for.
pub fn variables<'a>(
    arguments: impl Iterator<Item = &'a Arg>,
) -> impl Iterator<Item = (String, String)> {
    arguments.filter_map(|argument| {
        let name = argument.get_env()?.to_str()?;
        Some((name.to_owned(), text(argument.get_help())))
    })
}

/// Returns all variables. One that means different things occurs with each of them, in a row.
fn all_variables(cli: &Command) -> Vec<(String, String)> {
    let mut all: Vec<_> = variables(cli.get_arguments()).collect();
    for variable in cli
        .get_subcommands()
        .flat_map(|command| variables(command.get_arguments()))
    {
        if !all.contains(&variable) {
            let last = all.iter().rposition(|(name, _)| *name == variable.0);
            all.insert(last.map_or(all.len(), |index| index + 1), variable);
        }
    }
    all
}

/// Returns what the command line says of something.
fn text(says: Option<&clap::builder::StyledStr>) -> String {
    says.map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_can_be_parsed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_fits_a_terminal() {
        let lines = help(&Cli::command());
        let long: Vec<_> = lines
            .iter()
            .filter(|line| line.len() > HELP.len() + 1 + 80)
            .collect();
        assert!(long.is_empty(), "{long:?}");
    }

    #[test]
    fn each_command_and_variable_is_listed_once() {
        let lines = help(&Cli::command());
        let count = |start: &str| {
            let lines = lines.iter();
            lines.filter(|line| line.starts_with(start)).count()
        };
        assert_eq!(count("## make selftests "), 1);
        assert_eq!(count("## FLAVOR="), 1);
        assert_eq!(count("## KDIR="), 1);
        assert_eq!(lines.len(), rows(&Cli::command()).len() + 1);
    }

    #[test]
    fn what_is_said_otherwise_is_refused() {
        let wanted = ["## a".to_owned(), "## b".to_owned()];
        assert!(differences("x", "## a\ntext\n## b\n", HELP, &wanted).is_empty());
        assert_eq!(
            differences("x", "## a\n## c\n", HELP, &wanted),
            ["x: has, against the command line: ## c", "x: lacks: ## b"]
        );
    }
}
