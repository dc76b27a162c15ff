// SPDX-License-Identifier: GPL-2.0-only

//! A converter that opens its files, gives up everything, and only then looks at what it was given.
//!
//! Image parsers are a usual target: they read what strangers made. This one runs with two open
//! files and nothing else. No rule is needed, as open files stay open.

#![forbid(unsafe_code)]

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;

use anyhow::{ensure, Context, Result};
use clap::Parser;
use landlock::{
    Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, Scope, ABI,
};

/// A kernel with less is not enough: without scopes, other processes could be signalled.
const OLDEST: ABI = ABI::V6;

/// What this program was tested with. A kernel in between restricts what it knows.
const NEWEST: ABI = ABI::V10;

/// The greatest width and height of an image.
const LARGEST: usize = 1 << 14;

/// Convert an image from PPM (P6) to BMP.
#[derive(Debug, Parser)]
struct Args {
    /// The image.
    input: PathBuf,
    /// The converted image.
    output: PathBuf,
}

fn main() -> Result<()> {
    let Args { input, output } = Args::parse();
    let input = File::open(&input).with_context(|| format!("cannot open {}", input.display()))?;
    let output = File::create(&output);
    let output = output.context("cannot make the output")?;
    give_up_everything().context("cannot enter the sandbox")?;
    convert(BufReader::new(input), BufWriter::new(output))
}

/// Gives up everything but open files.
pub fn give_up_everything() -> Result<()> {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(OLDEST))?
        .handle_access(AccessNet::from_all(OLDEST))?
        .scope(Scope::from_all(OLDEST))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .create()?
        .restrict_self()?;
    Ok(())
}

/// Reads a PPM and writes a BMP.
fn convert(mut input: impl BufRead, mut output: impl Write) -> Result<()> {
    ensure!(word(&mut input)? == "P6", "not a PPM of the kind P6");
    let width: usize = word(&mut input)?.parse().context("no width")?;
    let height: usize = word(&mut input)?.parse().context("no height")?;
    let sizes = 1..=LARGEST;
    ensure!(
        sizes.contains(&width) && sizes.contains(&height),
        "{width} times {height} is not a valid size"
    );
    ensure!(word(&mut input)? == "255", "more than 8 bits for a colour");

    let mut pixels = vec![0; width * height * 3];
    input
        .read_exact(&mut pixels)
        .context("the image is cut off")?;
    output.write_all(&header(width, height))?;
    // The rows of a BMP start with the lowest one; each has a multiple of four bytes.
    for row in pixels.chunks(width * 3).rev() {
        for pixel in row.chunks(3) {
            output.write_all(&[pixel[2], pixel[1], pixel[0]])?;
        }
        output.write_all(&[0; 3][..padding(width)])?;
    }
    output.flush().context("cannot write the output")
}

/// Reads a word of the header, and the blank behind it.
fn word(input: &mut impl BufRead) -> Result<String> {
    let mut word = String::new();
    loop {
        let mut byte = [0];
        input
            .read_exact(&mut byte)
            .context("the header is cut off")?;
        match byte[0] {
            blank if blank.is_ascii_whitespace() && word.is_empty() => (),
            blank if blank.is_ascii_whitespace() => return Ok(word),
            other => word.push(other.into()),
        }
        ensure!(word.len() <= 8, "not the header of a PPM");
    }
}

/// Returns how many bytes follow a row.
fn padding(width: usize) -> usize {
    width % 4
}

/// Returns the header of a BMP with 24 bits for each pixel.
fn header(width: usize, height: usize) -> Vec<u8> {
    const SIZE: u32 = 14 + 40;
    let size = (width * 3 + padding(width)) * height;
    let mut header = b"BM".to_vec();
    let mut push = |number: u32| header.extend(number.to_le_bytes());
    push(SIZE + size as u32);
    push(0);
    push(SIZE);
    push(40);
    push(width as u32);
    push(height as u32);
    push(1 | 24 << 16);
    push(0);
    push(size as u32);
    (0..4).for_each(|_| push(0));
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(ppm: &[u8]) -> Result<Vec<u8>> {
        let mut bmp = Vec::new();
        convert(ppm, &mut bmp).map(|()| bmp)
    }

    #[test]
    fn pixels_are_in_their_new_order() {
        let bmp = converted(b"P6\n1 2\n255\nabcdef").unwrap();
        assert_eq!(bmp.len(), 54 + 8);
        assert_eq!(bmp[..6], [b'B', b'M', 62, 0, 0, 0]);
        assert_eq!(bmp[18..26], [1, 0, 0, 0, 2, 0, 0, 0]);
        assert_eq!(&bmp[54..], b"fed\0cba\0");
    }

    #[test]
    fn other_files_are_refused() {
        for ppm in [
            &b"P5\n1 1\n255\na"[..],
            b"P6\n0 1\n255\n",
            b"P6\n99999 1\n255\n",
            b"P6\n-1 1\n255\nabc",
            b"P6\n1 1\n65535\nabcdef",
            b"P6\n1 1\n255\nab",
            b"P6 1",
            b"aaaaaaaaaaaaaaaa",
            b"",
        ] {
            assert!(converted(ppm).is_err(), "{ppm:?}");
        }
    }
}
