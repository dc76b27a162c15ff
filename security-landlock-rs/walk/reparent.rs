// SPDX-License-Identifier: GPL-2.0-only

//! Path walk of a link or a rename to another directory.

use super::rule_on;
use crate::{
    domain::Domain,
    kapi::{
        climb::{MountClimb, PathClimb, Step},
        path::{Dentry, OwnedDentry, OwnedPath, Path},
    },
    log,
    policy::{
        access::AccessFs,
        blame::Blame,
        grants::Grants,
        mode::Mode,
        open::FileType,
        refer::{self, Moved, Refusal, Reparent, Required, Side},
    },
};

/// A file that changes its directory, with its type.
#[derive(Clone, Copy)]
pub(crate) struct Renamed<'a> {
    /// Its name, which is not negative.
    pub(crate) dentry: &'a Dentry,
    /// Its type.
    pub(crate) file_type: FileType,
}

/// Decides whether `domain` allows `moved` to move to `new_dir`, and `swapped`, if two files are
/// exchanged, to the directory of `moved`.
///
/// Both directories are in the mount of `new_dir`. May sleep.
pub(crate) fn verdict<'a>(
    domain: &Domain,
    required: Required,
    moved: Renamed<'a>,
    swapped: Option<Renamed<'_>>,
    new_dir: &Path,
) -> Result<(), Denied<'a>> {
    let walk = Walk {
        domain,
        mode: None,
        traced: log::traced_request(|| refer::denied_without_rule(domain.layers())),
    };

    match walk.verdict(required, moved, swapped, new_dir) {
        Err(_) if domain.layers().has_permissive() => {
            each_mode(domain, required, moved, swapped, new_dir)
        }
        verdict => verdict,
    }
}

/// Decides again, layers of one mode at a time: a move has to be allowed in each layer, so those
/// that would deny it must not decide for the others.
#[cold]
fn each_mode<'a>(
    domain: &Domain,
    required: Required,
    moved: Renamed<'a>,
    swapped: Option<Renamed<'_>>,
    new_dir: &Path,
) -> Result<(), Denied<'a>> {
    let mut modes = [Mode::Enforcing, Mode::Permissive].into_iter();

    modes.try_for_each(|mode| {
        let walk = Walk {
            domain,
            mode: Some(mode),
            traced: None,
        };
        walk.verdict(required, moved, swapped, new_dir)
    })
}

/// A denied move to another directory: why, and what is left to grant on each side.
pub(crate) struct Denied<'a> {
    /// Why it is denied.
    pub(crate) refusal: Refusal,
    /// Whether it is, or only would be.
    pub(crate) mode: Mode,
    /// Which layer denies what is left to grant in the directory of the file, if anything is.
    pub(crate) source: Option<Blame>,
    /// Which layer denies what is left to grant in the other one.
    pub(crate) destination: Option<Blame>,
    /// The directory of the file.
    pub(crate) old_dir: OwnedDentry<'a>,
}

/// The walk of one request.
struct Walk<'a> {
    domain: &'a Domain,
    /// The mode of the layers that are asked: all layers without one.
    mode: Option<Mode>,
    /// All that the layers deny, if the trace event for rules that match is enabled.
    traced: Option<AccessFs>,
}

impl Walk<'_> {
    /// Decides as [`verdict`] says.
    fn verdict<'a>(
        &self,
        required: Required,
        moved: Renamed<'a>,
        swapped: Option<Renamed<'_>>,
        new_dir: &Path,
    ) -> Result<(), Denied<'a>> {
        let layers = self.domain.layers();
        let describe = |file: Renamed<'_>| {
            let grants = rule_on(self.domain, file.dentry);

            Moved::new(layers, file.file_type, grants)
        };
        let old_dir = new_dir.directory_of(moved.dentry);
        let mut reparent = Reparent::new(
            layers,
            required,
            describe(moved),
            swapped.map(describe),
            self.domain.summary().inheritance(),
        );
        if let Some(mode) = self.mode {
            reparent.keep_mode(layers, mode);
        }

        self.climb_mount(new_dir, &old_dir, reparent.source());
        self.climb_mount(new_dir, new_dir.dentry(), reparent.destination());
        if reparent.is_fulfilled() {
            return Ok(());
        }
        self.trace_files([Some(moved), swapped]);
        let climbed = self.climb_to_root(&new_dir.mount_root(), &mut reparent);
        climbed.map_err(|refusal| Denied {
            refusal,
            mode: self.mode.unwrap_or(Mode::Enforcing),
            source: Blame::for_file(&reparent.source().left()),
            destination: Blame::for_file(&reparent.destination().left()),
            old_dir,
        })
    }

    /// Traces the rules on the files themselves, which were looked up first.
    fn trace_files(&self, files: [Option<Renamed<'_>>; 2]) {
        for file in files.into_iter().flatten() {
            if let Some(grants) = rule_on(self.domain, file.dentry) {
                log::match_on_file(self.domain, self.traced, file.dentry, grants);
            }
        }
    }

    /// Grants what rules say from `dir` up to the root of the mount of `mount`.
    fn climb_mount(&self, mount: &Path, dir: &Dentry, side: &mut Side) {
        if dir.is_unreachable() {
            side.grant_all();
            return;
        }

        let mut climb = MountClimb::new(mount, dir);
        loop {
            if let Some(grants) = rule_on(self.domain, climb.here()) {
                log::match_on_file(self.domain, self.traced, climb.here(), grants);
                side.grant(grants);
            }
            if side.is_fulfilled() || !climb.step() {
                return;
            }
        }
    }

    /// Grants what rules say from `mount_root` up to the real root, and concludes.
    fn climb_to_root(
        &self,
        mount_root: &OwnedPath,
        reparent: &mut Reparent,
    ) -> Result<(), Refusal> {
        if mount_root.dentry().is_unreachable() {
            return Ok(());
        }

        let mut climb = PathClimb::new(mount_root);
        loop {
            reparent.compare();
            if reparent.is_fulfilled() {
                return Ok(());
            }
            if let Some(grants) = rule_on(self.domain, climb.here()) {
                self.trace_sides(reparent, climb.here(), grants);
                reparent.grant(grants);
            }
            if reparent.is_fulfilled() {
                return Ok(());
            }
            match climb.step() {
                Step::Parent => (),
                Step::Root => return reparent.conclude(),
                Step::InternalRoot => return Ok(()),
            }
        }
    }

    /// Traces a rule above both sides, for each side that still needs something.
    fn trace_sides(&self, reparent: &Reparent, dentry: &Dentry, grants: Grants<'_>) {
        let Some(all) = self.traced else {
            return;
        };

        for asked in reparent.asked(all).into_iter().flatten() {
            log::match_on_file(self.domain, Some(asked), dentry, grants);
        }
    }
}
