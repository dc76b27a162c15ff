// SPDX-License-Identifier: GPL-2.0-only

//! apt with a list of sources of its own: the system's lists stay as they are.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::host::deps::debian::{Archive, PREFERENCES, Suite};
use crate::host::place::{self, Place};
use crate::host::process::{capture, run};
use crate::host::toolchain::find_program;
use crate::host::ui;

/// Keys that sign Debian's archive.
pub const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// What to do on a machine without a mirror.
const NO_MIRROR: &str = "apt knows no Debian mirror: add one to /etc/apt/sources.list";

/// A list of sources in the cache.
pub struct Sources {
    dir: PathBuf,
}

impl Sources {
    /// Writes the list `name` with `suites` of the machine's own mirror.
    pub fn new(place: &Place, name: &str, suites: &[Suite]) -> Result<Self> {
        let dir = place.cache.join("apt").join(name);
        for part in ["lists/partial", "archives/partial"] {
            place::make_dir(&dir.join(part))?;
        }
        let list = sources_list(&targets()?, suites)?;
        place::write(&dir.join("sources.list"), list)?;
        place::write(&dir.join("preferences"), PREFERENCES)?;
        Ok(Self { dir })
    }

    /// Returns the name of the list.
    pub fn name(&self) -> String {
        place::name(&self.dir)
    }

    /// Makes an apt command that only knows these sources.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.args(self.options()).env("LC_ALL", "C");
        command
    }

    /// Returns the options that put these sources in the place of the system's.
    fn options(&self) -> Vec<String> {
        let set = |name: &str, value: &Path| format!("-o{name}={}", value.display());
        vec![
            "-q".to_owned(),
            set("Dir::Etc::sourcelist", &self.dir.join("sources.list")),
            set("Dir::Etc::sourceparts", Path::new("/dev/null")),
            set("Dir::Etc::preferences", &self.dir.join("preferences")),
            set("Dir::State::lists", &self.dir.join("lists")),
            "-oDir::Cache::pkgcache=".to_owned(),
            "-oDir::Cache::srcpkgcache=".to_owned(),
            "-oAPT::Sandbox::User=root".to_owned(),
            "-oAPT::Get::List-Cleanup=false".to_owned(),
            "-oAcquire::Retries=3".to_owned(),
            "-oAcquire::Languages=none".to_owned(),
        ]
    }

    /// Fetches what the suites contain.
    pub fn update(&self, place: &Place) -> Result<()> {
        let mut step = ui::Step::new("apt", "reading Debian's package lists");
        let log = place.log("apt-update");
        let mut command = self.command("apt-get");
        command.args(["--error-on=any", "update"]);
        run(&mut command, &log, |_| step.tick())
            .context("Debian's package lists cannot be fetched: check the network and apt")?;
        step.finish("package lists are up to date");
        Ok(())
    }

    /// Installs `packages` on the system.
    pub fn install(&self, place: &Place, packages: &[&str]) -> Result<()> {
        let mut names = packages.to_vec();
        names.sort_unstable();
        names.dedup();
        ui::say("apt", format!("installing {}", names.join(" ")));

        let mut step = ui::Step::new("apt", "installing");
        let mut command = as_root()?;
        command
            .args([
                "env",
                "DEBIAN_FRONTEND=noninteractive",
                "LC_ALL=C",
                "apt-get",
            ])
            .args(self.options())
            .args(["-y", "--no-install-recommends", "-oDpkg::Use-Pty=0"])
            .args(["-oDPkg::Lock::Timeout=300", "install"])
            .args(&names);
        run(&mut command, &place.log("apt-install"), |line| {
            if let Some(activity) = activity(line) {
                step.set_what(activity);
            }
            step.tick();
        })
        .context("apt could not install the missing tools")?;
        step.finish("tools installed");
        Ok(())
    }

    /// Returns the versions of `package` in these suites, newest first.
    pub fn versions(&self, package: &str) -> Result<Vec<String>> {
        let text = capture(self.command("apt-cache").args(["madison", package]))?;
        let mut versions = parse_madison(&text);
        versions.sort_by(|a, b| compare(b, a));
        versions.dedup();
        Ok(versions)
    }

    /// Returns `packages` and all that they depend on, as if nothing was installed.
    pub fn with_dependencies(&self, packages: &[&str]) -> Result<Vec<String>> {
        let status = self.dir.join("status");
        place::write(&status, "")?;
        let mut command = self.command("apt-get");
        command
            .arg(format!("-oDir::State::status={}", status.display()))
            .args(["--no-install-recommends", "--simulate", "install"])
            .args(packages);
        let text = capture(&mut command).context("apt cannot tell what the packages need")?;
        Ok(parse_simulation(&text))
    }

    /// Returns where downloads go.
    pub fn archives(&self) -> PathBuf {
        self.dir.join("archives")
    }
}

