// SPDX-License-Identifier: GPL-2.0-only

//! Renames and links: may a file move to another directory?
//!
//! A file has the rights that rules on it and on the directories above it grant. To move it to
//! another directory, both directories must grant the right to refer and those to remove and create
//! files, and the file must not gain a right in any layer. Each layer is compared on its
//! own: it does not help if another layer denies what one of them would grant, because other tasks
//! may be in the older layers only.
//!
//! A rule may say that nothing is inherited from further up. Then rules above both directories may
//! count for one of them only, so that both are compared once all rules are known. On the file
//! itself, such a rule goes with it: its rights are the same everywhere, in this layer.

mod required;
mod side;

use self::side::unfulfilled;
pub(crate) use self::{
    required::{Move, Required},
    side::{Moved, Side},
};
use super::{
    access::AccessFs, grants::Grants, layer::Layers, mode::Mode, unfulfilled::Inheritance,
};

/// Returns which rights some of `layers` denies to a file that changes its directory.
pub(crate) fn denied_without_rule(layers: &Layers) -> AccessFs {
    unfulfilled(layers).denied()
}

/// Why a file must not move to another directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A directory does not grant removal or creation: a copy would fail as well.
    MissingRight,
    /// Only the change of directory is refused: user space may copy instead.
    Reparent,
}

/// When both directories are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    /// Before the next step: what one is granted there, the other is granted as well.
    Due,
    /// After the last step: until then, one may be granted what the other is not.
    AtEnd,
    /// No file gains a right.
    Done,
}

/// A move to another directory that is being checked.
///
/// Each side is first granted what rules say up to the root of their common mount. Then both are
/// granted the same, step by step up to the real root, and before each step [`Self::compare`]
/// checks whether no file gains a right. Until that is so, everything that the layers handle
/// counts; from then on, only what the action requires. If a rule stops what is further up, the
/// comparison comes after the last step ([`Self::conclude`]).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reparent {
    source: Side,
    destination: Side,
    moved: Moved,
    /// The file that moves the other way, if two files are exchanged.
    swapped: Option<Moved>,
    comparison: Comparison,
}

impl Reparent {
    /// Starts with what `layers` deny.
    pub(crate) fn new(
        layers: &Layers,
        required: Required,
        moved: Moved,
        swapped: Option<Moved>,
        inheritance: Inheritance,
    ) -> Self {
        Self {
            source: Side::new(layers, required.source, inheritance),
            destination: Side::new(layers, required.destination, inheritance),
            moved,
            swapped,
            comparison: match inheritance {
                Inheritance::Whole => Comparison::Due,
                Inheritance::Stops => Comparison::AtEnd,
            },
        }
    }

    /// Looks at the layers of `mode` alone, of `layers`. This comes first.
    pub(crate) fn keep_mode(&mut self, layers: &Layers, mode: Mode) {
        let files = [Some(&mut self.moved), self.swapped.as_mut()];

        self.source.left.keep_mode(layers, mode);
        self.destination.left.keep_mode(layers, mode);
        for file in files.into_iter().flatten() {
            file.left.keep_mode(layers, mode);
        }
    }

    /// Returns which of `all` that the layers deny each side still has to grant, if any.
    pub(crate) fn asked(&self, all: AccessFs) -> [Option<AccessFs>; 2] {
        let is_compared = self.comparison == Comparison::Done;

        [&self.source, &self.destination].map(|side| side.asked(all, is_compared))
    }

    /// Returns the directory that the file leaves.
    pub(crate) fn source(&mut self) -> &mut Side {
        &mut self.source
    }

    /// Returns the directory that the file enters.
    pub(crate) fn destination(&mut self) -> &mut Side {
        &mut self.destination
    }

    /// Reduces what is left to what is required, if no file gains a right.
    pub(crate) fn compare(&mut self) {
        if self.comparison != Comparison::Due || !self.gains_nothing() {
            return;
        }
        self.comparison = Comparison::Done;
        self.source.left.keep(self.source.required);
        self.destination.left.keep(self.destination.required);
    }

