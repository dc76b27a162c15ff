// SPDX-License-Identifier: GPL-2.0-only

//! The module, built and linted by the oldest compiler that the kernel takes.
//!
//! That is the `rustc` of Debian 13. Elsewhere its packages are unpacked into the cache with the
//! libraries that they need, and a script starts each program with these. There is no kernel: only
//! what a module is compiled with is built, in a folder of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::check::Verdict;
use crate::check::external::rust::remarks;
use crate::host::deps::debian::{Archive, Debian, Suite};
use crate::host::deps::unpacked::unpacked_of;
use crate::host::key::Key;
use crate::host::place;
use crate::host::toolchain::{MIN_RUSTC, Toolchain};
use crate::host::ui::Step;
use crate::kernel::build::follow;
use crate::kernel::module;
use crate::kernel::{Impl, Workshop};

/// Where Debian has the oldest compiler.
const SUITE: Suite = Suite {
    name: "trixie",
    archive: Archive::Main,
};

/// The compiler with its linter, the sources of its library, and all shared libraries.
const PACKAGES: [&str; 18] = [
    "rustc",
    "rust-clippy",
    "rust-src",
    "rustfmt",
    "libstd-rust-1.85",
    "libstd-rust-dev",
    "libllvm19",
    "libc6",
    "libgcc-s1",
    "libstdc++6",
    "libedit2",
    "libffi8",
    "libtinfo6",
    "libxml2",
    "libz3-4",
    "libzstd1",
    "zlib1g",
    "libbsd0",
];

/// As [`PACKAGES`], what they in turn need.
const MORE_PACKAGES: [&str; 2] = ["libmd0", "liblzma5"];

/// Programs that a build starts.
const PROGRAMS: [&str; 4] = ["rustc", "rustdoc", "rustfmt", "clippy-driver"];

/// Number of files that are made for modules, more or less.
const USUAL_TOTAL: usize = 120;

/// Builds the module with the oldest compiler.
pub fn check(workshop: &Workshop) -> Result<Verdict> {
    let is_oldest = workshop
        .toolchain
        .rust_version()
        .is_some_and(|version| version.minor() == MIN_RUSTC.minor());
    if is_oldest {
        return Ok(Verdict::Clean(format!(
            "Rust {MIN_RUSTC} is what builds all"
        )));
    }
    if Debian::detect().is_none() {
        let reason = format!("only Debian has packages of Rust {MIN_RUSTC}");
        return Ok(Verdict::Skipped(reason));
    }
    let toolchain = workshop.toolchain.with_rust(&programs(workshop)?);
    let kernel = prepare(workshop, &toolchain)?;
    let step = Step::new("oldest", format!("building the module with {MIN_RUSTC}"));
    let built = module::lint_with(workshop, &toolchain, &kernel, "oldest");
    drop(step);
    let text = fs::read_to_string(workshop.place.log("oldest")).unwrap_or_default();
    let mut problems = remarks(&text);
    if let (Err(error), true) = (built, problems.is_empty()) {
        problems.push(format!("{error:#}"));
    }
    let remark = format!("Rust {MIN_RUSTC} builds the module without a remark");
    Ok(Verdict::new(problems, remark))
}

/// Returns the folder with scripts that start the oldest compiler and its companions.
fn programs(workshop: &Workshop) -> Result<PathBuf> {
    let packages = [&PACKAGES[..], &MORE_PACKAGES].concat();
    let root = unpacked_of(workshop.place, SUITE, &packages)?;
    let bin = root.join("bin");
    for program in PROGRAMS {
        let path = bin.join(program);
        if !path.exists() {
            place::write(&path, script(&root, program))?;
            let executable = fs::Permissions::from_mode(0o755);
            fs::set_permissions(&path, executable).context("cannot make a script executable")?;
        }
    }
    Ok(bin)
}

/// Writes the script that starts `program` with the libraries below `root`, not those of the machine.
fn script(root: &Path, program: &str) -> String {
    let root = root.display();
    let libraries = format!("{root}/usr/lib/x86_64-linux-gnu");
    format!(
        "#!/bin/sh\nexec {libraries}/ld-linux-x86-64.so.2 --argv0 {program} \\\n\
         \t--library-path {libraries} {root}/usr/bin/{program} \"$@\"\n"
    )
}

/// Returns a folder with what modules are compiled with, made by `toolchain` unless the cache has it.
fn prepare(workshop: &Workshop, toolchain: &Toolchain) -> Result<PathBuf> {
    let dir = PathBuf::from(format!("{}-oldest", workshop.build_dir().display()));
    let key = workshop.key(Impl::Rust)?;
    let key = Key::new()
        .add("kernel", key)
        .add("rust", toolchain.identity()?);
    let key = key.finish();
    let state = dir.join(".landlock-rs-key");
    if fs::read_to_string(&state).unwrap_or_default() == key {
        return Ok(dir);
    }
    workshop.change_tree(Impl::Rust)?;
    place::make_dir(&dir)?;
    workshop.configure(Impl::Rust, &dir, toolchain)?;
    let what = format!("preparing for modules with Rust {MIN_RUSTC}");
    let mut step = Step::counted("oldest", what, USUAL_TOTAL);
    let mut make = toolchain.make(workshop.tree());
    make.arg(format!("O={}", dir.display()))
        .arg("modules_prepare");
    follow(&mut make, &workshop.place.log("oldest-prepare"), &mut step)
        .context("what a module needs cannot be built")?;
    step.finish(format!("prepared for modules with Rust {MIN_RUSTC}"));
    place::write(&state, key)?;
    Ok(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_start_with_their_own_libraries() {
        let script = script(Path::new("/x"), "rustc");
        assert!(script.starts_with("#!/bin/sh\n"));
        assert!(
            script.contains("--library-path /x/usr/lib/x86_64-linux-gnu /x/usr/bin/rustc \"$@\"")
        );
    }
}
