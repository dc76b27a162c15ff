// SPDX-License-Identifier: GPL-2.0-only

//! What decides most requests before the rights of each layer are looked at.
//!
//! A domain never changes, so some of its answers are known in advance. If no rule of the youngest
//! layer that handles a right grants it, that right is hopeless: it is denied on every file, and
//! that layer is to blame. No walk is needed to find out.
//!
//! The other rights are searched for with one word for all layers: a rule that grants a right in
//! each layer that handles it settles that right. Most requests end there. What rules grant in some
//! of the layers is only collected if something is left.
//!
//! Quiet rules and permissive layers are about denials, and have no word here: a domain with one of
//! them looks at each layer. So does one with a rule that lets nothing be inherited: what is granted
//! further up does not add to what is granted below, and no right is settled by one rule.

use super::{
    access::AccessFs,
    grants::{GrantedUnion, Grants, RuleFlags},
    layer::{Layers, Mode, MAX_LAYERS},
    optional::OptionalDenials,
    request::{Request, Verdict},
    unfulfilled::{Inheritance, Unfulfilled},
};

/// What is known of the answers of a domain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Summary {
    /// The rights that some layer denies without a rule.
    handled: AccessFs,
    /// Of these, those that no rule of the youngest layer that handles them grants.
    hopeless: AccessFs,
    /// Who denies those of them that an open file remembers.
    denials: OptionalDenials,
    /// Whether a request needs a look at each layer, whoever denies it.
    needs_each_layer: bool,
    /// Whether rules of files stop those further up.
    has_stops: bool,
}

impl Summary {
    /// Without any layer.
    pub(crate) const NONE: Self = Self {
        handled: AccessFs::empty(),
        hopeless: AccessFs::empty(),
        denials: OptionalDenials::NONE,
        needs_each_layer: false,
        has_stops: false,
    };

    /// Adds the youngest one of `layers`, whose rules grant `union` together.
    pub(crate) fn stack(self, layers: &Layers, union: GrantedUnion<AccessFs>) -> Self {
        let handled: AccessFs = layers.handled_by_youngest();
        let hopeless = handled & !union.granted();

        Self {
            handled: self.handled | handled,
            hopeless: self.hopeless & !handled | hopeless,
            denials: self
                .denials
                .of(!handled)
                .with(OptionalDenials::by(layers.youngest(), hopeless)),
            needs_each_layer: self.needs_each_layer
                | (union.flags() != RuleFlags::NONE)
                | (layers.mode(layers.youngest()) == Mode::Permissive),
            has_stops: self.has_stops | union.flags().contains(RuleFlags::NO_INHERIT),
        }
    }

    /// Returns those of `rights` that some layer denies without a rule.
    #[inline]
    pub(crate) fn handled(&self, rights: AccessFs) -> AccessFs {
        self.handled & rights
    }

    /// Returns which rules further up count.
    pub(crate) fn inheritance(&self) -> Inheritance {
        if self.has_stops {
            Inheritance::Stops
        } else {
            Inheritance::Whole
        }
    }

    /// Starts to search for `rights`, or returns [`None`] if each layer has to be looked at.
    #[inline]
    pub(crate) fn search(&self, rights: AccessFs) -> Option<Search> {
        let wanted = self.handled & rights & !self.hopeless;

        (!self.needs_each_layer).then_some(Search {
            wanted,
            left: wanted,
            found: None,
        })
    }

    /// Returns the verdict of `layers` on `request`, after a search for all of its rights.
    #[inline]
    pub(crate) fn verdict(&self, layers: &Layers, request: Request, search: &Search) -> Verdict {
        let hopeless = self.hopeless & request.all();

        if search.is_over() && (hopeless & request.required).is_empty() {
            return Ok(self.denials.of(hopeless));
        }
        search.verdict(layers, request)
    }
}

/// A search for rules that grant rights.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Search {
    /// The rights that are searched for.
    wanted: AccessFs,
    /// Those of them that some layer may still deny.
    left: AccessFs,
    /// What each layer grants, by the rules that grant something of what is left.
    found: Option<[u64; MAX_LAYERS / 2]>,
}

impl Search {
    /// Returns whether there is nothing left to search for.
    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        self.left.is_empty()
    }

    /// Takes a rule into account that was found.
    #[inline]
    pub(crate) fn meet(&mut self, layers: &Layers, rule: Grants<'_>) {
        self.left &= !rule.in_each_layer::<AccessFs>(layers);
        if !self.is_over() && self.left.contains_any(rule.in_any_layer()) {
            self.collect(layers, rule);
        }
    }

    /// Adds what a rule grants in some of the layers, which may complete a right.
    fn collect(&mut self, layers: &Layers, rule: Grants<'_>) {
        let found = self.found.get_or_insert([0; MAX_LAYERS / 2]);

        found
            .iter_mut()
            .zip(rule.words())
            .for_each(|(found, granted)| *found |= granted);
        self.left &= !layers.granted_in_each::<AccessFs>(found);
    }

    /// Removes from `left`, for which this searched, what was found.
    pub(crate) fn grant(&self, left: &mut Unfulfilled<AccessFs>) {
        left.keep(!(self.wanted & !self.left));
        if let Some(found) = &self.found {
            left.grant(Grants::from_words(found));
        }
    }

    /// Returns the verdict of `layers`, none of which is permissive, one by one.
    #[cold]
    fn verdict(&self, layers: &Layers, request: Request) -> Verdict {
        let mut left = request.unfulfilled(layers);

        self.grant(&mut left);
        request.verdict_of_one_mode(left)
    }
}