    fn gains_nothing(&self) -> bool {
        let swapped = self.swapped.as_ref();

        self.source.may_lose(&self.moved, &self.destination)
            && swapped.is_none_or(|file| self.destination.may_lose(file, &self.source))
    }

    /// Takes away from both sides what a rule above them grants.
    pub(crate) fn grant(&mut self, grants: Grants<'_>) {
        self.source.grant(grants);
        self.destination.grant(grants);
    }

    /// Returns whether nothing is left to grant.
    pub(crate) fn is_fulfilled(&self) -> bool {
        self.source.is_fulfilled() && self.destination.is_fulfilled()
    }

    /// Concludes after the last step. Fails with the reason why the move is refused, when no further
    /// rule can grant what is left.
    pub(crate) fn conclude(&mut self) -> Result<(), Refusal> {
        if self.comparison == Comparison::AtEnd {
            self.comparison = Comparison::Due;
            self.compare();
            if self.is_fulfilled() {
                return Ok(());
            }
        }
        Err(self.refusal())
    }

    /// Returns why the move is refused.
    fn refusal(&self) -> Refusal {
        if self.source.lacks_right() || self.destination.lacks_right() {
            Refusal::MissingRight
        } else {
            Refusal::Reparent
        }
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_refer)]
mod tests {
    use super::super::{
        access::{
            AccessFsRight::{
                Execute, MakeDir, MakeReg, ReadFile, Refer, RemoveDir, RemoveFile, WriteFile,
            },
            AccessMasks,
        },
        layer::{self, LayerIndex, TooManyLayers},
        open::FileType,
        unfulfilled::Unfulfilled,
    };
    use super::*;

    const OLDEST: LayerIndex = LayerIndex::new::<0>();

    fn handling_all() -> AccessMasks {
        AccessMasks {
            fs: AccessFs::ALL,
            ..AccessMasks::default()
        }
    }

    /// Returns a change of directory in one layer that handles everything. The sides are granted
    /// `source` and `destination`, the file itself `file`.
    fn reparent(
        file_type: FileType,
        source: AccessFs,
        destination: AccessFs,
        file: AccessFs,
    ) -> Reparent {
        let layers = Layers::first(handling_all());
        let words = [source, destination, file].map(|rights| [layer::pack(OLDEST, rights)]);
        let required = Required::new(Move::Rename, file_type, None);
        let moved = Moved::new(&layers, file_type, Some(Grants::from_words(&words[2])));
        let mut reparent = Reparent::new(&layers, required, moved, None, Inheritance::Whole);

        reparent.source().grant(Grants::from_words(&words[0]));
        reparent.destination().grant(Grants::from_words(&words[1]));
        reparent.compare();
        reparent
    }

    #[test]
    fn move_needs_refer_on_both_sides() {
        let remove = RemoveFile | Refer;
        let make = MakeReg | Refer;
        let file = FileType::Regular;
        let none = AccessFs::empty();

        assert!(reparent(file, remove, make, none).is_fulfilled());
        assert_eq!(
            reparent(file, RemoveFile.into(), make, none).refusal(),
            Refusal::Reparent
        );
        assert_eq!(
            reparent(file, remove, MakeReg.into(), none).refusal(),
            Refusal::Reparent
        );
    }

    #[test]
    fn missing_right_comes_before_refer() {
        let none = AccessFs::empty();
        let refused = reparent(FileType::Regular, Refer.into(), none, none);

        assert_eq!(refused.refusal(), Refusal::MissingRight);
    }

    #[test]
    fn each_right_that_a_layer_denies_is_denied_and_the_one_to_refer() {
        let layers = Layers::first(AccessMasks::default());
        assert_eq!(denied_without_rule(&layers), Refer.into());

        let layers = Layers::first(handling_all());
        assert_eq!(denied_without_rule(&layers), AccessFs::ALL);
    }