/// Makes the start of a command that runs as root.
fn as_root() -> Result<Command> {
    if rustix::process::geteuid().is_root() {
        return Ok(Command::new("/usr/bin/env"));
    }
    if find_program("sudo").is_none() {
        bail!("tools are missing and there is no sudo: run this once as root");
    }
    Ok(Command::new("sudo"))
}

/// Says what apt is doing, from a line that it printed.
fn activity(line: &str) -> Option<String> {
    let mut words = line.split(' ');
    match words.next()? {
        "Unpacking" => Some(format!("unpacking {}", words.next()?)),
        "Setting" => Some(format!("setting up {}", words.nth(1)?)),
        word if word.starts_with("Get:") => Some(format!("fetching {}", words.nth(3)?)),
        _ => None,
    }
}

/// Returns what apt on this machine fetches: lines of `address suite`.
fn targets() -> Result<String> {
    let mut command = Command::new("apt-get");
    command.args(["indextargets", "--format", "$(REPO_URI) $(RELEASE)"]);
    capture(&mut command).context("apt does not list its sources")
}

/// Returns the address of `archive` on the mirrors that this machine uses.
fn mirror(targets: &str, archive: Archive) -> Option<String> {
    let is_wanted = |suite: &str| {
        let is_security = suite.contains("security");
        let is_debian = ["bookworm", "trixie", "stable", "oldstable"]
            .iter()
            .any(|name| suite.split('-').next() == Some(name));
        is_debian && is_security == (archive == Archive::Security)
    };
    targets.lines().find_map(|line| {
        let (uri, suite) = line.split_once(' ')?;
        let is_fetched = uri.starts_with("http") || uri.starts_with("mirror");
        let good = is_fetched && is_wanted(suite);
        good.then(|| uri.trim_end_matches('/').to_owned())
    })
}

/// Writes a list with `suites` on the mirrors that `targets` name.
fn sources_list(targets: &str, suites: &[Suite]) -> Result<String> {
    let main = mirror(targets, Archive::Main).context(NO_MIRROR)?;
    let security = mirror(targets, Archive::Security).unwrap_or_else(|| format!("{main}-security"));
    let line = |suite: &Suite| {
        let address = match suite.archive {
            Archive::Main => &main,
            Archive::Security => &security,
        };
        format!("deb [signed-by={KEYRING}] {address} {} main\n", suite.name)
    };
    Ok(suites.iter().map(line).collect())
}

/// Returns a list with `suites` on the mirrors of this machine.
pub fn list(suites: &[Suite]) -> Result<String> {
    sources_list(&targets()?, suites)
}

/// Returns the address of Debian's archive on the mirror of this machine.
pub fn main_mirror() -> Result<String> {
    mirror(&targets()?, Archive::Main).context(NO_MIRROR)
}

/// Returns what the configuration of apt says about how to fetch: proxies, and which dates count.
pub fn network() -> Result<String> {
    let text = capture(Command::new("apt-config").arg("dump"))?;
    Ok(about_network(&text))
}

/// Picks the settings about the network that are not empty.
fn about_network(text: &str) -> String {
    const STARTS: [&str; 3] = ["Acquire::http", "Acquire::Check-", "Acquire::Retries"];
    let is_wanted = |line: &&str| {
        STARTS.iter().any(|start| line.starts_with(start)) && !line.ends_with(" \"\";")
    };
    let lines = text.lines().filter(is_wanted);
    lines.map(|line| format!("{line}\n")).collect()
}

