// SPDX-License-Identifier: GPL-2.0-only

//! Bytes of kernel memory that rulesets and domains take.
//!
//! A control group counts the bytes that the kernel allocates for its members. Many objects are
//! made, and what the same number of descriptors and credentials takes without Landlock is
//! subtracted. A domain is kept alive by an open file: the file keeps the credentials of the thread
//! that opened it, and these keep the domain, while the thread is long gone.

use std::fs;
use std::hint::black_box;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::getuid;
use rustix::thread::set_thread_uid;

use crate::enforce::{LAYERS, in_thread};
use crate::row;
use crate::sample::Summary;
use crate::sandbox::{self, Recipe};
use crate::tree;

/// The control group of the measurement.
const GROUP: &str = "/sys/fs/cgroup/bench";

/// How long the kernel may take to free what it frees later.
const REST: Duration = Duration::from_millis(200);

/// Size of an allocation that goes back to the kernel as soon as it is freed.
const LARGE: usize = 64 << 20;

/// How many pages are used, so that the kernel has enough changes to sum up its counters.
const PAGES: usize = 512;

/// How many measurements are made of each.
const SAMPLES: usize = 3;

/// About how many rules are made for one measurement, and most objects.
const RULES: u64 = 40_000;
const OBJECTS: u64 = 1_000;

/// Measures a ruleset of `rules` rules, and the first, second and last domain made of such rulesets.
///
/// All rules lie on directories that have rules already.
pub fn measure(rules: u64) -> Result<()> {
    enter_group()?;
    let recipe = Recipe::new(rules)?;
    let _objects = recipe.ruleset()?;
    let count = (RULES / rules).min(OBJECTS);
    // Grows the table of descriptors for good.
    sizes(count, &descriptor)?;

    let base = Summary::of(sizes(count, &descriptor)?).median;
    let ruleset = less(sizes(count, &|| recipe.ruleset())?, base);
    row::print_bytes("ruleset", &[("rules", rules)], Summary::of(ruleset))?;

    let base = Summary::of(sizes(count, &|| in_thread(credential))?).median;
    for layer in LAYERS {
        let domains = in_thread(|| {
            sandbox::enforce(&recipe.ruleset()?, layer - 1)?;
            sizes(count, &|| in_thread(|| domain(&recipe)))
        })?;
        let parameters = [("layer", layer), ("rules", rules)];
        row::print_bytes("domain", &parameters, Summary::of(less(domains, base)))?;
    }
    Ok(())
}

/// Measures what the first rule on a directory takes besides the rule.
pub fn measure_objects() -> Result<()> {
    enter_group()?;
    let recipe = Recipe::new(OBJECTS)?;
    let mut samples = Vec::new();
    for _ in 0..SAMPLES {
        let start = kernel_bytes()?;
        let _first = recipe.ruleset()?;
        let between = kernel_bytes()?;
        let _second = recipe.ruleset()?;
        let end = kernel_bytes()?;
        samples.push(((between - start) - (end - between)) / OBJECTS as f64);
    }
    row::print_bytes("object", &[], Summary::of(samples))
}

/// Makes `count` things several times, and returns how many bytes one of them took each time.
fn sizes<T>(count: u64, make: &dyn Fn() -> Result<T>) -> Result<Vec<f64>> {
    let size = |_| {
        let start = kernel_bytes()?;
        let things = (0..count).map(|_| make()).collect::<Result<Vec<_>>>()?;
        let end = kernel_bytes()?;
        drop(things);
        Ok((end - start) / count as f64)
    };
    (0..SAMPLES).map(size).collect()
}

/// Subtracts `base` from each of `sizes`.
fn less(sizes: Vec<f64>, base: f64) -> Vec<f64> {
    sizes.into_iter().map(|size| size - base).collect()
}

/// Opens a file that keeps the credentials of the calling thread.
fn descriptor() -> Result<OwnedFd> {
    tree::anchor(Path::new("/"))
}

/// Opens a file that keeps credentials which nothing else has.
fn credential() -> Result<OwnedFd> {
    set_thread_uid(getuid())?;
    descriptor()
}

/// Opens a file that keeps a domain which nothing else has, made of a ruleset that is gone.
fn domain(recipe: &Recipe) -> Result<OwnedFd> {
    recipe.ruleset()?.restrict_self()?;
    descriptor()
}

/// Makes the control group and enters it.
fn enter_group() -> Result<()> {
    let control = Path::new(GROUP).with_file_name("cgroup.subtree_control");
    fs::write(control, "+memory").context("no control group for memory")?;
    fs::create_dir_all(GROUP).context("cannot make a control group")?;
    fs::write(format!("{GROUP}/cgroup.procs"), "0").context("cannot enter a control group")
}

/// What the group counts exactly: objects of slab caches, and what was too large for these. What
/// counts all of the kernel's memory counts batches of pages.
const COUNTERS: [&str; 2] = ["slab ", "vmalloc "];

/// Returns how many bytes the kernel has allocated for the group, once that is settled.
fn kernel_bytes() -> Result<f64> {
    stir();
    thread::sleep(REST);
    let text = fs::read_to_string(format!("{GROUP}/memory.stat"))?;
    let value = |name: &&str| {
        let mut values = text.lines().filter_map(|line| line.strip_prefix(name));
        values.next()?.parse().ok()
    };
    let values: Option<Vec<f64>> = COUNTERS.iter().map(value).collect();
    let values = values.context("the control group does not count the kernel's memory")?;
    Ok(values.iter().sum())
}

/// Changes the counters of the group so often that the kernel sums them up when asked.
fn stir() {
    let mut pages = vec![0_u8; LARGE];
    let first_bytes = pages.iter_mut().step_by(4096).take(PAGES);
    first_bytes.for_each(|byte| *byte = 1);
    black_box(&pages);
}
