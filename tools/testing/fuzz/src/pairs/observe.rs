// SPDX-License-Identifier: GPL-2.0-only

//! What a member may do, when all have acted: that tells which domain it has. Looking allocates
//! nothing (see `perform`).

use std::ffi::CStr;
use std::thread;

use crate::pairs::ground::{self, PORTS};
use crate::pairs::perform::{connect, int, open_at};
use crate::pairs::program::Handles;
use crate::pairs::table::Table;
use crate::sys::{self, Arg, Call, call};

/// The observer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watcher {
    /// A member of the round, in its own sandbox.
    Member,
    /// A process with nothing but the ruleset behind this descriptor.
    Enforced(i32),
}

/// What is tried, each one letter in texts.
const PROBES: [char; 8] = ['a', 'A', 'b', 'd', 'm', '1', '2', 's'];

/// Letter of a signal that came.
const SIGNALLED: char = 'i';

/// Most layers of a domain.
const MOST_LAYERS: i32 = 16;

/// How an attempt ended, in two bits.
fn verdict(result: i32) -> i32 {
    match -result {
        libc::EACCES | libc::EPERM => 1,
        libc::ENOENT | libc::ENOTCONN | libc::ENOSYS | libc::ESRCH | libc::EBADF => 2,
        _ => 0,
    }
}

/// Tries everything; returns what was allowed, and how many layers there are if that is counted.
pub fn look(table: Table, watcher: Watcher) -> (i32, i32) {
    let mut seen = 0;
    for (index, probe) in PROBES.iter().enumerate() {
        seen |= verdict(attempt(table, *probe)) << (2 * index);
    }
    if watcher == Watcher::Member && std::process::id() as i32 == sys::thread_number() {
        seen |= i32::from(has_signal()) << (2 * PROBES.len());
    }
    let layers = match watcher {
        Watcher::Member if table.counts_layers() => count_layers(),
        _ => 0,
    };
    (seen, layers)
}

/// Returns what a ruleset grants, or nothing when it is gone.
pub fn content(table: Table, ruleset: i32) -> Option<i32> {
    // A thread restricts itself only.
    let enforce = move || {
        let result = call(Call::RestrictSelf, [int(ruleset), int(0)]);
        (result == 0).then(|| look(table, Watcher::Enforced(ruleset)).0)
    };
    thread::spawn(enforce).join().unwrap_or_default()
}

fn attempt(table: Table, probe: char) -> i32 {
    match probe {
        'a' => open_at(libc::AT_FDCWD, c"/w/a/p", libc::O_RDONLY),
        'A' => open_at(libc::AT_FDCWD, c"/w/a/p", libc::O_WRONLY),
        'b' => open_at(libc::AT_FDCWD, c"/w/b/p", libc::O_RDONLY),
        'd' => open_at(ground::DIR, c"p", libc::O_RDONLY),
        'm' => open_at(ground::MOUNT, c"p", libc::O_RDONLY),
        '1' => connect(PORTS[0]),
        '2' => connect(PORTS[1]),
        _ => call(Call::Kill, [table.watcher(), 0].map(int)),
    }
}

/// Returns whether the signal of a socket came.
fn has_signal() -> bool {
    let set = (1_u64 << (libc::SIGIO - 1)).to_ne_bytes();
    let now = [0; 16];
    let arguments = [Arg::In(&set), Arg::Int(0), Arg::In(&now), Arg::Int(8)];
    call(Call::SigTimedWait, arguments) == libc::SIGIO
}

/// Adds layers until there is no room for more; returns how many there were.
fn count_layers() -> i32 {
    let ruleset = ground::make_ruleset(Handles::Scopes);
    let enforce = || call(Call::RestrictSelf, [int(ruleset), int(0)]);
    let added = (0..=MOST_LAYERS).take_while(|_| enforce() == 0).count();
    call(Call::Close, [int(ruleset)]);
    MOST_LAYERS - added as i32
}

/// Describes what was seen: `+` allowed, `-` denied, `?` neither.
pub fn text_of(seen: i32, layers: Option<i32>) -> String {
    let verdicts = PROBES.iter().enumerate();
    let mut text: String = verdicts
        .map(|(index, probe)| match seen >> (2 * index) & 3 {
            0 => format!("{probe}+"),
            1 => format!("{probe}-"),
            _ => format!("{probe}?"),
        })
        .collect();
    if seen >> (2 * PROBES.len()) & 1 != 0 {
        text.push(SIGNALLED);
    }
    if let Some(layers) = layers {
        text += &format!(" {layers} layers");
    }
    text
}

/// Returns whether a name is there.
pub fn is_there(path: &CStr) -> bool {
    open_at(libc::AT_FDCWD, path, libc::O_PATH) == 0
}
