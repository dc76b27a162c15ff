// SPDX-License-Identifier: GPL-2.0-only

//! What executes the instructions of a guest.

/// What executes the guest's instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accel {
    /// The processor.
    Kvm,
    /// QEMU.
    Tcg,
    /// QEMU, for one processor of which each instruction takes one nanosecond.
    Counted,
}

impl Accel {
    /// Returns the arguments for QEMU; `processors` are for a guest whose instructions are not
    /// counted.
    ///
    /// Where they are, nothing depends on the time of the host or on chance.
    pub fn arguments(self, processors: u32) -> Vec<String> {
        let fixed: &[&str] = match self {
            Self::Kvm => &["-accel", "kvm", "-cpu", "host"],
            Self::Tcg => &["-accel", "tcg,thread=multi", "-cpu", "max"],
            Self::Counted => &[
                "-accel",
                "tcg",
                "-icount",
                "shift=0,sleep=off",
                "-cpu",
                "max",
                "-rtc",
                "base=2026-01-01,clock=vm",
                "-seed",
                "1",
            ],
        };
        let count = match self {
            Self::Kvm | Self::Tcg => processors,
            Self::Counted => 1,
        };
        // The kernel finds one processor per socket.
        let smp = ["-smp".to_owned(), format!("{count},sockets={count}")];
        fixed
            .iter()
            .map(|word| (*word).to_owned())
            .chain(smp)
            .collect()
    }
}
