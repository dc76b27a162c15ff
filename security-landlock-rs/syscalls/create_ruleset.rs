// SPDX-License-Identifier: GPL-2.0-only

//! `landlock_create_ruleset(2)`

use super::ruleset_fd;
use crate::{
    kapi::user,
    policy::{
        attr::{Query, RulesetAttr},
        errata,
    },
    ruleset::Ruleset,
};

use kernel::{ffi::c_int, prelude::*, uaccess::UserPtr};

/// Creates a ruleset and returns its descriptor, or returns what `flags` query.
pub(crate) fn create_ruleset(attr: UserPtr, size: usize, flags: u32) -> Result<c_int> {
    let has_attr = !attr.as_const_ptr().is_null();

    match Query::parse(flags, has_attr, size)? {
        Query::AbiVersion => Ok(errata::ABI_VERSION),
        Query::Errata => Ok(errata::fixed()),
        Query::Create => {
            let members = user::copy_members(attr, size, RulesetAttr::MIN_MEMBERS)?;

            let ruleset = Ruleset::new(RulesetAttr::parse(members)?)?;

            ruleset.announce();
            ruleset_fd::install(ruleset)
        }
    }
}