    #[test]
    fn layer_without_rights_on_files_denies_to_refer() -> Result<(), TooManyLayers> {
        let layers = Layers::first(handling_all());
        let layers = layers.stack(AccessMasks::default())?;
        let all = [layer::pack(OLDEST, AccessFs::ALL)];
        let mut side = Side::new(&layers, MakeReg.into(), Inheritance::Whole);

        side.grant(Grants::from_words(&all));

        assert!(!side.is_fulfilled());
        assert!(!side.lacks_right());
        Ok(())
    }

    #[test]
    fn permissive_layer_has_no_say() -> Result<(), TooManyLayers> {
        let mut layers = Layers::first(handling_all()).stack(handling_all())?;
        layers.set_mode(Mode::Permissive);
        let file = FileType::Regular;
        let granted = [layer::pack(OLDEST, RemoveFile | MakeReg | Refer)];
        let on_file = [layer::pack(OLDEST, AccessFs::ALL)];
        let is_allowed = |mode| {
            let required = Required::new(Move::Rename, file, None);
            let moved = Moved::new(&layers, file, Some(Grants::from_words(&on_file)));
            let inheritance = Inheritance::Whole;
            let mut reparent = Reparent::new(&layers, required, moved, Some(moved), inheritance);

            reparent.keep_mode(&layers, mode);
            reparent.compare();
            reparent.grant(Grants::from_words(&granted));
            reparent.is_fulfilled()
        };

        assert!(is_allowed(Mode::Enforcing));
        assert!(!is_allowed(Mode::Permissive));
        Ok(())
    }

    #[test]
    fn file_gains_no_right() {
        let remove = RemoveFile | Refer;
        let make_and_read = MakeReg | Refer | ReadFile;
        let file = FileType::Regular;
        let none = AccessFs::empty();

        let gaining = reparent(file, remove, make_and_read, none);
        assert_eq!(gaining.refusal(), Refusal::Reparent);
        assert!(reparent(file, remove | ReadFile, make_and_read, none).is_fulfilled());
        assert!(reparent(file, remove, make_and_read, ReadFile.into()).is_fulfilled());
    }

    #[test]
    fn rights_on_directories_count_for_directories_only() {
        let remove = RemoveFile | RemoveDir | Refer;
        let make = MakeReg | MakeDir | Refer;
        let none = AccessFs::empty();

        assert!(reparent(FileType::Regular, remove, make, none).is_fulfilled());
        assert!(!reparent(FileType::Directory, remove, make, none).is_fulfilled());
        assert!(reparent(FileType::Directory, remove | make, make, none).is_fulfilled());
    }

    /// What two layers deny, oldest first: `x` to execute, `r` to read, `m` to make files.
    fn denied(by_layer: &str) -> Result<Unfulfilled<AccessFs>, TooManyLayers> {
        let rights = |letters: &str| {
            let of = |letter| match letter {
                'x' => AccessFs::from(Execute),
                'r' => ReadFile.into(),
                _ => MakeReg.into(),
            };
            let fs = letters
                .chars()
                .fold(AccessFs::empty(), |all, letter| all | of(letter));

            AccessMasks {
                fs,
                ..AccessMasks::default()
            }
        };
        let (oldest, youngest) = by_layer.split_once('/').unwrap_or((by_layer, ""));
        let layers = Layers::first(rights(oldest));
        let layers = layers.stack(rights(youngest))?;

        Ok(Unfulfilled::new(&layers, !AccessFs::from(Refer)))
    }

