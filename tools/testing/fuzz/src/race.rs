// SPDX-License-Identifier: GPL-2.0-only

//! A process that renames directories all the time, on the other processor, while actors walk
//! through them.
//!
//! Two directories that look the same change places, and rules are above both: whoever wins, the
//! verdict is the same. Only the name of the parent directory in the logs differs.

use crate::program::{Kind, Node};
use crate::sys::{self, Arg, Call, Side, call, text};

/// Directory above all of it.
pub const DIR: &str = "/w/race";

/// The directories that change places, without their number.
const PLACES: [&str; 2] = ["/w/race/a", "/w/race/b"];

/// The paths of the file in both of them, which is the same file.
pub const FILES: [&str; 2] = ["/w/race/a/x/f", "/w/race/b/x/f"];

/// What the parents are called in comparable lines.
const ANY_PLACE: &str = "/w/race/?";

/// Returns the files that this needs.
pub fn nodes() -> Vec<Node> {
    let node = |path: &str, kind| Node {
        path: path.to_owned(),
        kind,
    };
    let [a, b] = PLACES;
    let [file, link] = FILES;
    let mut nodes = vec![node(DIR, Kind::Dir)];
    for place in [a, b] {
        nodes.push(node(place, Kind::Dir));
        nodes.push(node(&format!("{place}/x"), Kind::Dir));
    }
    nodes.push(node(file, Kind::Program));
    nodes.push(node(link, Kind::HardLink(file.to_owned())));
    nodes
}

/// Starts the process, which ends with its namespace.
pub fn start() {
    if let Ok(Side::Child) = sys::fork(0) {
        let mut other = rustix::thread::CpuSet::new();
        other.set(1);
        let _ = rustix::thread::sched_setaffinity(None, &other);
        let [a, b] = PLACES.map(|place| text(&format!("{place}/x")));
        loop {
            let here = || Arg::Int(libc::AT_FDCWD.into());
            let exchange = Arg::Int(libc::RENAME_EXCHANGE.into());
            let arguments = [here(), Arg::Text(&a), here(), Arg::Text(&b), exchange];
            if call(Call::Rename, arguments) < 0 {
                sys::exit(1);
            }
        }
    }
}

/// Returns `line` without the one thing in it that depends on the winner.
pub fn hide_winner(line: &str) -> String {
    let [a, b] = PLACES;
    line.replace(a, ANY_PLACE).replace(b, ANY_PLACE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_winners_look_the_same() {
        let lines = FILES.map(|path| hide_winner(&format!("path=\"{path}\" ino=I1")));
        assert_eq!(lines[0], lines[1]);
        assert_eq!(lines[0], "path=\"/w/race/?/x/f\" ino=I1");
    }
}
