// SPDX-License-Identifier: GPL-2.0-only

//! The root of the clients: what they need of Debian's packages, and the commands of the trials.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::commands::clients::table::{Client, FOLDER, SUITE, Table};
use crate::commands::clients::{crate_suite, go_suite};
use crate::guest::initramfs::{Root, Section};
use crate::guest::machine::BUSYBOX;
use crate::host::deps::unpacked;
use crate::host::key::Key;
use crate::host::libraries;
use crate::host::place::{self, Place};
use crate::host::process::capture;

/// The user guide, which has a command that is run.
const GUIDE: &str = "Documentation/user-guide.rst";

/// Symbolic links at the top of Debian's root.
const LINKS: [(&str, &[u8]); 4] = [
    ("bin", b"usr/bin"),
    ("sbin", b"usr/sbin"),
    ("lib", b"usr/lib"),
    ("lib64", b"usr/lib64"),
];

/// Builds a program that the cache does not have.
type Build = fn(&Place) -> Result<PathBuf>;

/// Clients that are tests of a library, and are built.
const BUILT: [(&str, Build); 2] = [
    (crate_suite::CLIENT, crate_suite::build),
    (go_suite::CLIENT, go_suite::build),
];

/// Section that makes the root ready.
pub const MOUNT: &str = "mount";

/// Makes the root of the clients of `table`, and the plan that runs its trials.
pub fn make(place: &Place, table: &Table) -> Result<Root> {
    let mut root = Root::default();
    add_packages(place, table, &mut root)?;
    add_helpers(place, &mut root)?;
    for (client, build) in BUILT {
        if table.has(client) {
            let file = Path::new("usr/local/bin").join(client);
            root.add(to(file), &build(place)?)?;
        }
    }
    root.plan.push(Section::new(MOUNT, "clients mount"));
    for trial in table.trials() {
        let name = trial.section();
        let file = to(Path::new("cases").join(&name));
        root.add_entry(file, 0o100644, trial.command().as_bytes());
        let command = format!("clients {} {name}", trial.user());
        root.plan.push(Section::new(&name, &command));
    }
    Ok(root)
}

/// Returns the place in the guest of what is at `path` below the root of the clients.
fn to(path: impl AsRef<Path>) -> String {
    format!("clients/{}", path.as_ref().display())
}

/// Adds what the clients need of Debian's packages.
fn add_packages(place: &Place, table: &Table, root: &mut Root) -> Result<()> {
    let packages: Vec<&str> = table.packages.iter().map(String::as_str).collect();
    let left_out: Vec<&str> = table.left_out.iter().map(String::as_str).collect();
    let debian = unpacked::with_dependencies(place, SUITE, &packages, &left_out)?;
    let mut paths = BTreeSet::new();
    for file in table.parts().flat_map(|client| &client.files) {
        collect(&debian, &debian.join(file), &mut paths)?;
    }
    for path in paths {
        let name = path.strip_prefix(&debian).context("not of Debian")?;
        add(root, table, name, &path)?;
    }
    for (link, target) in LINKS {
        root.add_entry(to(link), 0o120777, target);
    }
    Ok(())
}

/// Adds `path` of `debian`, what is below, and the libraries that it needs to `paths`.
fn collect(debian: &Path, path: &Path, paths: &mut BTreeSet<PathBuf>) -> Result<()> {
    if path.is_dir() && !path.is_symlink() {
        let entries = place::list(path, "")?;
        return entries
            .iter()
            .try_for_each(|entry| collect(debian, entry, paths));
    }
    if path.is_file() {
        paths.extend(libraries::of_other(debian, path)?.found);
    }
    paths.insert(path.to_owned());
    Ok(())
}

/// Adds the file or link `path` as `name`, with the permissions that its package has.
fn add(root: &mut Root, table: &Table, name: &Path, path: &Path) -> Result<()> {
    let read = || format!("cannot read {}", path.display());
    if path.is_symlink() && !path.is_file() {
        let target = fs::read_link(path).with_context(read)?;
        root.add_entry(to(name), 0o120777, target.as_os_str().as_bytes());
        return Ok(());
    }
    let content = fs::read(path).with_context(read)?;
    let mode = fs::metadata(path).with_context(read)?.permissions().mode();
    let is_setuid = |client: &Client| client.setuid.iter().any(|file| name == Path::new(file));
    let setuid = match table.parts().any(is_setuid) {
        true => 0o4000,
        false => 0,
    };
    root.add_entry(to(name), 0o100000 | setuid | mode & 0o777, content);
    Ok(())
}

/// Adds what the commands of the table call, and what runs them.
fn add_helpers(place: &Place, root: &mut Root) -> Result<()> {
    let folder = place.repo.join(FOLDER);
    for part in ["etc", "usr/bin", "usr/local/bin"] {
        for file in place::list(&folder.join("root").join(part), "")? {
            let content = fs::read(&file).context("cannot read a file of the clients")?;
            let mode = match part {
                "etc" => 0o100644,
                _ => 0o100755,
            };
            root.add_entry(to(Path::new(part).join(place::name(&file))), mode, content);
        }
    }
    let guide = fs::read_to_string(place.repo.join(GUIDE)).context("cannot read the user guide")?;
    let service = service(&guide).context("the user guide starts no service")?;
    let service = format!("#!/usr/bin/bash\n{service}");
    root.add_entry(to("usr/local/bin/service"), 0o100755, service.as_bytes());
    root.add(to("usr/local/bin/busybox"), Path::new(BUSYBOX))?;
    root.add(to("usr/local/lib/probe.so"), &probe(place)?)?;
    root.add("bin/clients", &place.repo.join("tools/guest/clients"))
}

/// Finds the command that `guide` gives to systemd, which starts a sandboxed service. The shell
/// reads it as systemd does: a line that ends with a backslash goes on.
fn service(guide: &str) -> Option<&str> {
    let (_, command) = guide.split_once("ExecStart=")?;
    let is_end = |at: usize| !command[..at].ends_with('\\');
    let mut lines = command.match_indices('\n').map(|(at, _)| at);
    let end = lines.find(|at| is_end(*at))?;
    Some(&command[..=end])
}

/// Builds what is preloaded into programs that sandbox themselves.
fn probe(place: &Place) -> Result<PathBuf> {
    let source = place.repo.join(FOLDER).join("probe.c");
    let key = Key::new().add_file(&source)?.finish();
    let library = place.cache.join("clients").join(key).join("probe.so");
    if !library.exists() {
        place::make_dir(library.parent().context("no folder")?)?;
        let partial = library.with_extension("partial");
        let mut cc = Command::new("cc");
        cc.args(["-O2", "-Wall", "-shared", "-fPIC", "-o"])
            .args([&partial, &source])
            .env("LC_ALL", "C");
        capture(&mut cc).context("probe.c cannot be compiled")?;
        fs::rename(&partial, &library).context("cannot keep a library")?;
    }
    Ok(library)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_is_that_of_the_guide() {
        let guide = include_str!("../../../../Documentation/user-guide.rst");
        let command = service(guide).unwrap();
        assert!(command.starts_with("/usr/bin/setpriv --no-new-privs \\\n"));
        assert!(command.ends_with(" \\\n\t\t/usr/bin/mydaemon\n"));
    }
}