    /// Returns whether no file gains a right that leaves directory `here` for `there`. Directories
    /// and files are written as what is denied of them.
    fn may_move(
        here: &str,
        file: (&str, FileType),
        there: &str,
        swapped: Option<(&str, FileType)>,
    ) -> Result<bool, TooManyLayers> {
        let required = AccessFs::empty();
        let side = |by_layer| {
            denied(by_layer).map(|left| Side {
                left,
                required,
                inheritance: Inheritance::Whole,
            })
        };
        let moved = |(by_layer, file_type)| denied(by_layer).map(|left| Moved { left, file_type });
        let reparent = Reparent {
            source: side(here)?,
            destination: side(there)?,
            moved: moved(file)?,
            swapped: swapped.map(moved).transpose()?,
            comparison: Comparison::Due,
        };

        Ok(reparent.gains_nothing())
    }

    const FILE: FileType = FileType::Regular;
    const DIR: FileType = FileType::Directory;

    #[test]
    fn what_is_denied_stays_denied_in_each_layer() -> Result<(), TooManyLayers> {
        let may_move = |here, file, there| may_move(here, (file, FILE), there, None);

        for (here, file, there) in [
            ("x", "", ""),
            ("", "x", ""),
            ("x", "x", "rx"),
            ("rx", "rx", "rx"),
            ("x", "/x", "x"),
            ("/x", "x", "x"),
            ("x", "x/x", "x"),
            ("x/x", "x", "rx"),
            ("/x", "/x", "x/x"),
            ("mx", "mx", "x"),
        ] {
            assert!(may_move(here, file, there)?);
        }
        for (here, file, there) in [
            ("x", "x", ""),
            ("rx", "rx", "x"),
            ("rx", "rx", "/x"),
            ("x/x", "x/x", "x"),
            ("/x", "/x", "x"),
            ("/x", "/x", "rx"),
        ] {
            assert!(!may_move(here, file, there)?);
        }
        Ok(())
    }

    #[test]
    fn directory_gains_neither_its_own_rights_nor_those_of_files() -> Result<(), TooManyLayers> {
        for (here, there) in [("rx", "x"), ("mx", "x"), ("/x", "x"), ("/x", "rx")] {
            assert!(!may_move(here, (here, DIR), there, None)?);
        }
        Ok(())
    }

    #[test]
    fn none_of_two_files_that_change_places_gains_a_right() -> Result<(), TooManyLayers> {
        for (here, there, back, file_type, expected) in [
            ("mx", "mx", "mx", DIR, true),
            ("mx", "mx", "x", DIR, true),
            ("mx", "x", "mx", DIR, false),
            ("mx", "x", "x", DIR, false),
            ("mx", "/x", "/x", DIR, false),
            ("mx", "x", "mx", FILE, true),
            ("mx", "x", "x", FILE, true),
            ("rx", "rx", "rx", FILE, true),
            ("rx", "rx", "x", FILE, true),
            ("rx", "x", "rx", FILE, false),
            ("rx", "x", "x", FILE, false),
            ("rx", "/x", "/x", FILE, false),
            ("/x", "x/x", "x", FILE, false),
            ("/x", "x/x", "x/x", FILE, false),
        ] {
            let swapped = Some((back, file_type));

            assert_eq!(may_move(here, (here, file_type), there, swapped)?, expected);
        }
        for (one, other) in [(FILE, FILE), (FILE, DIR), (DIR, FILE), (DIR, DIR)] {
            assert!(!may_move("/x", ("/x", one), "x", Some(("x", other)))?);
        }
        Ok(())
    }

    #[test]
    fn right_to_refer_is_not_missed_as_other_rights_are() {
        let layers = Layers::first(handling_all());
        let rights = [Refer, Execute, WriteFile];

        for left in [AccessFs::empty(), Refer.into(), WriteFile.into()] {
            for required in rights
                .map(AccessFs::from)
                .into_iter()
                .chain([AccessFs::empty()])
            {
                let mut side = Side::new(&layers, required, Inheritance::Whole);
                side.left.keep(left);

                let is_missed = left.contains(WriteFile) && required.contains(WriteFile);
                assert_eq!(side.lacks_right(), is_missed);
            }
        }
    }
}
