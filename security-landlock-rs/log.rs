// SPDX-License-Identifier: GPL-2.0-only

//! Rank 3: logging of denials, and of rules that match.
#![forbid(unsafe_code)]

use crate::{
    cred::CredSecurity,
    domain::Domain,
    kapi::{
        denial::{AuditData, DenialRecord, Kind},
        log,
        path::Dentry,
    },
    policy::{
        access::{AccessFs, AccessNet, Scope},
        address::Port,
        blame::{Blame, Blocker},
        grants::Grants,
        mode::Mode,
        quiet,
        unfulfilled::Unfulfilled,
    },
};

/// Counts and logs that a domain of `cred` denied a request about `data`, or would have denied it if
/// it were not permissive. Returns which of both.
///
/// Emits a trace event if it is enabled, and an audit record if the domain wants one. May run in
/// atomic context unless `data` is of a file.
pub(crate) fn denial(cred: &CredSecurity, blame: Blame, data: AuditData<'_>) -> Mode {
    let mode = cred.mode(blame.layer);
    let hierarchy = cred
        .domain()
        .and_then(|domain| domain.hierarchy(blame.layer));
    let Some(hierarchy) = hierarchy else {
        return mode;
    };
    let program = cred.exec_layers().program(blame.layer);
    let is_quiet = quiet::is_quiet(hierarchy.quiet(), blame);
    let denial = DenialRecord {
        kind: kind(blame.blocker),
        missing: blame.blocker.missing(),
        data,
        domain_id: hierarchy.id(),
        is_same_exec: program == quiet::Program::Same,
        is_logged: hierarchy.log().is_logged(program) && !is_quiet,
        is_permissive: mode == Mode::Permissive,
    };

    hierarchy.count_denial();
    denial.trace();
    if denial.is_logged && log::is_audit_enabled() && denial.audit() {
        hierarchy.introduce(denial.is_permissive);
    }
    mode
}

fn kind(blocker: Blocker) -> Kind {
    match blocker {
        Blocker::Ptrace => Kind::Ptrace,
        Blocker::ChangeTopology => Kind::ChangeTopology,
        Blocker::Fs(_) => Kind::Fs,
        Blocker::Net(_) => Kind::Net,
        Blocker::Scope(Scope::AbstractUnixSocket) => Kind::AbstractUnixSocket,
        Blocker::Scope(Scope::Signal) => Kind::Signal,
    }
}

/// Returns whether the trace event for rules that match is enabled.
#[inline(always)]
pub(crate) fn is_match_traced() -> bool {
    log::is_check_rule_inode_traced()
}

/// Returns what a path walk requests, if the trace event for rules that match is enabled.
#[inline(always)]
pub(crate) fn traced_request(request: impl FnOnce() -> AccessFs) -> Option<AccessFs> {
    log::is_check_rule_inode_traced().then(request)
}

/// Emits the trace event for a rule on `dentry` that matches a request for `traced`.
#[inline(always)]
pub(crate) fn match_on_file(
    domain: &Domain,
    traced: Option<AccessFs>,
    dentry: &Dentry,
    grants: Grants<'_>,
) {
    if let Some(requested) = traced {
        let (granted, count) = domain.layers().granted(grants, requested);
        let granted = granted.get(..count).unwrap_or(&granted);

        log::trace_check_rule_inode(domain.id(), requested.into(), dentry, granted);
    }
}

/// Emits the trace event, if enabled, for a rule on `port` that matches a request of which `left`
/// is left.
pub(crate) fn match_on_port(
    domain: &Domain,
    left: &Unfulfilled<AccessNet>,
    port: Port,
    grants: Grants<'_>,
) {
    if log::is_check_rule_net_port_traced() {
        let requested = left.denied();
        let (granted, count) = domain.layers().granted(grants, requested);
        let granted = granted.get(..count).unwrap_or(&granted);

        log::trace_check_rule_net_port(domain.id(), requested.into(), port.number(), granted);
    }
}
