// SPDX-License-Identifier: GPL-2.0-only

//! A report in Markdown, for a terminal and for review comments: what differs in full, the rest in
//! sums.

use std::collections::BTreeMap;

use crate::compare::behaviour::{self, Comparison};
use crate::compare::code::Code;
use crate::compare::report::Report;
use crate::host::ui;
use crate::measure::figure::{Order, Pair, count_orders};

/// Writes `report`.
pub fn write(report: &Report) -> String {
    let mut text = format!("# C Landlock and landlock-rs, Linux {}\n", report.kernel);
    text += &verdicts(&report.behaviour);
    text += &costs("Instructions per operation", &report.instructions);
    text += &all("Memory", &report.memory);
    text += &all("Cache lines that two processors write", &report.lines);
    text += &all("Time on this processor (User-Mode Linux)", &report.native);
    text += &code(&report.code_of_c, &report.code_of_rust);
    text + &builds(report)
}

/// Lays out a table whose first column is text and whose others are numbers.
fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = rows.into_iter().collect();
    let head = head.map(str::to_owned);
    let width = |column: usize| {
        let cells = rows.iter().chain([&head]);
        cells
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).enumerate();
        let cells = cells.map(|(column, (cell, width))| match column {
            0 => format!(" {cell:<width$} |"),
            _ => format!(" {cell:>width$} |"),
        });
        format!("|{}\n", cells.collect::<String>())
    };
    let rule = widths
        .iter()
        .enumerate()
        .map(|(column, width)| match column {
            0 => format!("{}|", "-".repeat(width + 2)),
            _ => format!("{}:|", "-".repeat(width + 1)),
        });
    let lines: String = rows.iter().map(line).collect();
    format!("\n{}|{}\n{lines}", line(&head), rule.collect::<String>())
}

/// Writes the section about verdicts.
fn verdicts(comparisons: &[Comparison]) -> String {
    let row = |comparison: &Comparison| {
        [
            format!("{}, C and {}", comparison.suites, comparison.other),
            comparison.same.to_string(),
            comparison.skipped.to_string(),
            comparison.known.len().to_string(),
            comparison.different.len().to_string(),
        ]
    };
    let head = ["Cases", "same", "skipped", "known", "different"];
    let mut text = "\n## Behaviour\n".to_owned();
    text += &table(head, comparisons.iter().map(row));
    for line in behaviour::lines(comparisons, |found| &found.different) {
        text += &item(&format!("DIFFERENT: {line}"));
    }
    for line in behaviour::lines(comparisons, |found| &found.known) {
        text += &item(&format!("known: {line}"));
    }
    text + "\n"
}

/// Writes an item of a list, on as many lines as it takes.
fn item(text: &str) -> String {
    format!("\n- {}", ui::wrap(text).join("\n  "))
}

/// Writes a section with sums for each kind of operation, and the rows in which Rust needs more.
fn costs(title: &str, pairs: &[Pair]) -> String {
    let mut kinds: BTreeMap<&str, Vec<Pair>> = BTreeMap::new();
    for pair in pairs {
        kinds.entry(&pair.name).or_default().push(pair.clone());
    }
    let row = |(name, pairs): (&&str, &Vec<Pair>)| {
        let [less, same, more] = count_orders(pairs).map(|count| count.to_string());
        let mut ratios: Vec<f64> = pairs.iter().filter_map(Pair::ratio).collect();
        ratios.sort_by(f64::total_cmp);
        let ratio = |at: usize| ratios.get(at).map_or("-".to_owned(), |r| format!("{r:.2}"));
        [
            name.to_string(),
            less,
            same,
            more,
            ratio(0),
            ratio(ratios.len() / 2),
            ratio(ratios.len().saturating_sub(1)),
        ]
    };
    let head = [
        "Rust by C",
        "less",
        "same",
        "more",
        "best",
        "median",
        "worst",
    ];
    let mut text = format!("\n## {title}\n\n{}\n", sum(pairs));
    text += &table(head, kinds.iter().map(row));
    for pair in pairs.iter().filter(|pair| pair.order == Order::More) {
        let (c, rust) = (number(pair.c.median), number(pair.rust.median));
        text += &item(&format!("more: {pair}: C {c}, Rust {rust}"));
    }
    text + "\n"
}

