// SPDX-License-Identifier: GPL-2.0-only

//! Plots of costs over a parameter, as SVG.

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use crate::measure::figure::{Figure, Pair};

/// Width and height of a plot.
const SIZE: (u32, u32) = (540, 330);

/// Colour of C Landlock.
pub const C: RGBColor = RGBColor(0xc2, 0x57, 0x1a);

/// Colour of landlock-rs.
pub const RUST: RGBColor = RGBColor(0x1f, 0x5f, 0x99);

/// What a plot of costs shows: the rows with `name` and `fixed` parameters, over the parameter
/// `over`, one pair of lines for each value of `each`.
pub struct Over<'a> {
    /// Heading.
    pub title: &'a str,
    /// Name of the rows.
    pub name: &'a str,
    /// Parameter on the horizontal axis.
    pub over: &'a str,
    /// Parameter with a pair of lines for each of these values.
    pub each: (&'a str, &'a [u64]),
    /// Parameters that stay.
    pub fixed: &'a [(&'a str, u64)],
}

/// A line of a plot.
struct Line {
    label: String,
    colour: RGBColor,
    points: Vec<(f64, f64)>,
}

impl Over<'_> {
    /// Draws the plot. Nothing if there is no such row.
    pub fn draw(&self, pairs: &[Pair]) -> Result<Option<String>> {
        let (each, values) = self.each;
        let lines = values.iter().flat_map(|value| {
            let label = |side| format!("{side}, {each} {value}");
            [
                self.line(pairs, *value, label("C"), C, |pair| pair.c),
                self.line(pairs, *value, label("Rust"), RUST, |pair| pair.rust),
            ]
        });
        let lines: Vec<Line> = lines.filter(|line| line.points.len() > 1).collect();
        if lines.is_empty() {
            return Ok(None);
        }
        let mut svg = String::new();
        self.draw_lines(&mut svg, &lines)
            .map_err(|error| anyhow!("{}: {error}", self.title))?;
        Ok(Some(svg))
    }

    /// Collects the points of one line.
    fn line(
        &self,
        pairs: &[Pair],
        value: u64,
        label: String,
        colour: RGBColor,
        side: fn(&Pair) -> Figure,
    ) -> Line {
        let mut fixed = self.fixed.to_vec();
        fixed.push((self.each.0, value));
        let is_meant = |pair: &&Pair| {
            let mut fixed = fixed.iter();
            pair.name == self.name
                && fixed.all(|(name, value)| pair.parameter(name) == Some(*value))
        };
        let point = |pair: &Pair| Some((pair.parameter(self.over)? as f64, side(pair).median));
        let mut points: Vec<_> = pairs.iter().filter(is_meant).filter_map(point).collect();
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        Line {
            label,
            colour,
            points,
        }
    }

    /// Draws the lines, from zero up. An axis that spans a hundredfold is logarithmic.
    fn draw_lines(&self, svg: &mut String, lines: &[Line]) -> DrawResult {
        let all = || lines.iter().flat_map(|line| &line.points);
        let right = all().map(|point| point.0).fold(1.0, f64::max);
        let top = all().map(|point| point.1).fold(1.0, f64::max) * 1.08;
        let lowest = all().map(|point| point.1).fold(top, f64::min) / 1.3;
        let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let mut builder = ChartBuilder::on(&root);
        builder
            .caption(self.title, ("sans-serif", 15))
            .margin(10)
            .x_label_area_size(34)
            .y_label_area_size(64);
        let (x, y) = (0.0..right * 1.03, 0.0..top);
        let log_x = (1.0..right * 1.1).log_scale();
        let log_y = (lowest..top * 1.3).log_scale();
        match (right >= 100.0, top / lowest >= 100.0) {
            (true, true) => draw(builder.build_cartesian_2d(log_x, log_y)?, self.over, lines)?,
            (true, false) => draw(builder.build_cartesian_2d(log_x, y)?, self.over, lines)?,
            (false, true) => draw(builder.build_cartesian_2d(x, log_y)?, self.over, lines)?,
            (false, false) => draw(builder.build_cartesian_2d(x, y)?, self.over, lines)?,
        }
        root.present()?;
        Ok(())
    }
}

/// Result of drawing: the backend writes to memory, errors are about layout.
pub type DrawResult = Result<(), Box<dyn std::error::Error>>;

/// Draws the axes, the lines and what they mean.
fn draw<'a, X, Y>(
    mut chart: ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, Y>>,
    over: &str,
    lines: &[Line],
) -> DrawResult
where
    X: Ranged<ValueType = f64> + plotters::coord::ranged1d::ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + plotters::coord::ranged1d::ValueFormatter<f64>,
{
    chart
        .configure_mesh()
        .x_desc(over)
        .y_desc("instructions")
        .x_label_formatter(&|value| format!("{value:.0}"))
        .y_label_formatter(&|value| format!("{value:.0}"))
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .draw()?;
    for (index, line) in lines.iter().enumerate() {
        // The first pair of lines is drawn thicker.
        let style = line.colour.stroke_width(if index < 2 { 3 } else { 1 });
        chart
            .draw_series(LineSeries::new(line.points.iter().copied(), style))?
            .label(&line.label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
        let dots = line.points.iter();
        chart.draw_series(dots.map(|point| Circle::new(*point, 3, line.colour.filled())))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.85))
        .draw()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_has_a_line_for_each_side() {
        let pairs = [Pair::sample(1, 10.0, 8.0), Pair::sample(8, 20.0, 9.0)];
        let over = Over {
            title: "open",
            name: "open",
            over: "depth",
            each: ("layers", &[1, 16]),
            fixed: &[],
        };
        let svg = over.draw(&pairs).unwrap().unwrap();
        assert!(svg.starts_with("<svg"));
        assert!(svg.contains("Rust, layers 1") && !svg.contains("layers 16"));
        assert!(over.draw(&pairs[..1]).unwrap().is_none());
    }
}
