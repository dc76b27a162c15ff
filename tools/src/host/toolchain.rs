// SPDX-License-Identifier: GPL-2.0-only

//! The compilers that build the kernel, and how they are named.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use anyhow::{Context, Result};
use regex::Regex;

use crate::host::place::Place;
use crate::host::process::capture;

/// Oldest versions that build Linux 7.3 (`scripts/min-tool-version.sh`).
pub const MIN_LLVM: Version = Version(17, 0, 1);
/// As [`MIN_LLVM`], for `rustc`.
pub const MIN_RUSTC: Version = Version(1, 85, 0);
/// As [`MIN_LLVM`], for `bindgen`.
pub const MIN_BINDGEN: Version = Version(0, 71, 1);
/// Oldest QEMU that is known to survive the patching of kernel text on two processors (7.2 does not).
pub const MIN_QEMU: Version = Version(10, 0, 0);

/// Suffixes of LLVM programs, the one that the project is tested with first.
const LLVM_SUFFIXES: [&str; 6] = ["-19", "-20", "-21", "-18", "-17", ""];

/// LLVM programs that the kernel's build calls.
const LLVM_PROGRAMS: [&str; 5] = ["clang", "ld.lld", "llvm-ar", "llvm-nm", "llvm-objcopy"];

/// A version with three parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// Returns the first version number in `text`.
    pub fn find(text: &str) -> Option<Self> {
        static NUMBER: LazyLock<Option<Regex>> =
            LazyLock::new(|| Regex::new(r"(\d+)\.(\d+)(?:\.(\d+))?").ok());
        let parts = NUMBER.as_ref()?.captures(text)?;
        let part = |index| {
            parts
                .get(index)
                .map_or(Some(0), |part| part.as_str().parse().ok())
        };
        Some(Self(part(1)?, part(2)?, part(3)?))
    }

    /// Returns this without its patch level: `1.85` of `1.85.1`.
    pub fn minor(self) -> (u32, u32) {
        (self.0, self.1)
    }

    /// Returns the version that `program --version` reports, if it can be run.
    pub fn of(program: &Path) -> Option<Self> {
        Self::find(&capture(Command::new(program).arg("--version")).ok()?)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let (major, minor) = self.minor();
        write!(formatter, "{major}.{minor}")
    }
}

/// Returns the path of `program` as the shell would find it.
pub fn find_program(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let system = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    let mut candidates = env::split_paths(&path).chain(system);
    candidates.find_map(|dir| Some(dir.join(program)).filter(|file| file.is_file()))
}

/// Returns the suffix of an LLVM that is complete and recent enough.
pub fn find_llvm() -> Option<&'static str> {
    let is_complete = |suffix: &&&str| {
        let mut programs = LLVM_PROGRAMS.iter();
        programs.all(|program| find_program(&format!("{program}{suffix}")).is_some())
            && Version::of(Path::new(&format!("clang{suffix}"))) >= Some(MIN_LLVM)
    };
    LLVM_SUFFIXES.iter().find(is_complete).copied()
}

/// Returns a `rustc` that is recent enough and has the sources of its library.
///
/// The system's comes first: a toolchain of rustup rarely has the sources.
pub fn find_rustc() -> Option<PathBuf> {
    let system = Some(PathBuf::from("/usr/bin/rustc"));
    let candidates = [system, find_program("rustc")].into_iter().flatten();
    let mut good = candidates.filter(|rustc| {
        Version::of(rustc) >= Some(MIN_RUSTC) && has_sources(rustc).unwrap_or(false)
    });
    good.next()
}

/// Returns whether the sources of the library lie where the kernel's build expects them.
fn has_sources(rustc: &Path) -> Result<bool> {
    let sysroot = capture(Command::new(rustc).args(["--print", "sysroot"]))?;
    let library = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library");
    Ok(library.join("core/src/lib.rs").exists())
}

/// Returns a `bindgen` that is recent enough: the one in the cache, or that on the path.
pub fn find_bindgen(place: &Place) -> Option<PathBuf> {
    let ours = bindgen_root(place).join("bin/bindgen");
    let candidates = [find_program("bindgen"), Some(ours)].into_iter().flatten();
    let mut good = candidates.filter(|bindgen| Version::of(bindgen) >= Some(MIN_BINDGEN));
    good.next()
}

/// Returns where the tool installs a `bindgen` of its own.
pub fn bindgen_root(place: &Place) -> PathBuf {
    place.cache.join("tools/bindgen")
}

