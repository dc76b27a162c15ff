// SPDX-License-Identifier: GPL-2.0-only

//! What is proved of tables that rulesets and domains share.
//!
//! Besides what `scenarios` says, the stubs check that no word of a table is written unless this is
//! ordered after every read of it by those who shared the table before.

use super::{
    object::ObjectRef,
    scenarios::{join, Mount},
    table::{key_of_address, Given, SharedTable},
};
use crate::policy::{
    access::AccessFs,
    grants::RuleFlags,
    layer::LayerIndex,
    rule::{Key, Shape},
};

type Rules = SharedTable<ObjectRef>;

/// Makes a table with room for two rules.
fn table() -> Rules {
    Rules::new(Shape::of(2)).expect("there is memory")
}

/// Adds a rule about `object`, which the caller keeps.
fn add(rules: &mut Rules, object: &ObjectRef) {
    rules
        .extend(
            Given::Lent(object),
            LayerIndex,
            AccessFs(1),
            RuleFlags::NONE,
        )
        .expect("there is room");
}

/// Makes a table with a rule about a file, and returns the key of the rule.
fn one_rule(mount: &Mount) -> (Rules, Key) {
    let (mut rules, object) = (table(), mount.tie());
    let key = key_of_address(object.address());

    rules
        .extend(
            Given::Owned(object),
            LayerIndex,
            AccessFs(1),
            RuleFlags::NONE,
        )
        .expect("there is room");
    (rules, key)
}

/// Copies what is shared, as a ruleset does before it adds a rule.
fn unshared(rules: Rules) -> Rules {
    if !rules.is_shared() {
        return rules;
    }
    let mut copy = table();

    copy.inherit(&rules).expect("there is room");
    copy
}

/// The owner of a ruleset adds a rule while the last domain with the same table goes away.
pub fn owner_adds_while_a_domain_ends() {
    let mount = Mount::new(1);
    let (ruleset, key) = one_rule(&mount);
    let domain = ruleset.clone();
    let end = mount.spawn(move |_| {
        assert!(domain.table().find(key).is_some(), "a rule is lost");
        drop(domain);
    });
    let mut ruleset = unshared(ruleset);

    add(&mut ruleset, &mount.tie());
    join(end);
    assert_eq!(ruleset.count(), 1, "two rules for one file");
    drop(ruleset);
    mount.end_mounted();
}

/// Two domains and the ruleset that they were made from go away.
pub fn two_domains_end() {
    let mount = Mount::new(1);
    let (ruleset, _) = one_rule(&mount);
    let domains = [ruleset.clone(), ruleset.clone()];
    let ends = domains.map(|domain| mount.spawn(|_| drop(domain)));

    drop(ruleset);
    ends.into_iter().for_each(join);
    mount.end_mounted();
}

/// A domain is made from a ruleset while one that was made before goes away.
pub fn a_domain_ends_while_another_begins() {
    let mount = Mount::new(1);
    let (ruleset, key) = one_rule(&mount);
    let domain = ruleset.clone();
    let end = mount.spawn(|_| drop(domain));
    let next = ruleset.clone();

    drop(ruleset);
    join(end);
    assert!(next.table().find(key).is_some(), "a rule is lost");
    drop(next);
    mount.end_mounted();
}
