// SPDX-License-Identifier: GPL-2.0-only

//! A request about a file, and the verdict.

use super::{
    access::AccessFs, blame::Blame, layer::Layers, optional::OptionalDenials,
    unfulfilled::Unfulfilled,
};

/// A request for rights on a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    /// The rights without which it is denied.
    pub(crate) required: AccessFs,
    /// The rights that are only needed later, if at all: [`OptionalDenials`].
    pub(crate) optional: AccessFs,
}

/// What an open file remembers if the request is allowed, and who is to blame if it is denied, or
/// would be by a permissive layer.
pub(crate) type Verdict = Result<OptionalDenials, Blame>;

impl Request {
    /// Returns all rights of the request.
    pub(crate) fn all(self) -> AccessFs {
        self.required | self.optional
    }

    /// Returns what each layer denies of the request, without any rule.
    pub(crate) fn unfulfilled(self, layers: &Layers) -> Unfulfilled<AccessFs> {
        Unfulfilled::new(layers, self.all())
    }

    /// Returns the verdict of `layers` on the request, of which `left` is left.
    pub(crate) fn verdict(self, layers: &Layers, left: Unfulfilled<AccessFs>) -> Verdict {
        if !layers.has_permissive() {
            return self.verdict_of_one_mode(left);
        }
        let denials = self.verdict_of_one_mode(left.enforced(layers))?;

        Ok(denials.or(self.verdict_of_one_mode(left)?))
    }

    /// Returns the verdict of layers whose modes do not matter.
    pub(super) fn verdict_of_one_mode(self, mut left: Unfulfilled<AccessFs>) -> Verdict {
        let denials = OptionalDenials::new(&left);

        left.keep(self.required);
        Blame::for_file(&left).map_or(Ok(denials), Err)
    }

    /// Returns the same request without what it requires: what may be needed later.
    pub(crate) fn later(self) -> Self {
        Self {
            required: AccessFs::empty(),
            ..self
        }
    }
}
