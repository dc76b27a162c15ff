// SPDX-License-Identifier: GPL-2.0-only

//! Marked points between two lines of a protocol, where a test can make the code wait.
//!
//! `Documentation/protocols.rst` says what the other side may see between two lines. There is a
//! mark between them, where `shim/marks.c` waits if a test requests that: `make race` does. Without
//! `CONFIG_SECURITY_LANDLOCK_RACE_TEST`, marks generate no code.

#[cfg(CONFIG_SECURITY_LANDLOCK_RACE_TEST)]
use super::shim;

/// Defines [`Mark`], and the names of all marks.
macro_rules! marks {
    ($($(#[$doc:meta])+ $name:ident,)+) => {
        /// A marked point. The name says which side is where.
        #[derive(Clone, Copy)]
        #[repr(u32)]
        pub(crate) enum Mark {
            $($(#[$doc])+ $name,)+
        }

        /// The names of all marks, in their order. Each ends with a zero byte.
        #[cfg(CONFIG_SECURITY_LANDLOCK_RACE_TEST)]
        pub(crate) const NAMES: &[&str] = &[$(concat!(stringify!($name), "\0"),)+];
    };
}

marks! {
    /// `tie` has found an object in the slot, and tries to count a reference.
    TieRead,
    /// `tie` could not count one, and is about to wait for the lock of the object.
    TieRefused,
    /// `tie` has found no object, and allocates one.
    TieMissing,
    /// `tie` has an object that is not published yet, and is about to lock the inode.
    TieMade,
    /// `tie` has locked the inode, whose slot is empty.
    TieLocked,
    /// `tie` has filled the slot, and is about to unlock the inode.
    TieFilled,
    /// `tie` has found the slot filled by another task, and is about to drop its own object.
    TieBeaten,

    /// The last rule has looked at the count, and is about to lock the object.
    DropLast,
    /// It has locked the object, and is about to count down.
    DropLocked,
    /// The count is zero; the object still holds the inode.
    DropZero,
    /// The inode is taken out of the locked object, and the release is not announced.
    DetachTaken,
    /// The release is announced, and the slot not empty yet.
    DetachAnnounced,
    /// The slot is empty, and the object still locked.
    DetachEmptied,
    /// The object is unlocked, and its inode about to be released.
    DropUnlocked,
    /// The inode is released, and the release not counted down.
    ReleasePut,
    /// The last release is counted down, and the waiting task not woken up yet.
    ReleaseCounted,
    /// The release is over, and the memory of the object not freed.
    DropReleased,

    /// `sb_delete` has found a filled slot, and is about to lock the inode.
    ShutFound,
    /// `sb_delete` has a reference to an inode, and no lock.
    ShutHeld,
    /// `sb_delete` has read a slot, and is about to lock the object.
    UntieRead,
    /// `sb_delete` is about to release what it took out of an object, if there was anything.
    UntieDetached,
    /// `sb_delete` has looked at all slots.
    ShutWalked,
    /// `sb_delete` is behind its barrier, and about to look at the count.
    ShutOrdered,
    /// `sb_delete` has waited for all releases.
    ShutDone,

    /// `landlock_restrict_self()` has new credentials like the old ones.
    EnforcePrepared,
    /// It has locked the ruleset, and is about to copy its rules.
    EnforceLocked,
    /// The new credentials have a new domain.
    EnforceNested,
    /// The new credentials are complete, and not committed.
    EnforcePublished,
    /// The new credentials are committed.
    EnforceCommitted,
    /// Nobody uses credentials any more: their domain is about to be dropped.
    CredFreed,
    /// `execve()` has prepared credentials for the new program.
    ExecPrepared,

    /// A climb without references has begun, or could not.
    ClimbBegun,
    /// It has found what it needs, or the root, and is about to check whether it counts.
    ClimbEnding,

    /// `file_open` has decided, and the file does not know of it.
    OpenDecided,
    /// The file knows what is denied, and has no descriptor.
    OpenWritten,

    /// `file_set_fowner` is about to replace the record, under the lock of the owner.
    OwnerSet,
    /// The record is replaced.
    OwnerReplaced,
    /// `file_send_sigiotask` has read the record.
    OwnerRead,
    /// Nobody uses the file any more: its record is about to be dropped.
    OwnerDropped,

    /// The last reference to a domain is gone, and its end not queued.
    DomainLast,
    /// The work that ends a domain is about to drop what it has.
    DomainWork,

    /// `landlock_add_rule()` has an object, and is about to lock the ruleset.
    RuleTied,
    /// It has locked the ruleset, and is about to change the table.
    RuleLocked,
    /// The rule is in the table, and its object not in the list.
    RuleInTable,
    /// The rule and its object are there, and the version not counted.
    RuleListed,
    /// The version is counted, and the ruleset still locked.
    RuleCounted,

    /// A denial has found that the logs do not know the domain.
    LogUnknown,
    /// There is a record of the domain, and that is not remembered.
    LogRecorded,

    /// The caller of TSYNC has the turn of the process.
    TsyncTurn,
    /// It has counted the siblings that are not enlisted.
    TsyncCounted,
    /// It has enlisted a sibling, whose task work is not queued.
    TsyncEnlisted,
    /// It has queued task work for all, and is about to wait for answers.
    TsyncQueued,
    /// All enlisted siblings are prepared, and the caller looks for others.
    TsyncAnswered,
    /// All siblings are prepared, and the caller is about to lock.
    TsyncPrepared,
    /// The caller has `exec_update_lock`, and is about to decide.
    TsyncLocked,
    /// The caller has decided to commit, and wakes up nobody yet.
    TsyncDecided,
    /// All siblings have committed, and the caller has both locks.
    TsyncFinished,
    /// The caller has decided to abort, and wakes up nobody yet.
    TsyncAborted,
    /// All siblings know about the abort, and their task work is not cancelled yet.
    TsyncWoken,
    /// The caller is about to end its turn.
    TsyncEnding,
    /// A sibling runs its task work.
    SiblingRuns,
    /// It came after the abort.
    SiblingLate,
    /// It has seen no decision, and prepares.
    SiblingUndecided,
    /// It has new credentials, and is about to say so.
    SiblingReady,
    /// It has said so, and is about to wait for the decision.
    SiblingPrepared,
    /// It has seen an abort.
    SiblingAborts,
    /// It has seen the decision to commit.
    SiblingCommits,
    /// It has committed, and is about to say so.
    SiblingCommitted,
    /// It has said so.
    SiblingFinished,
}

/// Waits here if a test requests that. Sleeps where that is allowed, and otherwise spins for a
/// moment.
#[cfg(CONFIG_SECURITY_LANDLOCK_RACE_TEST)]
pub(crate) fn mark(mark: Mark) {
    // SAFETY: Can be called in any context. The number is that of a name in `NAMES`.
    unsafe { shim::landlock_rs_mark(mark as u32) };
}

/// Does nothing: marks are switched off.
#[cfg(not(CONFIG_SECURITY_LANDLOCK_RACE_TEST))]
#[inline(always)]
pub(crate) fn mark(_mark: Mark) {}
