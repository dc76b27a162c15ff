// SPDX-License-Identifier: GPL-2.0-only

//! What the project needs from the system, how to see that it is there, and where Debian has it.

use std::fs;
use std::path::Path;

use crate::host::deps::debian::Debian;
use crate::host::toolchain::{MIN_QEMU, Version, find_llvm, find_program, find_rustc};

/// Something that must be installed.
pub struct Need {
    /// What to install on other systems.
    pub what: &'static str,
    /// What it is for.
    pub why: &'static str,
    /// Returns whether it is there.
    pub is_met: fn() -> bool,
    bookworm: &'static [&'static str],
    trixie: &'static [&'static str],
}

impl Need {
    /// A need that the same packages meet in both releases.
    const fn both(
        what: &'static str,
        why: &'static str,
        packages: &'static [&'static str],
        is_met: fn() -> bool,
    ) -> Self {
        Self {
            what,
            why,
            is_met,
            bookworm: packages,
            trixie: packages,
        }
    }

    /// Returns the packages that meet the need.
    pub fn packages(&self, debian: Debian) -> &'static [&'static str] {
        match debian {
            Debian::Bookworm => self.bookworm,
            Debian::Trixie => self.trixie,
        }
    }
}

/// Everything that the project needs.
pub const NEEDS: [Need; 13] = [
    Need::both(
        "clang, lld and llvm 17 or newer",
        "compile the kernel",
        &["clang-19", "lld-19", "llvm-19"],
        || find_llvm().is_some(),
    ),
    Need::both(
        "libclang",
        "lets bindgen read the kernel's headers",
        &["libclang-19-dev"],
        has_libclang,
    ),
    Need {
        what: "rustc 1.85 or newer with rust-src",
        why: "compiles the kernel's Rust",
        is_met: || find_rustc().is_some(),
        bookworm: &["rustc-web", "rust-web-src"],
        trixie: &["rustc", "rust-src"],
    },
    Need {
        what: "rustfmt and clippy-driver of that rustc",
        why: "check the module's Rust",
        is_met: has_rust_checkers,
        bookworm: &[
            "rustc-web",
            "rust-web-src",
            "rustfmt-web",
            "rust-web-clippy",
        ],
        trixie: &["rustfmt", "rust-clippy"],
    },
    Need::both(
        "qemu-system-x86_64 10 or newer",
        "runs the kernel; older ones break its text patching",
        &["qemu-system-x86"],
        || Version::of(Path::new("qemu-system-x86_64")) >= Some(MIN_QEMU),
    ),
    Need::both(
        "make, flex, bison, bc, perl, python3, patch, rsync, cpio, kmod, pahole",
        "the kernel's build calls them",
        &[
            "make", "flex", "bison", "bc", "perl", "python3", "patch", "rsync", "cpio", "kmod",
            "pahole",
        ],
        || {
            let programs = [
                "make", "flex", "bison", "bc", "perl", "python3", "patch", "rsync", "cpio", "kmod",
                "pahole",
            ];
            programs
                .iter()
                .all(|program| find_program(program).is_some())
        },
    ),
    Need::both(
        "headers of libelf (elfutils)",
        "the kernel's objtool reads object files",
        &["libelf-dev"],
        || Path::new("/usr/include/gelf.h").exists(),
    ),
    Need::both(
        "headers of OpenSSL",
        "the kernel's build signs with them",
        &["libssl-dev"],
        || Path::new("/usr/include/openssl/ssl.h").exists(),
    ),
    Need::both(
        "gcc with a static C library",
        "compiles the test programs",
        &["gcc", "libc6-dev"],
        || find_program("cc").is_some() && has_library("libc.a"),
    ),
    Need::both(
        "libcap with its static library",
        "the kernel's tests drop capabilities",
        &["libcap-dev"],
        || Path::new("/usr/include/sys/capability.h").exists() && has_library("libcap.a"),
    ),
    Need::both(
        "a static busybox as /bin/busybox",
        "gives the guest its shell",
        &["busybox-static"],
        has_static_busybox,
    ),
    Need::both(
        "xz and CA certificates",
        "unpack the kernel, fetch crates",
        &["xz-utils", "ca-certificates"],
        || find_program("xz").is_some() && Path::new("/etc/ssl/certs").is_dir(),
    ),
    Need::both("cloc", "counts lines of code", &["cloc"], || {
        find_program("cloc").is_some()
    }),
];

/// What proofs need besides.
pub const VENV: Need = Need::both(
    "venv of Python 3",
    "installs what executes symbolically",
    &["python3-venv"],
    || {
        let mut python = std::process::Command::new("python3");
        python
            .args(["-c", "import ensurepip, venv"])
            .stderr(std::process::Stdio::null());
        python.status().is_ok_and(|status| status.success())
    },
);

/// What documents need besides.
pub const SPHINX: Need = Need::both(
    "Sphinx 3.4.3 or newer",
    "builds the documents",
    &["python3-sphinx"],
    || find_program("sphinx-build").is_some(),
);

/// Folders of libraries, on Debian and elsewhere.
const LIBRARY_DIRS: [&str; 3] = ["/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"];

/// Returns whether the library `file` is installed.
fn has_library(file: &str) -> bool {
    LIBRARY_DIRS
        .iter()
        .any(|dir| Path::new(dir).join(file).exists())
}

/// Returns whether `bindgen` will find libclang.
fn has_libclang() -> bool {
    let of_llvm = (17..=25).map(|version| format!("/usr/lib/llvm-{version}/lib"));
    let mut dirs = of_llvm.chain(LIBRARY_DIRS.map(str::to_owned));
    dirs.any(|dir| Path::new(&dir).join("libclang.so").exists())
}

/// Returns whether the formatter and the linter lie beside `rustc`.
fn has_rust_checkers() -> bool {
    find_rustc().is_some_and(|rustc| {
        let programs = ["rustfmt", "clippy-driver"];
        programs
            .iter()
            .all(|program| rustc.with_file_name(program).exists())
    })
}

/// Returns whether `/bin/busybox` runs without shared libraries.
fn has_static_busybox() -> bool {
    const INTERPRETER: &[u8] = b"/lib64/ld-linux";
    let Ok(content) = fs::read("/bin/busybox") else {
        return false;
    };
    let mut windows = content.windows(INTERPRETER.len());
    !windows.any(|window| window == INTERPRETER)
}