#[cfg(CONFIG_SECURITY_LANDLOCK_KUNIT_TEST)]
#[kernel::prelude::kunit_tests(landlock_summary)]
mod tests {
    use super::super::{
        access::{
            AccessFsRight::{IoctlDev, ReadFile, Truncate, WriteFile},
            AccessMasks,
        },
        blame::Blocker,
        grants::RuleFlags,
        layer::{pack, LayerIndex, TooManyLayers},
    };
    use super::*;

    const OLDEST: LayerIndex = LayerIndex::new::<0>();
    const NEXT: LayerIndex = LayerIndex::new::<1>();

    fn handling(fs: AccessFs) -> AccessMasks {
        AccessMasks {
            fs,
            ..AccessMasks::default()
        }
    }

    fn union(granted: AccessFs, flags: RuleFlags) -> GrantedUnion<AccessFs> {
        let mut union = GrantedUnion::none();

        union.add(granted, flags);
        union
    }

    /// Two layers that handle all rights: the oldest grants `first` somewhere, the other `second`.
    fn two(first: AccessFs, second: AccessFs) -> Result<(Layers, Summary), TooManyLayers> {
        let layers = Layers::first(handling(AccessFs::ALL));
        let summary = Summary::NONE.stack(&layers, union(first, RuleFlags::NONE));
        let layers = layers.stack(handling(AccessFs::ALL))?;

        Ok((
            layers,
            summary.stack(&layers, union(second, RuleFlags::NONE)),
        ))
    }

    fn request(required: AccessFs) -> Request {
        Request {
            required,
            optional: AccessFs::from(Truncate),
        }
    }

    #[test]
    fn hopeless_rights_need_no_search() -> Result<(), TooManyLayers> {
        let (layers, summary) = two(WriteFile.into(), ReadFile.into())?;
        let request = request(WriteFile.into());
        let search = summary.search(request.all());

        assert!(search.is_some_and(|search| search.is_over()));
        let blame = search.and_then(|search| summary.verdict(&layers, request, &search).err());
        assert!(blame.is_some_and(|blame| {
            blame.layer == NEXT && blame.blocker == Blocker::Fs(WriteFile.into())
        }));
        Ok(())
    }

    #[test]
    fn right_that_an_older_layer_never_grants_is_searched_for() -> Result<(), TooManyLayers> {
        let (_, summary) = two(ReadFile.into(), WriteFile.into())?;

        let search = summary.search(WriteFile.into());
        assert!(search.is_some_and(|search| !search.is_over()));
        Ok(())
    }

    #[test]
    fn rules_of_different_layers_complete_each_other() -> Result<(), TooManyLayers> {
        let (layers, summary) = two(ReadFile.into(), ReadFile.into())?;
        let read = AccessFs::from(ReadFile);
        let (first, second) = ([pack(OLDEST, read)], [pack(NEXT, read)]);

        let is_over = summary.search(read).map(|mut search| {
            search.meet(&layers, Grants::from_words(&first));
            let was_over = search.is_over();
            search.meet(&layers, Grants::from_words(&second));
            (was_over, search.is_over())
        });
        assert_eq!(is_over, Some((false, true)));
        Ok(())
    }

    #[test]
    fn file_remembers_the_hopeless_rights_of_its_request() -> Result<(), TooManyLayers> {
        let (layers, summary) = two(AccessFs::ALL, ReadFile.into())?;
        let both = [pack(OLDEST, AccessFs::ALL) | pack(NEXT, AccessFs::from(ReadFile))];
        let request = request(ReadFile.into());

        let denials = summary.search(request.all()).and_then(|mut search| {
            search.meet(&layers, Grants::from_words(&both));
            summary.verdict(&layers, request, &search).ok()
        });
        let layer = denials.and_then(|denials| denials.denial(Truncate));
        assert_eq!(layer.map(|(denial, _)| denial.layer), Some(NEXT));
        assert!(denials.is_some_and(|denials| denials.denial(IoctlDev).is_none()));
        Ok(())
    }

    #[test]
    fn permissive_layer_forbids_to_search() -> Result<(), TooManyLayers> {
        let (layers, summary) = two(AccessFs::ALL, AccessFs::ALL)?;
        let mut layers = layers.stack(handling(ReadFile.into()))?;
        let all = union(AccessFs::ALL, RuleFlags::NONE);
        let enforcing = summary.stack(&layers, all);
        layers.set_mode(Mode::Permissive);
        let permissive = summary.stack(&layers, all);

        assert!(enforcing.search(AccessFs::ALL).is_some());
        assert!(permissive.search(AccessFs::ALL).is_none());
        Ok(())
    }

    #[test]
    fn rule_with_a_flag_forbids_to_search() -> Result<(), TooManyLayers> {
        let layers = Layers::first(handling(AccessFs::ALL));
        let nested = layers.stack(handling(AccessFs::ALL))?;

        for (flags, inheritance) in [
            (RuleFlags::QUIET, Inheritance::Whole),
            (RuleFlags::NO_INHERIT, Inheritance::Stops),
        ] {
            let flagged = union(AccessFs::empty(), flags);
            let summary = Summary::NONE.stack(&layers, flagged);
            let later = summary.stack(&nested, union(AccessFs::ALL, RuleFlags::NONE));

            for summary in [summary, later] {
                assert!(summary.search(AccessFs::ALL).is_none());
                assert_eq!(summary.inheritance(), inheritance);
            }
        }
        Ok(())
    }
}
