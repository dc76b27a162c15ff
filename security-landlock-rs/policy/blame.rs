// SPDX-License-Identifier: GPL-2.0-only

//! Which layer is to blame for a denial, and which rights are missing.

use super::{
    access::{AccessFs, AccessNet, Scope},
    denial::Denial,
    layer::LayerIndex,
    unfulfilled::Unfulfilled,
};

/// What stood in the way of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blocker {
    /// Tasks outside of the domain must not be traced.
    Ptrace,
    /// What is mounted where must not change.
    ChangeTopology,
    /// These rights on a file hierarchy are missing.
    Fs(AccessFs),
    /// These rights on a port are missing.
    Net(AccessNet),
    /// What is outside of the domain must not be reached in this way.
    Scope(Scope),
}

impl Blocker {
    /// Returns the missing rights as bits, or 0 if this is not about rights.
    pub(crate) fn missing(self) -> u32 {
        match self {
            Self::Fs(missing) => missing.into(),
            Self::Net(missing) => missing.into(),
            Self::Ptrace | Self::ChangeTopology | Self::Scope(_) => 0,
        }
    }
}

/// A layer that denies a request. The youngest one that does is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Blame {
    /// The layer.
    pub(crate) layer: LayerIndex,
    /// What it denies.
    pub(crate) blocker: Blocker,
    /// Whether a quiet rule of the layer covers the object.
    pub(crate) is_object_quiet: bool,
}

impl Blame {
    /// Blames `layer` for something that no rule could have granted.
    pub(crate) fn layer(layer: LayerIndex, blocker: Blocker) -> Self {
        Self {
            layer,
            blocker,
            is_object_quiet: false,
        }
    }

    /// Blames the youngest layer that still denies a request about a file, if any does.
    pub(crate) fn for_file(left: &Unfulfilled<AccessFs>) -> Option<Self> {
        let denial = left.youngest_denial()?;

        Some(Self::fs(denial, left.is_quiet(denial.layer)))
    }

    /// Blames the youngest layer that still denies a request about a port, if any does.
    pub(crate) fn for_port(left: &Unfulfilled<AccessNet>) -> Option<Self> {
        let denial = left.youngest_denial()?;

        Some(Self {
            layer: denial.layer,
            blocker: Blocker::Net(denial.missing),
            is_object_quiet: left.is_quiet(denial.layer),
        })
    }

    /// Blames the layer that denied a right on a file.
    pub(crate) fn fs(denial: Denial<AccessFs>, is_object_quiet: bool) -> Self {
        Self {
            layer: denial.layer,
            blocker: Blocker::Fs(denial.missing),
            is_object_quiet,
        }
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_blame)]
mod tests {
    use super::super::{
        access::{
            AccessFsRight::{Execute, ReadDir, ReadFile, RemoveDir, WriteFile},
            AccessMasks,
        },
        layer::{Layers, TooManyLayers},
    };
    use super::*;

    fn handling(fs: AccessFs) -> AccessMasks {
        AccessMasks {
            fs,
            ..AccessMasks::default()
        }
    }

    /// Five layers, of which the two youngest handle nothing.
    fn layers() -> Result<Layers, TooManyLayers> {
        let none = AccessFs::empty();
        let younger = [ReadFile | ReadDir, RemoveDir.into(), none, none];
        let oldest = Layers::first(handling(Execute | ReadDir));

        younger
            .into_iter()
            .try_fold(oldest, |layers, fs| layers.stack(handling(fs)))
    }

    /// Returns the layer that is to blame for a request, and what it denies.
    fn blamed(requested: AccessFs) -> Result<Option<(usize, Blocker)>, TooManyLayers> {
        let blame = Blame::for_file(&Unfulfilled::new(&layers()?, requested));

        Ok(blame.map(|blame| (blame.layer.get(), blame.blocker)))
    }

    #[test]
    fn youngest_layer_is_blamed_for_what_it_denies_itself() -> Result<(), TooManyLayers> {
        let both = ReadFile | ReadDir;

        assert_eq!(
            blamed(Execute.into())?,
            Some((0, Blocker::Fs(Execute.into())))
        );
        for requested in [ReadFile.into(), ReadDir.into(), both] {
            assert_eq!(blamed(requested)?, Some((1, Blocker::Fs(requested))));
        }
        assert_eq!(
            blamed(Execute | ReadDir)?,
            Some((1, Blocker::Fs(ReadDir.into())))
        );
        Ok(())
    }

    #[test]
    fn nobody_is_blamed_for_what_no_layer_denies() -> Result<(), TooManyLayers> {
        assert_eq!(blamed(WriteFile.into())?, None);
        assert_eq!(blamed(AccessFs::empty())?, None);
        Ok(())
    }
}
