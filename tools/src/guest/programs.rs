// SPDX-License-Identifier: GPL-2.0-only

//! Static programs for the guest: both test suites, the samples and the benchmarks.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::slice;
use std::sync::Mutex;

use anyhow::{Context, Result, anyhow};

use crate::host::cargo::cargo;
use crate::host::key::Key;
use crate::host::parallel::in_parallel;
use crate::host::place::{self, name};
use crate::host::process::{capture, check_interrupt, run};
use crate::host::ui::Step;
use crate::kernel::Workshop;

/// Folder of our selftests in the repository.
pub const SELFTESTS: &str = "tools/testing/selftests/landlock-rs";

/// Folder of the header about extensions.
const UAPI: &str = "security-landlock-rs/uapi";

/// Test of a slot that nothing filled yet.
const UNFILLED: &str = "tools/testing/slot/unfilled_test.c";

/// Our benchmark for native kernels.
const NATIVE_BENCH: &str = "tools/testing/native/native_bench.c";

/// Folder of the samples in the repository.
pub const SAMPLES: &str = "samples/landlock-rs";

/// Programs of the samples, and their test.
const SAMPLE_PROGRAMS: [&str; 8] = [
    "build-runner",
    "cat-here",
    "convert",
    "demo",
    "file-server",
    "samples_test",
    "sandboxer",
    "why",
];

/// Folder of the crate that makes and runs random programs.
pub const FUZZ: &str = "tools/testing/fuzz";

/// Folder of the benchmark in the repository.
pub const BENCH: &str = "tools/testing/bench";

/// Folder of the plugin of QEMU that counts cache lines.
pub const LINES: &str = "tools/testing/lines";

/// Folder of the program that lets things happen at the marks of the module.
pub const RACE: &str = "tools/testing/race";

/// Target of our Rust: named, so that build scripts stay dynamic.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Programs of one suite.
pub struct Programs {
    /// Tests, and what they call.
    pub files: Vec<PathBuf>,
}

impl Programs {
    /// Returns the names of the test programs, sorted.
    pub fn tests(&self) -> Vec<String> {
        let names = self.files.iter().map(|file| name(file));
        names.filter(|name| name.ends_with("_test")).collect()
    }
}

/// Builds the kernel's own Landlock suite, unchanged.
pub fn kselftest(workshop: &Workshop) -> Result<Programs> {
    let dir = workshop.tree().join("tools/testing/selftests/landlock");
    build_suite(workshop, "kselftest", &dir, workshop.source_key())
}

/// Builds the suite of this repository.
pub fn selftests(workshop: &Workshop) -> Result<Programs> {
    let dir = workshop.place.repo.join(SELFTESTS);
    let mut key = workshop.source_key();
    let header = workshop.place.repo.join(UAPI).join("landlock_rs.h");
    for file in place::list(&dir, "")?.into_iter().chain([header]) {
        key = key.add_file(&file)?;
    }
    build_suite(workshop, "selftests", &dir, key)
}

/// Builds the test of the system calls before the slot is filled.
pub fn unfilled(workshop: &Workshop) -> Result<Programs> {
    let source = workshop.place.repo.join(UNFILLED);
    let key = workshop.source_key().add_file(&source)?;
    build_all(workshop, "unfilled", &[source], key)
}

/// Builds our benchmark for native kernels.
pub fn native_bench(workshop: &Workshop) -> Result<Programs> {
    let source = workshop.place.repo.join(NATIVE_BENCH);
    let key = workshop.source_key().add_file(&source)?;
    build_all(workshop, "native", &[source], key)
}

/// Builds the program that lets things happen at the marks of the module.
pub fn race(workshop: &Workshop) -> Result<PathBuf> {
    workshop.lock()?;
    let dir = workshop.place.repo.join(RACE);
    let mut key = workshop.source_key();
    for file in place::list(&dir, "")? {
        key = key.add_file(&file)?;
    }
    let out = workshop.place.cache.join("race").join(key.finish());
    let program = out.join("race");
    if !program.exists() {
        place::make_dir(&out)?;
        let includes = [headers(workshop)?, dir.clone(), dir.clone()];
        compile(&includes, &place::list(&dir, ".c")?, &program)?;
    }
    Ok(program)
}

/// Builds each C file of `dir` into a program, but for the benchmark.
fn build_suite(workshop: &Workshop, title: &'static str, dir: &Path, key: Key) -> Result<Programs> {
    let mut sources = place::list(dir, ".c")?;
    sources.retain(|source| name(source) != "fs_bench.c");
    build_all(workshop, title, &sources, key)
}

/// Builds each of `sources` into a program, unless the cache has them.
fn build_all(
    workshop: &Workshop,
    title: &'static str,
    sources: &[PathBuf],
    key: Key,
) -> Result<Programs> {
    workshop.lock()?;
    let out = workshop.place.cache.join(title).join(key.finish());
    let program = |source: &PathBuf| out.join(name(source).trim_end_matches(".c"));
    let programs = Programs {
        files: sources.iter().map(program).collect(),
    };
    if programs.files.iter().all(|file| file.exists()) {
        return Ok(programs);
    }
    let harness = workshop.tree().join("tools/testing/selftests");
    let uapi = workshop.place.repo.join(UAPI);
    let includes = [headers(workshop)?, harness, uapi];
    place::make_dir(&out)?;
    let step = Step::counted(title, "compiling tests", sources.len());
    let step = Mutex::new(step);
    let build = |source: &PathBuf| {
        compile(&includes, slice::from_ref(source), &program(source))?;
        if let Ok(mut step) = step.lock() {
            step.advance();
        }
        Ok(())
    };
    in_parallel(sources, build)?;
    let step = step
        .into_inner()
        .map_err(|_| anyhow!("a compiler thread died"))?;
    step.finish(format!("{} programs compiled", sources.len()));
    Ok(programs)
}

