// SPDX-License-Identifier: GPL-2.0-only

//! `landlock_add_rule(2)`

use super::ruleset_fd;
use crate::{
    kapi::{
        abi,
        file::{self, FileExt, Held},
        user,
    },
    policy::{
        access::AccessFs,
        attr::{NetPortAttr, PathBeneathAttr, RuleType},
        grants::RuleFlags,
    },
    ruleset::Ruleset,
};

use kernel::{
    error::code::{EBADFD, EINVAL, ENOENT},
    ffi::c_int,
    prelude::*,
    uaccess::UserPtr,
};

/// Adds a rule to the ruleset behind `ruleset_fd`.
pub(crate) fn add_rule(
    ruleset_fd: c_int,
    rule_type: u32,
    rule_attr: UserPtr,
    flags: u32,
) -> Result {
    let abi = abi::current();
    let flags = abi.check_rule_flags(RuleFlags::parse(flags)?)?;
    let ruleset = ruleset_fd::get_writable(ruleset_fd)?;

    match abi.check_rule_type(RuleType::parse(rule_type)?)? {
        RuleType::PathBeneath => path_beneath(&ruleset, rule_attr, flags),
        RuleType::NetPort => net_port(&ruleset, rule_attr, flags),
    }
}

/// Adds a rule that grants rights on a file hierarchy.
fn path_beneath(ruleset: &Ruleset, rule_attr: UserPtr, flags: RuleFlags) -> Result {
    let bytes = user::copy_bytes(rule_attr)?;
    let attr = PathBeneathAttr::parse(bytes, ruleset.handled().fs, flags)?;
    flags.check_useful(!ruleset.quiet().fs.is_empty())?;
    let file = hierarchy(attr.parent_fd)?;
    let path = file.path();

    if !path.dentry().is_dir() && !attr.allowed.is_subset(AccessFs::FILE) {
        return Err(EINVAL);
    }
    // An open file has an inode.
    let inode = path.dentry().inode().ok_or(ENOENT)?;
    ruleset.add_path_beneath(path, inode, attr.allowed, flags)
}

/// Adds a rule that grants rights on a port.
fn net_port(ruleset: &Ruleset, rule_attr: UserPtr, flags: RuleFlags) -> Result {
    let bytes = user::copy_bytes(rule_attr)?;
    let attr = NetPortAttr::parse(bytes, ruleset.handled().net, flags)?;
    flags.check_useful(!ruleset.quiet().net.is_empty())?;
    flags.check_on_port()?;

    ruleset.add_net_port(attr.port, attr.allowed, flags)
}

/// Returns the file behind descriptor `fd`, whose path a rule may be about.
///
/// Fails with `EBADF` if there is no such descriptor, and with [`EBADFD`] if the path is not in a
/// file system that user space can mount, so that nothing can be beneath it: pipes, sockets,
/// namespaces, rulesets.
fn hierarchy(fd: c_int) -> Result<Held> {
    // CAST: the table is indexed by the bits of the number, and has no negative ones.
    let file = file::get_raw(fd as u32)?;
    let path = file.path();

    if path.is_internal() || path.dentry().is_unreachable() {
        return Err(EBADFD);
    }
    Ok(file)
}
