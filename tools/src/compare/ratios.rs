// SPDX-License-Identifier: GPL-2.0-only

//! A comparison as a picture: each row is a dot at its ratio of Rust to C, in the line of its
//! operation.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::compare::plot::{C, DrawResult, RUST};
use crate::measure::figure::{Order, Pair};

/// Width of the picture.
const WIDTH: u32 = 760;

/// Height of a line.
const LINE: u32 = 18;

/// Height of the heading and of the axis.
const FRAME: u32 = 92;

/// Width of the names.
const NAMES: u32 = 200;

/// What keeps a name from the axis: blanks, which SVG would leave out.
const GAP: &str = "\u{a0}\u{a0}";

/// Colour of a ratio that does not count.
const SAME: RGBColor = RGBColor(0x70, 0x70, 0x70);

/// A line: the name of an operation, and its rows.
type Operation<'a> = (&'a str, Vec<(f64, Order)>);

/// Draws the picture. Nothing if there is no row.
pub fn draw(pairs: &[Pair]) -> Result<Option<String>> {
    let operations = operations(pairs);
    if operations.is_empty() {
        return Ok(None);
    }
    let mut svg = String::new();
    draw_operations(&mut svg, &operations)
        .map_err(|error| anyhow!("the picture of ratios: {error}"))?;
    Ok(Some(svg))
}

/// Returns the operations. Those with the lowest ratios come first. What cost less than could be
/// measured has the ratio 0.
fn operations(pairs: &[Pair]) -> Vec<Operation<'_>> {
    let mut rows: BTreeMap<&str, Vec<(f64, Order)>> = BTreeMap::new();
    for pair in pairs {
        let ratio = pair.ratio().map(|ratio| ratio.max(0.0));
        rows.entry(&pair.name)
            .or_default()
            .extend(ratio.map(|ratio| (ratio, pair.order)));
    }
    let mut operations: Vec<Operation> = rows.into_iter().collect();
    operations.retain(|(_, dots)| !dots.is_empty());
    let mean = |(_, dots): &Operation| {
        dots.iter().map(|(ratio, _)| ratio).sum::<f64>() / dots.len() as f64
    };
    operations.sort_by(|one, other| mean(one).total_cmp(&mean(other)));
    operations
}

/// Draws the lines, from the top down.
fn draw_operations(svg: &mut String, operations: &[Operation]) -> DrawResult {
    let dots = || operations.iter().flat_map(|(_, dots)| dots);
    let right = dots().map(|(ratio, _)| *ratio).fold(1.2, f64::max) * 1.04;
    let height = operations.len() as f64;
    let size = (WIDTH, LINE * operations.len() as u32 + FRAME);
    let root = SVGBackend::with_string(svg, size).into_drawing_area();
    root.fill(&WHITE)?;
    let caption = format!(
        "Instructions with Rust, where C needs 1: one dot for each of {} rows",
        dots().count()
    );
    let mut chart = ChartBuilder::on(&root)
        .caption(caption, ("sans-serif", 16))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(NAMES)
        .build_cartesian_2d(0.0..right, 0.0..height)?;
    chart
        .configure_mesh()
        .x_desc("Rust / C")
        .x_label_formatter(&|value| format!("{value:.1}"))
        .y_labels(0)
        .disable_y_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .draw()?;
    let one = [(1.0, 0.0), (1.0, height)];
    chart.draw_series(LineSeries::new(one, BLACK))?;
    let style = ("sans-serif", 13).into_text_style(&root);
    let style = style.pos(Pos::new(HPos::Right, VPos::Center));
    for (index, (name, dots)) in operations.iter().enumerate() {
        let y = height - index as f64 - 0.5;
        let label = Text::new(format!("{name}{GAP}"), (0.0, y), style.clone());
        chart.draw_series([label])?;
        chart.draw_series(dots.iter().map(|(ratio, order)| {
            let colour = match order {
                Order::Less => RUST,
                Order::Same => SAME,
                Order::More => C,
            };
            Circle::new((*ratio, y), 4, colour.mix(0.6).filled())
        }))?;
    }
    root.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_a_dot() {
        let mut kill = Pair::sample(1, 10.0, 20.0);
        kill.name = "kill".to_owned();
        let pairs = [
            kill,
            Pair::sample(1, 10.0, 5.0),
            Pair::sample(8, 20.0, 20.0),
        ];
        let operations = operations(&pairs);
        assert_eq!(operations[0].0, "open");
        assert_eq!(operations[0].1, [(0.5, Order::Less), (1.0, Order::Same)]);
        let svg = draw(&pairs).unwrap().unwrap();
        assert_eq!(svg.matches("<circle").count(), 3);
        assert!(svg.contains("kill") && svg.contains("3 rows"));
        assert!(draw(&[]).unwrap().is_none());
    }
}