/// The compilers that were found.
#[derive(Clone)]
pub struct Toolchain {
    llvm: &'static str,
    rustc: PathBuf,
    bindgen: PathBuf,
    /// Architecture of the kernel, if it is not that of this machine.
    arch: Option<&'static str>,
}

impl Toolchain {
    /// Finds the compilers, after the dependencies were installed.
    pub fn find(place: &Place) -> Result<Self> {
        Ok(Self {
            llvm: find_llvm().context("no complete LLVM: install clang, lld and llvm")?,
            rustc: find_rustc().context("no rustc with its library's sources")?,
            bindgen: find_bindgen(place).context("no bindgen")?,
            arch: None,
        })
    }

    /// Returns the same compilers, for kernels of the architecture `arch`.
    pub fn for_arch(&self, arch: &'static str) -> Self {
        Self {
            arch: Some(arch),
            ..self.clone()
        }
    }

    /// Returns the same compilers, but for `rustc` and its companions, which are in the folder `bin`.
    pub fn with_rust(&self, bin: &Path) -> Self {
        Self {
            rustc: bin.join("rustc"),
            ..self.clone()
        }
    }

    /// Returns what identifies the compilers: another version is another kernel.
    pub fn identity(&self) -> Result<String> {
        let clang = PathBuf::from(format!("clang{}", self.llvm));
        let programs = [&clang, &self.rustc, &self.bindgen];
        let versions = programs.map(|program| capture(Command::new(program).arg("--version")));
        versions.into_iter().collect()
    }

    /// Makes the command `make -C dir` with what every build of kernel code needs.
    ///
    /// The fixed time, user and host make equal inputs give equal kernels.
    pub fn make(&self, dir: &Path) -> Command {
        let jobs = std::thread::available_parallelism().map_or(1, usize::from);
        let mut command = Command::new("make");
        command
            .args(["-C".as_ref(), dir.as_os_str()])
            .arg(format!("-j{jobs}"))
            .arg(format!("LLVM={}", llvm_argument(self.llvm)))
            .arg(format!("RUSTC={}", self.rustc.display()))
            .arg(format!("HOSTRUSTC={}", self.rustc.display()))
            .arg(format!("RUSTDOC={}", self.rustdoc().display()))
            .arg(format!("RUSTFMT={}", self.rustfmt().display()))
            .arg(format!(
                "CLIPPY_DRIVER={}",
                self.sibling("clippy-driver").display()
            ))
            .arg(format!("BINDGEN={}", self.bindgen.display()))
            .env("KBUILD_BUILD_TIMESTAMP", "@0")
            .env("KBUILD_BUILD_USER", "landlock-rs")
            .env("KBUILD_BUILD_HOST", "landlock-rs")
            .env("LC_ALL", "C")
            .env_remove("MAKEFLAGS")
            .env_remove("MAKELEVEL")
            .env_remove("MFLAGS");
        if let Some(arch) = self.arch {
            command.arg(format!("ARCH={arch}"));
        }
        command
    }

    /// Returns the version of `rustc`, and of what belongs to it.
    pub fn rust_version(&self) -> Option<Version> {
        Version::of(&self.rustc)
    }

    /// Returns what documents code, and belongs to `rustc`.
    pub fn rustdoc(&self) -> PathBuf {
        self.sibling("rustdoc")
    }

    /// Returns the formatter that belongs to `rustc`.
    pub fn rustfmt(&self) -> PathBuf {
        self.sibling("rustfmt")
    }

    /// Returns whether the linter that belongs to `rustc` is there.
    pub fn has_clippy(&self) -> bool {
        self.sibling("clippy-driver").exists()
    }

    /// Returns the program `name` from the folder of `rustc`.
    fn sibling(&self, name: &str) -> PathBuf {
        self.rustc.with_file_name(name)
    }
}

/// Returns what follows `LLVM=`: a suffix, or 1 for programs without one.
fn llvm_argument(suffix: &str) -> &str {
    if suffix.is_empty() { "1" } else { suffix }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_what_programs_say() {
        let clang = "Debian clang version 19.1.7 (3~deb12u1)";
        assert_eq!(Version::find(clang), Some(Version(19, 1, 7)));
        assert_eq!(Version::find("bindgen 0.72"), Some(Version(0, 72, 0)));
        assert_eq!(Version::find("none"), None);
        assert!(Version(10, 0, 2) > MIN_QEMU);
    }
}
