// SPDX-License-Identifier: GPL-2.0-only

//! Rank 3: path walks, which collect the rights that rules grant.
#![forbid(unsafe_code)]

pub(crate) mod reparent;

use crate::{
    domain::Domain,
    kapi::{
        climb::{PathClimb, Step, Unconfirmed, Visitor},
        path::{Dentry, Path},
    },
    log,
    object::{self, InodeSecurity},
    policy::{
        access::AccessFs,
        grants::Grants,
        optional::OptionalDenials,
        request::{Request, Verdict},
        rule::Key,
        summary::Search,
        unfulfilled::Unfulfilled,
    },
};

use core::ops::ControlFlow;

/// Returns the verdict of `domain` on `request` for the file hierarchy that contains `path`.
///
/// In each layer, rules on `path` and on any directory above it may grant one right or another, up
/// to a rule that lets nothing be inherited.
/// May sleep.
pub(crate) fn verdict(domain: &Domain, path: &Path, request: Request) -> Verdict {
    let summary = domain.summary();
    if summary.handled(request.all()).is_empty() || path.dentry().is_unreachable() {
        return Ok(OptionalDenials::NONE);
    }

    search(domain, path, request.all(), |found| match found {
        Some(search) => summary.verdict(domain.layers(), request, search),
        None => each_layer(domain, path, request),
    })
}

/// Returns the verdict of `domain` on `request`, after a look at what each layer denies.
#[cold]
fn each_layer(domain: &Domain, path: &Path, request: Request) -> Verdict {
    let layers = domain.layers();
    let left = request.unfulfilled(layers);

    request.verdict(layers, climb(domain, path, left))
}

/// Removes from `left`, of a request to `domain`, what rules grant on `path` and above it.
///
/// May sleep.
pub(crate) fn grant(
    domain: &Domain,
    path: &Path,
    mut left: Unfulfilled<AccessFs>,
) -> Unfulfilled<AccessFs> {
    if left.is_fulfilled() {
        return left;
    }
    if path.dentry().is_unreachable() {
        return left.fulfilled();
    }
    search(domain, path, left.denied(), |found| match found {
        Some(search) => {
            search.grant(&mut left);
            left
        }
        None => climb(domain, path, left),
    })
}

/// Searches for `rights` on `path` and above it, and concludes from what was found.
///
/// That is [`None`] if a search does not decide a request: some layer or rule asks for more, each
/// rule on the way is traced, the way may end in a hierarchy where everything is allowed, or it
/// changed meanwhile.
#[inline(always)]
fn search<R>(
    domain: &Domain,
    path: &Path,
    rights: AccessFs,
    conclude: impl FnOnce(Option<&Search>) -> R,
) -> R {
    let search = match domain.summary().search(rights) {
        Some(search) if !log::is_match_traced() && !path.is_internal() => search,
        _ => return conclude(None),
    };
    if search.is_over() {
        return conclude(Some(&search));
    }
    let mut seeker = Unconfirmed::new(Seeker { domain, search });

    conclude(seeker.climb(path).map(|seeker| &seeker.search))
}

/// A search in the rules of a domain.
struct Seeker<'a> {
    domain: &'a Domain,
    search: Search,
}

impl Visitor for Seeker<'_> {
    type Blob = InodeSecurity;

    #[inline(always)]
    fn visit(&mut self, slot: &InodeSecurity) -> ControlFlow<()> {
        match object::key_in(slot) {
            Some(key) => self.look_up(key),
            None => ControlFlow::Continue(()),
        }
    }
}

impl Seeker<'_> {
    /// Looks for a rule on an object, which may be one of another domain.
    fn look_up(&mut self, key: Key) -> ControlFlow<()> {
        if let Some(rule) = self.domain.rule_for(key) {
            self.search.meet(self.domain.layers(), rule);
            if self.search.is_over() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }
}

/// Removes from `left` what rules grant on `path` and above it, layer by layer, with references to
/// what is on the way.
#[cold]
fn climb(domain: &Domain, path: &Path, mut left: Unfulfilled<AccessFs>) -> Unfulfilled<AccessFs> {
    let traced = log::traced_request(|| left.denied());
    let inheritance = domain.summary().inheritance();
    let mut climb = PathClimb::new(path);
    loop {
        if let Some(grants) = rule_on(domain, climb.here()) {
            log::match_on_file(domain, traced, climb.here(), grants);
            left.grant_inherited(grants, inheritance);
            if left.is_fulfilled() {
                return left;
            }
        }
        match climb.step() {
            Step::Parent => (),
            Step::Root => return left,
            Step::InternalRoot => return left.fulfilled(),
        }
    }
}

/// Returns what the rule on `dentry` grants, if there is one.
fn rule_on<'a>(domain: &'a Domain, dentry: &Dentry) -> Option<Grants<'a>> {
    let key = object::key_on(dentry.inode()?)?;

    domain.rule_for(key)
}
