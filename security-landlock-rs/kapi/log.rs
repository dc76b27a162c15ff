// SPDX-License-Identifier: GPL-2.0-only

//! Audit records and trace events, as functions.
//!
//! `shim/audit.c` and `shim/trace.c` have the formats. What is here only writes; whether there is
//! something to write is decided in `log`. A trace event that is disabled costs a branch that is
//! patched out. A kernel without audit or without trace events has nothing that writes them.

use super::{
    creator::Creator,
    path::{Dentry, Path},
    shim, //
};

#[cfg(CONFIG_TRACEPOINTS)]
use kernel::{bindings, jump_label::static_branch_unlikely};

/// Returns whether audit records are made at all.
pub(crate) fn is_audit_enabled() -> bool {
    if !cfg!(CONFIG_AUDIT) {
        return false;
    }
    // SAFETY: Only looks at a flag.
    unsafe { shim::landlock_rs_audit_enabled() }
}

/// Makes the audit record that introduces a domain. Returns whether there is one now.
pub(crate) fn audit_allocated(domain_id: u64, is_permissive: bool, creator: &Creator) -> bool {
    if !cfg!(CONFIG_AUDIT) {
        return false;
    }
    // SAFETY: `creator` is valid, and its path ends with a null byte.
    unsafe {
        let (pointer, exe) = (creator.as_ptr(), creator.exe());

        shim::landlock_rs_audit_allocated(domain_id, is_permissive, pointer, exe)
    }
}

/// Makes the audit record of the end of a domain that denied `denials` requests. May sleep.
pub(crate) fn audit_deallocated(domain_id: u64, denials: u64) {
    if cfg!(CONFIG_AUDIT) {
        // SAFETY: Plain values.
        unsafe { shim::landlock_rs_audit_deallocated(domain_id, denials) };
    }
}

/// A ruleset in a trace event.
#[derive(Clone, Copy)]
pub(crate) struct TracedRuleset {
    /// Its identifier.
    pub(crate) id: u64,
    /// How many rules were added to it.
    pub(crate) version: u64,
}

/// Defines functions that make a trace event out of plain values.
macro_rules! trace_events {
    ($(
        $(#[$doc:meta])*
        $name:ident => $raw:ident ( $($arg:ident : $ty:ty),* $(,)? );
    )+) => {
        $(
            $(#[$doc])*
            pub(crate) fn $name($($arg: $ty),*) {
                if cfg!(CONFIG_TRACEPOINTS) {
                    // SAFETY: Plain values.
                    unsafe { shim::$raw($($arg),*) };
                }
            }
        )+
    };
}

trace_events! {
    /// Reports a new ruleset, with what it handles.
    trace_create_ruleset => landlock_rs_trace_create_ruleset(
        id: u64, fs: u32, net: u32, scoped: u32,
    );
    /// Reports the end of a ruleset.
    trace_free_ruleset => landlock_rs_trace_free_ruleset(id: u64, version: u64);
    /// Reports that a domain is in force on a thread: `complete` on the last one of a call.
    trace_enforce_domain => landlock_rs_trace_enforce_domain(
        id: u64, complete: bool, process_wide: bool, no_new_privs: bool,
    );
    /// Reports the end of a domain.
    trace_free_domain => landlock_rs_trace_free_domain(id: u64, denials: u64);
    /// Reports a new domain made from a ruleset; `parent` is 0 if there is none.
    trace_create_domain => landlock_rs_trace_create_domain(
        id: u64, parent: u64, ruleset: u64, version: u64,
    );
}

/// Reports a new rule on a file hierarchy. Sleeps.
pub(crate) fn trace_add_rule_path_beneath(
    ruleset: TracedRuleset,
    flags: u32,
    rights: u32,
    path: &Path,
) {
    let (id, version) = (ruleset.id, ruleset.version);

    if cfg!(CONFIG_TRACEPOINTS) {
        let path = path.as_ptr();

        // SAFETY: `path` is valid.
        unsafe {
            shim::landlock_rs_trace_add_rule_path_beneath(id, version, flags, rights, path);
        }
    }
}

/// Reports a new rule on a port.
pub(crate) fn trace_add_rule_net_port(ruleset: TracedRuleset, flags: u32, rights: u32, port: u16) {
    let (id, version) = (ruleset.id, ruleset.version);

    if cfg!(CONFIG_TRACEPOINTS) {
        // SAFETY: Plain values.
        unsafe { shim::landlock_rs_trace_add_rule_net_port(id, version, flags, rights, port) };
    }
}

/// Returns whether the trace event for rules that match during a path walk is enabled.
#[inline(always)]
pub(crate) fn is_check_rule_inode_traced() -> bool {
    #[cfg(not(CONFIG_TRACEPOINTS))]
    return false;

    // SAFETY: The key of a tracepoint is valid, and any context may read it.
    #[cfg(CONFIG_TRACEPOINTS)]
    unsafe {
        static_branch_unlikely!(
            shim::__tracepoint_landlock_check_rule_inode,
            bindings::tracepoint,
            key
        )
    }
}

/// Reports a rule on `dentry` that matches a request: what each layer grants of it.
pub(crate) fn trace_check_rule_inode(id: u64, request: u32, dentry: &Dentry, grants: &[u32]) {
    if cfg!(CONFIG_TRACEPOINTS) {
        // SAFETY: `dentry` is valid, and there are that many grants.
        unsafe {
            shim::landlock_rs_trace_check_rule_inode(
                id,
                request,
                dentry.as_ptr(),
                grants.as_ptr(),
                grants.len(),
            );
        }
    }
}

/// Returns whether the trace event for rules on ports that match is enabled.
#[inline(always)]
pub(crate) fn is_check_rule_net_port_traced() -> bool {
    #[cfg(not(CONFIG_TRACEPOINTS))]
    return false;

    // SAFETY: The key of a tracepoint is valid, and any context may read it.
    #[cfg(CONFIG_TRACEPOINTS)]
    unsafe {
        static_branch_unlikely!(
            shim::__tracepoint_landlock_check_rule_net_port,
            bindings::tracepoint,
            key
        )
    }
}

/// Reports a rule on `port` that matches a request: what each layer grants of it.
pub(crate) fn trace_check_rule_net_port(id: u64, request: u32, port: u16, grants: &[u32]) {
    if cfg!(CONFIG_TRACEPOINTS) {
        // SAFETY: There are that many grants.
        unsafe {
            shim::landlock_rs_trace_check_rule_net_port(
                id,
                request,
                port,
                grants.as_ptr(),
                grants.len(),
            );
        }
    }
}