/// Reads the packages from the output of `apt-get --simulate`: `Inst package (version archive)`.
fn parse_simulation(text: &str) -> Vec<String> {
    let package = |line: &str| {
        let rest = line.strip_prefix("Inst ")?;
        rest.split(' ').next().map(str::to_owned)
    };
    text.lines().filter_map(package).collect()
}

/// Reads the versions from the output of `apt-cache madison`: `package | version | source`.
fn parse_madison(text: &str) -> Vec<String> {
    let version = |line: &str| Some(line.split('|').nth(1)?.trim().to_owned());
    text.lines().filter_map(version).collect()
}

/// Compares two versions as Debian does.
fn compare(one: &str, two: &str) -> std::cmp::Ordering {
    let is_less = |one: &str, two: &str| {
        let mut command = Command::new("dpkg");
        command.args(["--compare-versions", one, "lt", two]);
        command.status().is_ok_and(|status| status.success())
    };
    if is_less(one, two) {
        std::cmp::Ordering::Less
    } else if is_less(two, one) {
        std::cmp::Ordering::Greater
    } else {
        std::cmp::Ordering::Equal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::deps::debian::Debian;

    #[test]
    fn the_mirrors_are_those_of_the_machine() {
        let targets = "cdrom://disc/ bookworm\n\
                       http://one.example/debian-security/ bookworm-security\n\
                       http://two.example/debian/ bookworm-updates\n";
        let list = sources_list(targets, &Debian::Bookworm.install_suites()).unwrap();
        let lines: Vec<_> = list
            .lines()
            .filter_map(|line| line.split_once("] "))
            .collect();
        assert_eq!(
            lines[1].1,
            "http://two.example/debian bookworm-backports main"
        );
        assert_eq!(
            lines[2].1,
            "http://one.example/debian-security bookworm-security main"
        );
    }

    #[test]
    fn without_a_mirror_there_is_no_list() {
        let suites = Debian::Trixie.install_suites();
        assert!(sources_list("http://other.example/x/ nodistro\n", &suites).is_err());
        let list = sources_list("http://two.example/debian/ trixie\n", &suites).unwrap();
        assert!(list.contains("http://two.example/debian-security trixie-security"));
    }

    #[test]
    fn what_apt_says_of_the_network() {
        let text = "Acquire \"\";\nAcquire::http::Proxy \"http://proxy.example:1\";\n\
                    Acquire::http::Timeout \"\";\nAcquire::Check-Date \"false\";\nDir \"/\";\n";
        assert_eq!(
            about_network(text),
            "Acquire::http::Proxy \"http://proxy.example:1\";\nAcquire::Check-Date \"false\";\n"
        );
    }

    #[test]
    fn versions_of_a_package() {
        let text = "linux-source-7.3 | 7.3.4-1~bpo13+1 | http://mirror.example/debian trixie-bpo\n\
                    linux-source-7.3 | 7.3.2-1 | http://mirror.example/debian sid/main\n";
        assert_eq!(parse_madison(text), ["7.3.4-1~bpo13+1", "7.3.2-1"]);
    }

    #[test]
    fn packages_that_would_be_installed() {
        let text = "NOTE: This is only a simulation!\nInst gcc-16-base (16-1 Debian:testing [amd64])\n\
                    Inst libc6 (2.43-1 Debian:testing [amd64]) []\nConf libc6 (2.43-1 Debian:testing)\n";
        assert_eq!(parse_simulation(text), ["gcc-16-base", "libc6"]);
    }

    #[test]
    fn apt_says_what_it_does() {
        let line = "Get:3 http://mirror.example/debian bookworm/main amd64 flex amd64 2.6 [445 kB]";
        assert_eq!(activity(line).as_deref(), Some("fetching flex"));
        let line = "Setting up flex (2.6.4-8.2) ...";
        assert_eq!(activity(line).as_deref(), Some("setting up flex"));
    }
}
