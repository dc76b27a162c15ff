// SPDX-License-Identifier: GPL-2.0-only

//! Virtual machines: boot a kernel with an initramfs, follow what it says, end it in time.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::guest::initramfs::Root;
use crate::host::process::{Running, Tail, check_interrupt, first_error};
use crate::kernel::Flavor;

use crate::guest::accel::Accel;
use crate::results::console;
use crate::results::transcript::Transcript;

/// Parameters of every kernel: a broken kernel ends the machine at once. The kernel does not measure
/// whether its timer interrupts: on a busy host the emulated one comes too late for that.
const KERNEL_PARAMETERS: &str = "console=ttyS0 oops=panic panic=-1 no_timer_check";

/// Parameters of a debug kernel: lines have levels; grace periods, which its tests wait for at every
/// turn, are short. With page tables of five levels, KASAN reports what is none when an interrupt
/// comes while the kernel identifies its first processor. Slab caches without debugging keep arrays
/// with pointers to what they gave away, and kmemleak takes these for references.
const DEBUG_PARAMETERS: &str =
    "console_msg_format=syslog rcupdate.rcu_expedited=1 no5lvl slab_debug=F";

/// Shell of a guest, which is also most of its programs.
pub const BUSYBOX: &str = "/bin/busybox";

/// How many processors a guest has, unless something is said about it.
pub const USUAL_PROCESSORS: u32 = 2;

/// A machine that is to be booted.
pub struct Machine {
    /// Kernel image.
    pub kernel: PathBuf,
    /// What the kernel checks.
    pub flavor: Flavor,
    /// Parameters of this kernel, after those of every kernel.
    pub parameters: String,
    /// Plugin that QEMU loads, with its arguments.
    pub plugin: Option<String>,
    /// Folder of this machine that the guest can mount, to read it.
    pub shared: Option<PathBuf>,
    /// How the processor is provided.
    pub accel: Accel,
    /// How many there are.
    pub processors: u32,
    /// Log of the console; the transcript goes beside it.
    pub console: PathBuf,
    /// How long the machine may run.
    pub limit: Duration,
}

/// What came out of a machine.
pub struct Session {
    /// What the plan printed.
    pub transcript: Transcript,
    /// What the kernel printed.
    pub console: String,
    /// What went wrong with the machine as a whole.
    pub problem: Option<String>,
}

impl Session {
    /// Fails when the module was not loaded.
    pub fn check_module(&self) -> Result<()> {
        match self.transcript.section("insmod") {
            Some(output) if output.status != Some(0) => {
                let line = output.lines.first();
                let line = line.map_or("no reason given", String::as_str);
                eprint!("{}", console::excerpt(&self.console));
                bail!("the module was not loaded: {line}")
            }
            _ => Ok(()),
        }
    }

    /// Fails when the machine did, after a look at its console.
    pub fn check(&self) -> Result<()> {
        if let Some(problem) = &self.problem {
            eprint!("{}", console::excerpt(&self.console));
            bail!("{problem}");
        }
        Ok(())
    }
}

impl Machine {
    /// Runs the plan of `root` and gives each line of its transcript to `on_line`.
    ///
    /// A kernel that complains, a guest that hangs or that does not come to the end of its plan is
    /// a problem of the session, not an error: what was printed before is still there.
    pub fn run(&self, root: &Root, mut on_line: impl FnMut(&str)) -> Result<Session> {
        let mut transcript = Transcript::default();
        let ended = self.boot(root, |line| {
            on_line(line);
            transcript.push(line);
        });
        check_interrupt()?;
        let console = fs::read(&self.console).unwrap_or_default();
        let console = String::from_utf8_lossy(&console).replace('\r', "");
        let problem = console::check(&console)
            .and(ended)
            .and_then(|()| transcript.check_done())
            .err()
            .map(|error| format!("{error}; the console is in {}", self.console.display()));
        Ok(Session {
            transcript,
            console,
            problem,
        })
    }

    /// Boots and waits for the end.
    fn boot(&self, root: &Root, mut on_line: impl FnMut(&str)) -> Result<()> {
        let dir = tempfile::tempdir().context("cannot create a temporary folder")?;
        let archive = dir.path().join("root.cpio");
        root.write(&archive)?;
        let output = self.console.with_extension("out");
        let complaints = self.console.with_extension("qemu");
        for stale in [&self.console, &output, &complaints] {
            fs::write(stale, "").with_context(|| format!("cannot write {}", stale.display()))?;
        }

        let mut qemu = self.qemu(&archive, "");
        qemu.args(["-serial", &format!("file:{}", self.console.display())])
            .args(["-serial", &format!("file:{}", output.display())])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&complaints)?);
        let mut tail = Tail::new(&output);
        let deadline = Instant::now() + self.limit;
        let mut machine = Running::start(&mut qemu)?.named("the virtual machine");
        let status = machine.wait(Some(deadline), || {
            tail.lines()?.iter().for_each(|line| on_line(line));
            Ok(())
        })?;
        if !status.success() {
            let text = fs::read_to_string(&complaints)?;
            bail!("qemu: {}", first_error(&text));
        }
        Ok(())
    }

    /// Gives the terminal to the guest until it ends.
    pub fn interact(&self, root: &Root) -> Result<()> {
        let dir = tempfile::tempdir().context("cannot create a temporary folder")?;
        let archive = dir.path().join("root.cpio");
        root.write(&archive)?;
        let mut qemu = self.qemu(&archive, "loglevel=4");
        qemu.args(["-serial", "mon:stdio", "-serial", "null"]);
        let status = Running::start(&mut qemu)?.wait(None, || Ok(()))?;
        if !status.success() {
            bail!("qemu ended with {status}");
        }
        Ok(())
    }

    /// Makes the command that boots the machine. Serial ports are for the caller to add.
    ///
    /// The kernel has no driver for PCI or ACPI: it finds its processors through the MP table, which
    /// lists one per socket. `setpriv` ends the machine should this tool be killed.
    fn qemu(&self, archive: &Path, parameters: &str) -> Command {
        let (memory, more) = match self.flavor {
            Flavor::Plain | Flavor::Wide => ("1G", ""),
            Flavor::Debug => ("3G", DEBUG_PARAMETERS),
        };
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "--", "qemu-system-x86_64"])
            .args(["-nodefaults", "-no-user-config", "-no-reboot"])
            .args(["-machine", "pc", "-m", memory])
            .args(["-display", "none"])
            .args(self.accel.arguments(self.processors))
            .args(self.plugin.iter().flat_map(|plugin| ["-plugin", plugin]))
            .args(self.shared.iter().flat_map(|folder| share(folder)))
            .arg("-kernel")
            .arg(&self.kernel)
            .arg("-initrd")
            .arg(archive)
            .args([
                "-append",
                &format!(
                    "{KERNEL_PARAMETERS} {more} {} {parameters}",
                    self.parameters
                ),
            ]);
        command
    }
}

/// Returns arguments that let the guest read `folder` through 9p.
fn share(folder: &Path) -> [String; 2] {
    let path = folder.display().to_string().replace(',', ",,");
    let options = "mount_tag=with,security_model=none,readonly=on";
    ["-virtfs".to_owned(), format!("local,path={path},{options}")]
}
