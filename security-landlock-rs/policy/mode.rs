// SPDX-License-Identifier: GPL-2.0-only

//! Permissive layers, an extension: they deny nothing, and what they would deny is logged.
//!
//! A request is denied if an enforcing layer denies it, and logged as that denial. If none does but
//! a permissive layer would, the request is allowed, and logged as one that would be denied. So one
//! layer is to blame for a request at most: the youngest enforcing one that denies it, or else the
//! youngest permissive one that would.

pub(crate) use super::layer::Mode;
use super::{
    layer::{Handled, LayerIndex, Layers},
    scope,
    unfulfilled::Unfulfilled,
};

impl<A: Handled> Unfulfilled<A> {
    /// Keeps what the layers of `mode` leave, of `layers`.
    pub(crate) fn keep_mode(&mut self, layers: &Layers, mode: Mode) {
        self.keep_layers(|index| layers.mode(index) == mode);
    }

    /// Returns what is left in enforcing layers.
    pub(super) fn enforced(mut self, layers: &Layers) -> Self {
        if layers.has_permissive() {
            self.keep_mode(layers, Mode::Enforcing);
        }
        self
    }

    /// Returns what to blame layers for: what enforcing layers deny, or, if they deny nothing, what
    /// permissive ones would.
    pub(crate) fn to_blame(self, layers: &Layers) -> Self {
        let enforced = self.enforced(layers);

        if enforced.is_fulfilled() {
            self
        } else {
            enforced
        }
    }
}

impl Layers {
    /// Returns the layer to blame among those that handle any of `rights`, which no rule grants, but
    /// for the first `common` ones. Without permissive layers it is the `youngest` of them.
    pub(crate) fn layer_to_blame<A: Handled>(
        &self,
        youngest: LayerIndex,
        rights: A,
        common: impl FnOnce() -> usize,
    ) -> LayerIndex {
        if !self.has_permissive() {
            return youngest;
        }
        let left = scope::unfulfilled(self, common(), rights).to_blame(self);

        left.youngest_denial()
            .map_or(youngest, |denial| denial.layer)
    }

    /// Returns the layer to blame for what each layer denies, but for the first `common` ones.
    pub(crate) fn layer_to_blame_beyond(&self, common: impl FnOnce() -> usize) -> LayerIndex {
        if !self.has_permissive() {
            return self.youngest();
        }
        let common = common();
        let indices = (common..=self.youngest().get()).rev();
        let mut layers = indices.filter_map(LayerIndex::try_new);

        layers
            .find(|index| self.mode(*index) == Mode::Enforcing)
            .unwrap_or(self.youngest())
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_mode)]
mod tests {
    use super::super::{
        access::{
            AccessFs,
            AccessFsRight::{self, Execute, IoctlDev, ReadFile, Truncate, WriteFile},
            AccessMasks, Scope, Scopes,
        },
        blame::{Blame, Blocker},
        layer::TooManyLayers,
        optional::OptionalDenials,
        request::Request,
    };
    use super::*;

    /// Stacks layers that handle rights, or scopes, in a mode; oldest first.
    fn stack(handled: &[(AccessMasks, Mode)]) -> Result<Option<Layers>, TooManyLayers> {
        let mut layers: Option<Layers> = None;

        for (handled, mode) in handled {
            let mut stacked = match layers {
                Some(layers) => layers.stack(*handled)?,
                None => Layers::first(*handled),
            };
            stacked.set_mode(*mode);
            layers = Some(stacked);
        }
        Ok(layers)
    }

    fn on_files(fs: AccessFs, mode: Mode) -> (AccessMasks, Mode) {
        (
            AccessMasks {
                fs,
                ..AccessMasks::default()
            },
            mode,
        )
    }

    /// An enforcing layer that handles writing, between two permissive ones.
    fn three() -> Result<Option<Layers>, TooManyLayers> {
        stack(&[
            on_files(ReadFile | WriteFile | Truncate, Mode::Permissive),
            on_files(WriteFile.into(), Mode::Enforcing),
            on_files(WriteFile | Execute | Truncate, Mode::Permissive),
        ])
    }

    /// Returns who is to blame for a request for `rights`: the layer, and what it denies.
    fn blamed(rights: AccessFs) -> Result<Option<(usize, Blocker)>, TooManyLayers> {
        Ok(three()?.and_then(|layers| {
            let left = Unfulfilled::new(&layers, rights);
            let blame = Blame::for_file(&left.to_blame(&layers))?;

            Some((blame.layer.get(), blame.blocker))
        }))
    }

    #[test]
    fn enforcing_layer_is_blamed_before_permissive_ones() -> Result<(), TooManyLayers> {
        let fs = |rights| Blocker::Fs(rights);

        assert_eq!(
            blamed(WriteFile | Execute)?,
            Some((1, fs(WriteFile.into())))
        );
        assert_eq!(blamed(Execute | ReadFile)?, Some((2, fs(Execute.into()))));
        assert_eq!(blamed(ReadFile.into())?, Some((0, fs(ReadFile.into()))));
        assert_eq!(blamed(IoctlDev.into())?, None);
        Ok(())
    }

    #[test]
    fn open_file_remembers_what_permissive_layers_would_deny() -> Result<(), TooManyLayers> {
        let layers = stack(&[
            on_files(Truncate | IoctlDev, Mode::Enforcing),
            on_files(IoctlDev.into(), Mode::Permissive),
            on_files(Execute.into(), Mode::Permissive),
        ])?;
        let request = Request {
            required: ReadFile.into(),
            optional: Truncate | IoctlDev,
        };
        let denials = layers.and_then(|layers| {
            let verdict = request.verdict(&layers, request.unfulfilled(&layers));
            verdict.ok()
        });
        let layer = |right: AccessFsRight| {
            let denial = denials.and_then(|denials: OptionalDenials| denials.denial(right));
            denial.map(|(denial, _)| denial.layer.get())
        };

        assert_eq!(layer(Truncate), Some(0));
        assert_eq!(layer(IoctlDev), Some(0));
        Ok(())
    }

    #[test]
    fn scope_of_an_enforcing_layer_goes_first() -> Result<(), TooManyLayers> {
        let limiting = |scope, mode| {
            (
                AccessMasks {
                    scope,
                    ..AccessMasks::default()
                },
                mode,
            )
        };
        let layers = stack(&[
            limiting(Scope::Signal.into(), Mode::Enforcing),
            limiting(Scopes::ALL, Mode::Permissive),
            limiting(Scopes::empty(), Mode::Enforcing),
        ])?;
        let blamed = |scope, common| {
            let layers = layers.as_ref()?;
            let youngest = layers.youngest_handling(Scopes::from(scope))?;
            let layer = layers.layer_to_blame(youngest, Scopes::from(scope), || common);
            Some(layer.get())
        };

        assert_eq!(blamed(Scope::Signal, 0), Some(0));
        assert_eq!(blamed(Scope::Signal, 1), Some(1));
        assert_eq!(blamed(Scope::AbstractUnixSocket, 0), Some(1));
        Ok(())
    }

    #[test]
    fn youngest_enforcing_layer_beyond_the_common_ones_denies() -> Result<(), TooManyLayers> {
        let layers = three()?;
        let beyond = |common| {
            let layers = layers.as_ref()?;
            let layer = layers.layer_to_blame_beyond(|| common);
            Some((layer.get(), layers.mode(layer)))
        };

        assert_eq!(beyond(0), Some((1, Mode::Enforcing)));
        assert_eq!(beyond(1), Some((1, Mode::Enforcing)));
        assert_eq!(beyond(2), Some((2, Mode::Permissive)));
        Ok(())
    }
}
