// SPDX-License-Identifier: GPL-2.0-only

//! Debian's own kernel of the same release, as it comes: C Landlock as a distribution builds it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::host::deps::apt::Sources;
use crate::host::deps::unpacked::unpacked;
use crate::host::place::{self, Place};
use crate::host::process::{capture, run};
use crate::host::toolchain::Version;
use crate::kernel::source::{RELEASE, SUITES};

/// Modules that tests need, below the folder of the kernel's modules, in the order of loading.
const MODULES: [&str; 1] = ["kernel/fs/overlayfs/overlay.ko"];

/// The image, and modules that the guest loads at boot.
pub struct DebianKernel {
    /// The image.
    pub image: PathBuf,
    /// The modules.
    pub modules: Vec<PathBuf>,
}

impl DebianKernel {
    /// Unpacks Debian's packages into the cache, unless they are there.
    pub fn find(place: &Place) -> Result<Self> {
        let sources = Sources::new(place, "source", &SUITES)?;
        let packages = match packages(&sources)? {
            Some(packages) => packages,
            None => {
                sources.update(place)?;
                packages(&sources)?
                    .with_context(|| format!("Debian has no kernel image of {RELEASE} any more"))?
            }
        };
        let names: Vec<&str> = packages.iter().map(String::as_str).collect();
        let dir = unpacked(place, &sources, "Debian's kernel", &names)?;
        let releases = place::list(&dir.join("usr/lib/modules"), "")?;
        let modules = releases.first().context("Debian's package is empty")?;
        let image = modules.join("vmlinuz");
        let module = |name| decompress(place, &modules.join(name));
        let modules = MODULES.into_iter().map(module).collect::<Result<_>>()?;
        Ok(Self { image, modules })
    }
}

/// Returns the names of the newest packages with an image and with its modules, if there are some.
fn packages(sources: &Sources) -> Result<Option<[String; 2]>> {
    let prefix = format!("linux-binary-{RELEASE}");
    let names = capture(sources.command("apt-cache").args(["pkgnames", &prefix]))?;
    Ok(newest(&names).map(|image| {
        let modules = image.replace("-binary-", "-modules-");
        [image, modules]
    }))
}

/// Returns the newest package of `names` with an image for ordinary machines.
fn newest(names: &str) -> Option<String> {
    let is_ordinary = |name: &&str| {
        let flavor = name.rsplit_once("+deb").map_or("", |(_, rest)| rest);
        flavor.split('-').count() == 2 && flavor.ends_with("-amd64")
    };
    let names = names.lines().filter(is_ordinary);
    names
        .max_by_key(|name| Version::find(name))
        .map(str::to_owned)
}

/// Returns the module at `path`, which its package has compressed.
fn decompress(place: &Place, path: &Path) -> Result<PathBuf> {
    if !path.exists() {
        let mut xz = Command::new("xz");
        xz.arg("--decompress").arg(path.with_extension("ko.xz"));
        run(&mut xz, &place.log("unpack"), |_| ())
            .with_context(|| format!("Debian's package has no {}", place::name(path)))?;
    }
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_package_for_ordinary_machines() {
        let names = "linux-binary-7.3.4+deb13-cloud-amd64\nlinux-binary-7.3.4+deb13-amd64\n\
                     linux-binary-7.3.10+deb13-amd64\nlinux-binary-7.3.10+deb13-amd64-dbg\n";
        assert_eq!(
            newest(names).as_deref(),
            Some("linux-binary-7.3.10+deb13-amd64")
        );
        assert_eq!(newest("linux-binary-7.3.4+deb13-rt-amd64\n"), None);
    }
}
