// SPDX-License-Identifier: GPL-2.0-only

//! Rank 5: one file per system call.
//!
//! Before any of this, `EOPNOTSUPP` is returned if Landlock is not enabled.
#![forbid(unsafe_code)]

pub(crate) mod add_rule;
pub(crate) mod create_ruleset;
pub(crate) mod restrict_self;
mod ruleset_fd;
mod tsync;

use crate::policy::attr::AttrError;

use kernel::error::{
    code::{EINVAL, ENOMSG},
    Error,
};

impl From<AttrError> for Error {
    fn from(error: AttrError) -> Self {
        match error {
            AttrError::Invalid => EINVAL,
            AttrError::Useless => ENOMSG,
        }
    }
}