/// Compiles `sources` to the static program `out`; `includes` are the kernel's headers and harness,
/// and the folder of the header about extensions.
fn compile(includes: &[PathBuf; 3], sources: &[PathBuf], out: &Path) -> Result<()> {
    check_interrupt()?;
    let first = sources.first().context("a program without sources")?;
    let [headers, harness, uapi] = includes;
    let partial = out.with_extension("partial");
    let mut cc = Command::new("cc");
    cc.args(["-O2", "-Wall", "-static", "-D_GNU_SOURCE="])
        .arg("-isystem")
        .arg(headers)
        .arg("-I")
        .arg(harness)
        .arg("-I")
        .arg(uapi)
        .arg("-o")
        .arg(&partial)
        .args(sources.iter().map(|source| name(source)))
        .current_dir(first.parent().context("a source without a folder")?)
        .args(["-lcap", "-lpthread"])
        .env("LC_ALL", "C");
    capture(&mut cc).with_context(|| format!("{} cannot be compiled", name(first)))?;
    std::fs::rename(&partial, out).context("cannot keep a program")
}

/// Installs the kernel's headers for user space and returns their folder.
fn headers(workshop: &Workshop) -> Result<PathBuf> {
    let dir = workshop.place.cache.join("headers");
    let out = dir.join(workshop.source_key().finish());
    if out.join("complete").exists() {
        return Ok(out.join("include"));
    }
    let mut step = Step::new("headers", "installing the kernel's headers");
    let mut make = workshop.toolchain.make(workshop.tree());
    make.arg(format!("O={}", dir.join("build").display()))
        .arg(format!("INSTALL_HDR_PATH={}", out.display()))
        .arg("headers_install");
    run(&mut make, &workshop.place.log("headers"), |_| step.tick())
        .context("the kernel's headers cannot be installed")?;
    place::write(&out.join("complete"), "")?;
    step.finish("kernel headers installed");
    Ok(out.join("include"))
}

/// Builds the kernel's own benchmark, unchanged.
pub fn fs_bench(workshop: &Workshop) -> Result<Programs> {
    let dir = workshop.tree().join("tools/testing/selftests/landlock");
    let sources = [dir.join("fs_bench.c")];
    build_all(workshop, "fs_bench", &sources, workshop.source_key())
}

/// Builds the samples and returns the programs `names`.
pub fn samples(workshop: &Workshop, names: &[&str]) -> Result<Vec<PathBuf>> {
    build_crate(workshop, "samples", SAMPLES, names)
}

/// Builds the samples, and the program that tests them.
pub fn sample_tests(workshop: &Workshop) -> Result<Programs> {
    let files = samples(workshop, &SAMPLE_PROGRAMS)?;
    Ok(Programs { files })
}

/// Builds the benchmark, and the program that it starts.
pub fn bench(workshop: &Workshop) -> Result<Vec<PathBuf>> {
    build_crate(workshop, "bench", BENCH, &["bench", "nothing"])
}

/// Builds the plugin of QEMU that counts cache lines.
pub fn lines(workshop: &Workshop) -> Result<PathBuf> {
    workshop.lock()?;
    let target = workshop.place.cache.join("target").join("lines");
    let mut step = Step::new("lines", "building");
    let mut cargo = cargo("build");
    cargo
        .args(["--release", "--locked"])
        .current_dir(workshop.place.repo.join(LINES))
        .env("CARGO_TARGET_DIR", &target);
    run(&mut cargo, &workshop.place.log("lines"), |_| step.tick())
        .with_context(|| format!("{LINES} cannot be built"))?;
    step.finish("the plugin of QEMU built");
    Ok(target.join("release").join("liblines.so"))
}

/// Builds the program that runs random programs.
pub fn fuzz(workshop: &Workshop) -> Result<PathBuf> {
    let programs = build_crate(workshop, "fuzz", FUZZ, &["fuzz"])?;
    programs.into_iter().next().context("no program was built")
}

/// Builds the crate in `folder` and returns its programs `names`.
fn build_crate(
    workshop: &Workshop,
    title: &'static str,
    folder: &str,
    names: &[&str],
) -> Result<Vec<PathBuf>> {
    workshop.lock()?;
    let target = workshop.place.cache.join("target").join(title);
    let mut step = Step::new(title, "building");
    let mut cargo = cargo("build");
    cargo
        .args(["--release", "--locked", "--target", TARGET])
        .current_dir(workshop.place.repo.join(folder))
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTFLAGS", "-C target-feature=+crt-static");
    run(&mut cargo, &workshop.place.log(title), |line| {
        if line.trim_start().starts_with("Compiling") {
            step.set_what(line.trim());
        }
        step.tick();
    })
    .with_context(|| format!("{folder} cannot be built"))?;
    step.finish(format!("{} built", names.join(", ")));
    let dir = target.join(TARGET).join("release");
    Ok(names.iter().map(|name| dir.join(name)).collect())
}
