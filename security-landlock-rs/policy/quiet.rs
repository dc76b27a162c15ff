// SPDX-License-Identifier: GPL-2.0-only

//! Whether a denial is logged: what domains and credentials say about it.

use super::{
    access::{AccessMasks, AccessNet},
    attr::{
        RestrictFlag::{LogNewExecOn, LogSameExecOff},
        RestrictFlags,
    },
    blame::{Blame, Blocker},
    layer::LayerIndex,
};

/// Layers of a domain that were enforced by the running program, and not by one that executed it.
///
/// Credentials store it as an integer, in which zero means that there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ExecLayers(u16);

impl ExecLayers {
    /// Converts what credentials store.
    pub(crate) fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// Returns what credentials store.
    pub(crate) fn bits(self) -> u16 {
        self.0
    }

    /// Returns these layers and the one at `index`.
    pub(crate) fn with(self, index: LayerIndex) -> Self {
        Self(self.0 | Self::bit(index))
    }

    /// Returns which program enforced the layer at `index`.
    pub(crate) fn program(self, index: LayerIndex) -> Program {
        if self.0 & Self::bit(index) != 0 {
            Program::Same
        } else {
            Program::New
        }
    }

    fn bit(index: LayerIndex) -> u16 {
        // CAST: an index has four bits.
        1u16.wrapping_shl(index.get() as u32)
    }
}

/// How the program that is denied something relates to a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// It enforced the layer itself.
    Same,
    /// It was executed, directly or not, by the program that enforced the layer.
    New,
}

/// What credentials say about domains that get nested into theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subdomains {
    /// Each domain says itself whether it is logged.
    Logged,
    /// They are never logged.
    Muted,
}

/// What a domain says about logging its own denials. Set once, when it is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogRules {
    same_exec: bool,
    new_exec: bool,
}

impl LogRules {
    /// Returns the rules of a domain that is enforced with `flags`, by a thread whose credentials
    /// said `before` about it.
    ///
    /// `LOG_SUBDOMAINS_OFF` among the flags is for domains that come later, not for this one.
    pub(crate) fn new(flags: RestrictFlags, before: Subdomains) -> Self {
        let is_logged = before == Subdomains::Logged;

        Self {
            same_exec: is_logged && !flags.contains(LogSameExecOff),
            new_exec: is_logged && flags.contains(LogNewExecOn),
        }
    }

    /// Returns whether what the domain denies to `program` is logged.
    pub(crate) fn is_logged(self, program: Program) -> bool {
        match program {
            Program::Same => self.same_exec,
            Program::New => self.new_exec,
        }
    }
}

/// Returns whether a denial that a layer is to blame for is not logged; `quiet` is what the layer
/// says about its quiet rules and its scopes.
pub(crate) fn is_quiet(quiet: AccessMasks, blame: Blame) -> bool {
    match blame.blocker {
        Blocker::Ptrace | Blocker::ChangeTopology => false,
        Blocker::Fs(missing) => blame.is_object_quiet && missing.is_subset(quiet.fs),
        Blocker::Net(missing) => {
            blame.is_object_quiet && (missing & !quiet.net) == AccessNet::empty()
        }
        Blocker::Scope(scope) => quiet.scope.contains(scope),
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_quiet)]
mod tests {
    use super::super::{
        access::{
            AccessFs,
            AccessFsRight::{ReadFile, WriteFile},
            Scope, Scopes,
        },
        attr::RestrictFlag::LogSubdomainsOff,
    };
    use super::*;

    const OLDEST: LayerIndex = LayerIndex::new::<0>();
    const LAST: LayerIndex = LayerIndex::new::<15>();

    #[test]
    fn layers_of_a_program_are_kept_apart() {
        let both = ExecLayers::default().with(OLDEST).with(LAST);

        assert_eq!(both.bits(), 0x8001);
        assert_eq!(both.program(LAST), Program::Same);
        assert_eq!(both.program(LayerIndex::new::<14>()), Program::New);
        assert_eq!(ExecLayers::default().program(OLDEST), Program::New);
    }

    #[test]
    fn only_the_program_itself_is_logged_by_default() {
        let rules = LogRules::new(RestrictFlags::empty(), Subdomains::Logged);

        assert!(rules.is_logged(Program::Same));
        assert!(!rules.is_logged(Program::New));
    }

    #[test]
    fn each_flag_turns_one_kind_around() {
        let neither = LogRules::new(LogSameExecOff.into(), Subdomains::Logged);
        let both = LogRules::new(LogNewExecOn.into(), Subdomains::Logged);
        let new = LogRules::new(LogSameExecOff | LogNewExecOn, Subdomains::Logged);

        assert!(!neither.is_logged(Program::Same) && !neither.is_logged(Program::New));
        assert!(both.is_logged(Program::Same) && both.is_logged(Program::New));
        assert!(!new.is_logged(Program::Same) && new.is_logged(Program::New));
    }

    #[test]
    fn domain_that_mutes_later_ones_is_logged_itself() {
        let first = LogRules::new(LogSubdomainsOff.into(), Subdomains::Logged);
        let later = LogRules::new(LogNewExecOn.into(), Subdomains::Muted);

        assert!(first.is_logged(Program::Same) && !first.is_logged(Program::New));
        assert!(!later.is_logged(Program::Same) && !later.is_logged(Program::New));
    }

    fn blame(blocker: Blocker, is_object_quiet: bool) -> Blame {
        Blame {
            layer: OLDEST,
            blocker,
            is_object_quiet,
        }
    }

    #[test]
    fn quiet_rule_covers_all_that_is_missing_or_nothing() {
        let quiet = AccessMasks {
            fs: ReadFile.into(),
            ..AccessMasks::default()
        };
        let read = Blocker::Fs(ReadFile.into());
        let both = Blocker::Fs(ReadFile | WriteFile);

        assert!(is_quiet(quiet, blame(read, true)));
        assert!(!is_quiet(quiet, blame(read, false)));
        assert!(!is_quiet(quiet, blame(both, true)));
    }

    #[test]
    fn scope_is_quiet_without_a_rule() {
        let quiet = AccessMasks {
            scope: Scope::Signal.into(),
            ..AccessMasks::default()
        };

        assert!(is_quiet(quiet, blame(Blocker::Scope(Scope::Signal), false)));
        assert!(!is_quiet(
            quiet,
            blame(Blocker::Scope(Scope::AbstractUnixSocket), false)
        ));
    }

    #[test]
    fn ptrace_and_topology_are_never_quiet() {
        let quiet = AccessMasks {
            fs: AccessFs::ALL,
            net: AccessNet::ALL,
            scope: Scopes::ALL,
        };

        assert!(!is_quiet(quiet, blame(Blocker::Ptrace, true)));
        assert!(!is_quiet(quiet, blame(Blocker::ChangeTopology, true)));
    }
}
