// SPDX-License-Identifier: GPL-2.0-only

//! What is proved: one function per group of threads that meet.
//!
//! Wherever they meet, the stubs check that
//!
//! - no inode reference is dropped after the end of the superblock, which ends when its releases
//!   were waited for, nor in a way that is not ordered before that end;
//! - each inode reference is dropped once, and no inode goes with a filled slot;
//! - no memory is touched after its grace period, and all of it is freed once;
//! - no thread sleeps with a lock or in an RCU critical section.

use super::{
    inode::Inode,
    object::{ObjectRef, ObjectSlot},
    superblock::Superblock,
};

use loom::thread::{self, JoinHandle};
use std::sync::Arc;

/// A mounted file system with one file, shared by threads.
#[derive(Clone)]
pub(super) struct Mount(Arc<Superblock>);

impl Mount {
    pub(super) fn new(pins: usize) -> Self {
        kernel::model::start();
        Self(Superblock::mount(pins, 1))
    }

    fn inode(&self) -> &Inode {
        &self.0.inodes()[0]
    }

    pub(super) fn tie(&self) -> ObjectRef {
        ObjectRef::tie(self.inode()).expect("there is memory")
    }

    fn slot(&self) -> Option<usize> {
        self.inode().blob::<ObjectSlot>().address().map(usize::from)
    }

    pub(super) fn spawn<T: 'static>(
        &self,
        what: impl FnOnce(&Self) -> T + 'static,
    ) -> JoinHandle<T> {
        let mount = self.clone();

        thread::spawn(move || what(&mount))
    }

    /// Ends an execution in which the file system is still mounted and has no rule.
    pub(super) fn end_mounted(self) {
        assert_eq!(
            self.slot(),
            None,
            "the slot leads to an object without rules"
        );
        assert_eq!(self.inode().count(), 1, "an inode reference is left");
        kernel::model::end();
    }
}

pub(super) fn join<T>(thread: JoinHandle<T>) -> T {
    thread
        .join()
        .expect("a thread that panics ends the execution")
}

/// The last rule goes away while the file system is shut down.
pub fn last_rule_and_shutdown() {
    let mount = Mount::new(1);
    let rule = mount.tie();
    let last_rule = mount.spawn(|_| drop(rule));

    assert!(mount.0.unpin());
    join(last_rule);
    kernel::model::end();
}

/// Two rules go away, one of them as the last one, while the file system is shut down.
pub fn two_rules_and_shutdown() {
    let mount = Mount::new(1);
    let rule = mount.tie();
    let other = rule.clone();
    let threads = [mount.spawn(|_| drop(rule)), mount.spawn(|_| drop(other))];

    assert!(mount.0.unpin());
    threads.into_iter().for_each(join);
    kernel::model::end();
}

/// The file system is shut down, and the rule goes away later.
pub fn shutdown_before_last_rule() {
    let mount = Mount::new(1);
    let rule = mount.tie();
    let shutdown = mount.spawn(|mount| mount.0.unpin());

    join(shutdown);
    drop(rule);
    kernel::model::end();
}

/// The last rule goes away while the next one comes, which does not turn more than once.
pub fn last_rule_and_tie() {
    let mount = Mount::new(1);
    let rule = mount.tie();
    let last_rule = mount.spawn(|_| drop(rule));
    let before = kernel::model::sections();
    let next = mount.tie();

    assert_eq!(kernel::model::sections() - before, 1, "tie spins");
    join(last_rule);
    assert_eq!(
        mount.slot(),
        Some(next.address().get()),
        "the slot leads elsewhere"
    );
    assert_eq!(mount.inode().count(), 2, "an object without an inode");
    drop(next);
    mount.end_mounted();
}

/// Two rules are made on the same file: both are on one object.
pub fn two_ties() {
    let mount = Mount::new(1);
    let other = mount.spawn(Mount::tie);
    let rule = mount.tie();
    let other = join(other);

    assert_eq!(rule.address(), other.address(), "two objects for one inode");
    drop(rule);
    drop(other);
    mount.end_mounted();
}

/// Two rules are created, and go away at the same time.
pub fn two_ties_and_drops() {
    let mount = Mount::new(1);
    let other = mount.spawn(|mount| drop(mount.tie()));

    drop(mount.tie());
    join(other);
    mount.end_mounted();
}

/// The last rule goes away while two others are made.
pub fn last_rule_and_two_ties() {
    let mount = Mount::new(1);
    let rule = mount.tie();
    let last_rule = mount.spawn(|_| drop(rule));
    let other = mount.spawn(Mount::tie);
    let before = kernel::model::sections();
    let next = mount.tie();

    assert!(kernel::model::sections() - before <= 2, "tie spins");
    join(last_rule);
    let other = join(other);
    assert_eq!(next.address(), other.address(), "two objects for one inode");
    drop(other);
    drop(next);
    mount.end_mounted();
}

/// The last rule goes away, the next one comes, and the last one to leave shuts down.
pub fn last_rule_tie_and_shutdown() {
    let mount = Mount::new(2);
    let rule = mount.tie();
    let last_rule = mount.spawn(|_| drop(rule));
    let tie = mount.spawn(|mount| {
        let rule = mount.tie();

        mount.0.unpin();
        drop(rule);
    });

    mount.0.unpin();
    join(last_rule);
    join(tie);
    kernel::model::end();
}
