// SPDX-License-Identifier: GPL-2.0-only

//! KVM where it works, emulation elsewhere.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use crate::guest::accel::Accel;
use crate::guest::initramfs::Root;
use crate::guest::machine::{BUSYBOX, Machine, USUAL_PROCESSORS};
use crate::host::key::Key;
use crate::host::place::{self, Place};
use crate::host::ui;
use crate::kernel::Flavor;

/// How long a boot under KVM may take before KVM counts as broken. One second is usual.
const PROBE_LIMIT: Duration = Duration::from_secs(10);

/// Finds out what works for `kernel` by booting it, once per boot of the host.
///
/// That `/dev/kvm` can be opened says little: under some hypervisors a guest then hangs.
pub fn find(place: &Place, kernel: &Path) -> Result<Accel> {
    let kvm = OpenOptions::new().read(true).write(true).open("/dev/kvm");
    if kvm.is_err() {
        return Ok(Accel::Tcg);
    }
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let key = Key::new().add("boot", boot).add_file(kernel)?.finish();
    let memory = place.cache.join("kvm").join(key);
    if let Ok(answer) = fs::read_to_string(&memory) {
        return Ok(if answer == "works" {
            Accel::Kvm
        } else {
            Accel::Tcg
        });
    }
    let step = ui::Step::new("vm", "trying KVM");
    let works = probe(place.log("kvm"), kernel);
    crate::host::process::check_interrupt()?;
    place::write(&memory, if works { "works" } else { "broken" })?;
    step.finish(if works {
        "KVM works"
    } else {
        "KVM does not work here: emulating the processor"
    });
    Ok(if works { Accel::Kvm } else { Accel::Tcg })
}

/// Boots `kernel` under KVM with nothing to do.
fn probe(console: PathBuf, kernel: &Path) -> bool {
    let machine = Machine {
        kernel: kernel.to_owned(),
        flavor: Flavor::Plain,
        parameters: String::new(),
        plugin: None,
        shared: None,
        accel: Accel::Kvm,
        processors: USUAL_PROCESSORS,
        console,
        limit: PROBE_LIMIT,
    };
    let mut root = Root::default();
    let session = root
        .add("bin/busybox", Path::new(BUSYBOX))
        .and_then(|()| machine.run(&root, |_| ()));
    session.is_ok_and(|session| session.problem.is_none())
}