/// Writes a section with all rows.
fn all(title: &str, pairs: &[Pair]) -> String {
    let head = ["What", "C", "Rust", "unit", "ratio", "needs"];
    let rows = table(head, pairs.iter().map(row));
    format!("\n## {title}\n\n{}\n{rows}", sum(pairs))
}

/// Returns the cells of one pair. Times are in microseconds, more digits would be noise.
pub fn row(pair: &Pair) -> [String; 6] {
    let (scale, unit) = match pair.unit.as_str() {
        "ns" => (1000.0, "us"),
        unit => (1.0, unit),
    };
    [
        pair.to_string(),
        number(pair.c.median / scale),
        number(pair.rust.median / scale),
        unit.to_owned(),
        pair.ratio()
            .map_or("-".to_owned(), |ratio| format!("{ratio:.2}")),
        pair.order.to_string(),
    ]
}

/// Says how many rows have which order.
pub fn sum(pairs: &[Pair]) -> String {
    let [less, same, more] = count_orders(pairs);
    format!(
        "{} rows: Rust needs less in {less}, the same in {same}, more in {more}.",
        pairs.len()
    )
}

/// Writes a figure with four digits or as a whole number.
pub fn number(value: f64) -> String {
    if value.abs() >= 100.0 || value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

/// Writes the section about the code.
fn code(c: &Code, rust: &Code) -> String {
    let row = |(what, c, rust): (String, String, String)| [what, c, rust];
    let rows = code_rows(c, rust).into_iter().map(row);
    format!("\n## Code\n{}", table(["Code", "C", "Rust"], rows))
}

/// Returns the figures of the code: what, C, Rust.
pub fn code_rows(c: &Code, rust: &Code) -> Vec<(String, String, String)> {
    let total = |code: &Code| code.lines.values().sum::<usize>().to_string();
    let blocks = rust.unsafe_blocks.iter().flatten();
    let mut rows = vec![
        ("lines of code".to_owned(), total(c), total(rust)),
        of(c, rust, "lines of comments", |code| code.comments),
        of(c, rust, "functions over 60 lines", |code| {
            code.long_functions.len()
        }),
    ];
    rows.extend(blocks.map(|(folder, count)| {
        let what = format!("unsafe blocks in {folder}");
        (what, "-".to_owned(), count.to_string())
    }));
    rows.push(of(c, rust, "bytes of functions", |code| code.size.text));
    rows.push(of(c, rust, "bytes of constants", |code| code.size.rodata));
    rows.push(of(c, rust, "bytes of variables", |code| code.size.data));
    rows
}

/// Returns one figure of both.
fn of<T: ToString>(
    c: &Code,
    rust: &Code,
    what: &str,
    figure: fn(&Code) -> T,
) -> (String, String, String) {
    (
        what.to_owned(),
        figure(c).to_string(),
        figure(rust).to_string(),
    )
}

/// Writes what it took to build the kernels.
fn builds(report: &Report) -> String {
    let lines = report.builds.iter().map(|(name, build)| {
        let from = match build.after.as_str() {
            "" => "from nothing",
            after if after == name => "once more",
            after => &format!("from {after}"),
        };
        format!(
            "- {name}, {from}: {} s, {} files made\n",
            build.seconds, build.files
        )
    });
    format!("\n## Building the kernels\n\n{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_aligned() {
        let rows = [["a".to_owned(), "100".to_owned()]];
        let expected = "\n| what |   n |\n|------|----:|\n| a    | 100 |\n";
        assert_eq!(table(["what", "n"], rows), expected);
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(number(4184.0), "4184");
        assert_eq!(number(12.34), "12.3");
        assert_eq!(number(1234.5), "1234");
    }

    #[test]
    fn long_items_are_broken() {
        let text = item(&"word ".repeat(20));
        assert!(text.starts_with("\n- word") && text.contains("\n  word"));
    }

    #[test]
    fn times_are_in_microseconds() {
        let mut pair = Pair::sample(8, 1_234_567.0, 2000.0);
        pair.unit = "ns".to_owned();
        assert_eq!(row(&pair)[1..4], ["1235", "2", "us"]);
    }
}
