// SPDX-License-Identifier: GPL-2.0-only

//! `landlock_create_ruleset(2)`

use super::ruleset_fd;
use crate::{
    kapi::{abi, user},
    policy::{
        abi::EXTENSIONS,
        attr::{Query, RulesetAttr},
        errata,
    },
    ruleset::Ruleset,
};

use kernel::{ffi::c_int, prelude::*, uaccess::UserPtr};

/// Creates a ruleset and returns its descriptor, or returns what `flags` query.
pub(crate) fn create_ruleset(attr: UserPtr, size: usize, flags: u32) -> Result<c_int> {
    let has_attr = !attr.as_const_ptr().is_null();

    let abi = abi::current();

    match abi.check_query(Query::parse(flags, has_attr, size)?)? {
        // CAST: there are few versions.
        Query::AbiVersion => Ok(abi.version() as c_int),
        Query::Errata => Ok(errata::fixed(abi)),
        Query::Extensions => Ok(EXTENSIONS),
        Query::Create => {
            let members = user::copy_members(attr, size, RulesetAttr::MIN_MEMBERS, abi.members())?;
            let attr = abi.check_ruleset(RulesetAttr::parse(members)?)?;
            ruleset_fd::install(Ruleset::new(attr)?)
        }
    }
}
