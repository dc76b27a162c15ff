// SPDX-License-Identifier: GPL-2.0-only

//! A report as one page that needs nothing else: tables and plots.

use std::cmp::Ordering::Equal;

use anyhow::Result;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::compare::behaviour::{self, Comparison};
use crate::compare::markdown::{code_rows, row, sum};
use crate::compare::plot::Over;
use crate::compare::ratios;
use crate::compare::report::Report;
use crate::measure::figure::{Order, Pair};

/// Look of the page.
const STYLE: &str = "
:root { color-scheme: light dark; --text: #222; --back: #fff; --stripe: #f4f4f4; --line: #888;
  --less: #1f5f99; --more: #b3261e }
@media (prefers-color-scheme: dark) { :root { --text: #ddd; --back: #181818; --stripe: #242424;
  --less: #7fb8ec; --more: #ff8a80 } }
body { font: 15px/1.45 sans-serif; color: var(--text); background: var(--back);
  max-width: 74em; margin: 2em auto; padding: 0 1em }
h1, h2 { font-weight: 600 } h2 { margin-top: 2em }
.wide { overflow-x: auto }
table { border-collapse: collapse } td, th { padding: .15em .8em; text-align: right }
td:first-child, th:first-child { text-align: left; font-family: monospace }
tr:nth-child(even) { background: var(--stripe) } th { border-bottom: 1px solid var(--line) }
.less { color: var(--less) } .more, .different { color: var(--more); font-weight: 600 }
.answer { font-size: 1.15em } .answer li { margin: .3em 0 }
.plots { display: flex; flex-wrap: wrap; gap: 1em }
svg { max-width: 100%; height: auto; background: #fff; border-radius: 4px }
input { font: inherit; padding: .2em .5em; margin: .5em 0; width: min(24em, 100%) }
details > summary { cursor: pointer; margin: .4em 0 }
";

/// Hides the rows of a table in which the text of the field above it does not occur.
const SCRIPT: &str = "
for (const field of document.querySelectorAll('input'))
  field.oninput = () => {
    const words = field.value.toLowerCase().split(' ');
    for (const row of field.nextElementSibling.querySelectorAll('tr.row'))
      row.hidden = !words.every(word => row.textContent.toLowerCase().includes(word));
  };
";

/// The plots of costs.
const PLOTS: [Over; 4] = [
    Over {
        title: "open() and close(), by depth",
        name: "open",
        over: "depth",
        each: ("layers", &[1, 16]),
        fixed: &[("rules", 1)],
    },
    Over {
        title: "open() and close(), by layers",
        name: "open",
        over: "layers",
        each: ("depth", &[8, 32]),
        fixed: &[("rules", 1)],
    },
    Over {
        title: "open() and close(), by rules",
        name: "open",
        over: "rules",
        each: ("layers", &[1, 16]),
        fixed: &[("depth", 8)],
    },
    Over {
        title: "landlock_restrict_self(), by rules",
        name: "restrict_self",
        over: "rules",
        each: ("layer", &[1, 16]),
        fixed: &[],
    },
];

/// Writes `report`.
pub fn write(report: &Report) -> Result<String> {
    let title = format!("C Landlock and landlock-rs, Linux {}", report.kernel);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (title) }
                (answer(report))
                (verdicts(&report.behaviour))
                h2 { "Instructions per operation" }
                p { (sum(&report.instructions)) }
                (plots(&report.instructions)?)
                details { summary { "All rows" } (table(report.instructions.iter())) }
                (section("Memory", &report.memory))
                (section("Cache lines that two processors write", &report.lines))
                (section("Time on this processor (User-Mode Linux)", &report.native))
                (code(report))
                (builds(report))
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    Ok(page.into_string())
}

/// Answers on the first screen: the same or different, by how much, and where worse.
fn answer(report: &Report) -> Markup {
    let cases: usize = report.behaviour.iter().map(|found| found.same).sum();
    let differences = report.differences();
    html! {
        ul .answer {
            @if differences == 0 {
                li { b { "The same: " } (cases) " cases end alike, none differs without a known reason." }
            } @else {
                li .different { "Different: " (differences) " cases; " (cases) " end alike." }
            }
            (costs("Instructions", &report.instructions))
            (costs("Memory", &report.memory))
            (costs("Shared cache lines", &report.lines))
            (costs("Time", &report.native))
        }
    }
}

/// Answers for one kind of cost, and names the rows in which Rust needs more.
fn costs(title: &str, pairs: &[Pair]) -> Markup {
    let mut worse: Vec<&Pair> = pairs
        .iter()
        .filter(|pair| pair.order == Order::More)
        .collect();
    worse.sort_by(|one, other| other.ratio().partial_cmp(&one.ratio()).unwrap_or(Equal));
    html! {
        li {
            b { (title) ": " } (sum(pairs))
            @if !worse.is_empty() {
                details {
                    summary .more { "More in these, the worst first" }
                    (table(worse.into_iter()))
                }
            }
        }
    }
}

/// Writes the section about verdicts.
fn verdicts(comparisons: &[Comparison]) -> Markup {
    let head = ["Cases", "same", "skipped", "known", "different"];
    html! {
        h2 { "Behaviour" }
        div .wide {
            table {
                tr { @for cell in head { th { (cell) } } }
                @for comparison in comparisons {
                    tr {
                        td { (comparison.suites) ", C and " (comparison.other) }
                        td { (comparison.same) }
                        td { (comparison.skipped) }
                        td { (comparison.known.len()) }
                        td { (comparison.different.len()) }
                    }
                }
            }
        }
        ul {
            @for line in behaviour::lines(comparisons, |found| &found.different) {
                li .different { (line) }
            }
            @for line in behaviour::lines(comparisons, |found| &found.known) { li { (line) } }
        }
    }
}

/// Draws all plots.
fn plots(pairs: &[Pair]) -> Result<Markup> {
    let mut drawn = Vec::new();
    for plot in &PLOTS {
        drawn.extend(plot.draw(pairs)?);
    }
    drawn.extend(ratios::draw(pairs)?);
    Ok(html! {
        div .plots { @for svg in drawn { div { (PreEscaped(svg)) } } }
    })
}

/// Writes a section with all rows.
fn section(title: &str, pairs: &[Pair]) -> Markup {
    html! {
        h2 { (title) }
        p { (sum(pairs)) }
        (table(pairs.iter()))
    }
}

/// Writes a table of pairs, which can be searched.
fn table<'a>(pairs: impl Iterator<Item = &'a Pair>) -> Markup {
    let class = |pair: &Pair| match pair.order {
        Order::Less => "row less",
        Order::Same => "row",
        Order::More => "row more",
    };
    html! {
        input type="search" placeholder="Search rows: open depth=8 more" aria-label="Search rows";
        div .wide {
            table {
                tr { @for cell in ["What", "C", "Rust", "unit", "Rust / C", "needs"] { th { (cell) } } }
                @for pair in pairs {
                    tr class=(class(pair)) { @for cell in row(pair) { td { (cell) } } }
                }
            }
        }
    }
}

/// Writes the section about the code.
fn code(report: &Report) -> Markup {
    let (c, rust) = (&report.code_of_c, &report.code_of_rust);
    html! {
        h2 { "Code" }
        table {
            tr { th { "What" } th { "C" } th { "Rust" } }
            @for (what, c, rust) in code_rows(c, rust) {
                tr { td { (what) } td { (c) } td { (rust) } }
            }
        }
        details {
            summary { "Functions over 60 lines" }
            p { "C: " (c.long_functions.join(", ")) }
            p { "Rust: " (rust.long_functions.join(", ")) }
        }
    }
}

/// Writes what it took to build the kernels.
fn builds(report: &Report) -> Markup {
    html! {
        h2 { "Building the kernels" }
        table {
            tr { th { "Kernel" } th { "built after" } th { "seconds" } th { "files made" } }
            @for (name, build) in &report.builds {
                tr { td { (name) } td { (build.after) } td { (build.seconds) } td { (build.files) } }
            }
        }
    }
}
