// SPDX-License-Identifier: GPL-2.0-only

//! Mistakes that the trials must notice. Each replaces a few passages of the module's source, and
//! was in it once.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::{PROCESSORS, boot, results_of};
use crate::host::key::Key;
use crate::host::place;
use crate::host::ui;
use crate::kernel::Workshop;
use crate::kernel::module_sources::{self, SOURCES};
use crate::results::suites::total;
use crate::results::tally::{one, tally};
use crate::results::tap::Count;

/// What is replaced by what, in which file.
type Passage = (&'static str, &'static str, &'static str);

/// A mistake.
struct Mistake {
    name: &'static str,
    passages: &'static [Passage],
    /// The trials that notice it.
    trials: &'static str,
}

/// All mistakes.
const MISTAKES: [Mistake; 2] = [
    // Unmounting finds the slot empty and nothing to wait for, and kills the superblock of an inode in
    // use.
    Mistake {
        name: "announced-after-emptying",
        passages: &[
            (
                "kapi/release.rs",
                "unsafe { releases.as_ref() }.0.add(1, Relaxed);",
                "let _ = &releases;",
            ),
            (
                "kapi/release.rs",
                "    /// Returns the inode.\n",
                "    /// Announces, too late.\n    \
                 pub(super) fn announce(&self) {\n        \
                 // SAFETY: None, this is a mistake.\n        \
                 unsafe { self._announcement.0.as_ref() }.0.add(1, Relaxed);\n    }\n\n    \
                 /// Returns the inode.\n",
            ),
            (
                "kapi/object.rs",
                "        mark(Mark::DetachEmptied);\n",
                "        mark(Mark::DetachEmptied);\n        release.announce();\n",
            ),
        ],
        trials: "drop.DetachEmptied.last_close",
    },
    // A caller that gives up after half a second never gets two siblings that need longer.
    Mistake {
        name: "impatient-caller",
        passages: &[(
            "syscalls/tsync.rs",
            "            let is_interrupted = self.answers.wait_interruptible(&mut progress);\n",
            "            let wait = self.answers.wait_interruptible_timeout(\n                \
             &mut progress,\n                kernel::time::msecs_to_jiffies(500),\n            );\n            \
             let is_interrupted = !matches!(wait, CondVarTimeoutResult::Woken { .. });\n",
        )],
        trials: "tsync.SiblingRuns.patience",
    },
];

/// Plants one mistake after another, each of which a trial must notice.
pub fn all(workshop: &Workshop) -> Result<Count> {
    let mut count = Count::default();
    for mistake in &MISTAKES {
        tally(&mut count, one(notice(workshop, mistake)))?;
    }
    Ok(count)
}

/// Fails unless the trials notice `mistake`.
fn notice(workshop: &Workshop, mistake: &Mistake) -> Result<()> {
    let Mistake { name, trials, .. } = mistake;
    let sources = make(workshop, mistake)?;
    let [processors, _] = PROCESSORS;
    let log = format!("race-{name}");
    let session = boot(workshop, &sources, processors, trials, &log)?;
    let failed = total(&results_of(&session)).fail;
    ensure!(
        session.problem.is_some() || failed > 0,
        "{name}: {trials} noticed nothing"
    );
    let problem = session.problem.as_deref().filter(|_| failed == 0);
    let what = problem.unwrap_or("a trial failed");
    ui::say("race", format!("{name}: noticed, as it must be: {what}"));
    Ok(())
}

/// Writes the sources with `mistake` to the cache, and returns where.
fn make(workshop: &Workshop, mistake: &Mistake) -> Result<PathBuf> {
    let place = workshop.place;
    let from = place.repo.join(SOURCES);
    let clone = Key::new().add("clone", place.repo.to_string_lossy().as_bytes());
    let folder = clone.add("mistake", mistake.name).finish();
    let to = place.cache.join("mistake").join(folder);
    for file in module_sources::list(&from)? {
        copy(&file, &to.join(file.strip_prefix(&from)?), mistake)?;
    }
    Ok(to)
}

/// Copies a file, with the passages of `mistake` replaced. One that is not there once is an error.
fn copy(from: &Path, to: &Path, mistake: &Mistake) -> Result<()> {
    let mut text =
        fs::read_to_string(from).with_context(|| format!("cannot read {}", from.display()))?;
    let of_file = |passage: &&Passage| from.ends_with(passage.0);
    for (file, old, new) in mistake.passages.iter().filter(of_file) {
        ensure!(
            text.matches(old).count() == 1,
            "{}: {file} has changed: adapt the mistake",
            mistake.name
        );
        text = text.replace(old, new);
    }
    let is_same = fs::read_to_string(to).is_ok_and(|before| before == text);
    if !is_same {
        place::make_dir(to.parent().context("a file without a folder")?)?;
        place::write(to, text)?;
    }
    Ok(())
}
