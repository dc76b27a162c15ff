// SPDX-License-Identifier: GPL-2.0-only

//! What is possible in a program, and when the implementations differ in it.
//!
//! A result that only one side showed is no difference yet: the other side may need more luck. It is
//! one when it was seen repeatedly, and the other side did not show it in as many rounds as would have
//! shown something much rarer.

use std::collections::BTreeMap;

use serde::Deserialize;

/// How often something must be seen to be more than a coincidence. What comes when actors act one
/// after the other does not depend on luck.
const REPEATEDLY: usize = 3;
const REPEATEDLY_SERIAL: usize = 2;

/// How often the other side should have shown something, were it as likely there. If it is ten times
/// as rare, it is missed once in 3000 times.
const EXPECTED: f64 = 80.0;

/// The same for what comes in half of the rounds: programs that take seconds are run a few times only.
const EXPECTED_OF_USUAL: f64 = 10.0;
const USUAL: f64 = 0.5;

/// What is told of a program that hangs.
const NEVER: &str = "never";

/// The facet that says whether a round came to an end.
const TIME: &str = "time";

/// The facet that counts events of each kind, and how the text of none of them ends.
const EVENTS: &str = "events";
const ZERO: &str = ": 0";

/// An implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// C Landlock.
    C = 0,
    /// This one.
    Rust = 1,
}

/// Both.
pub const SIDES: [Side; 2] = [Side::C, Side::Rust];

impl Side {
    /// Returns the other one.
    pub fn other(self) -> Self {
        match self {
            Self::C => Self::Rust,
            Self::Rust => Self::C,
        }
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::C => "C",
            Self::Rust => "Rust",
        }
    }
}

/// Something that is possible.
#[derive(Clone, Debug, Deserialize)]
pub struct Element {
    /// The facet that it belongs to.
    pub facet: String,
    /// What it is.
    pub text: String,
    /// A short name for it.
    pub key: String,
    /// How often it was seen when actors acted one after the other.
    pub serial: usize,
    /// How often it was seen when they acted at the same time.
    pub together: usize,
}

impl Element {
    /// Returns the kind of events that it counts, if it does.
    fn kind(&self) -> Option<&str> {
        let is_count = self.facet == EVENTS;
        is_count
            .then(|| self.text.rsplit_once(": "))?
            .map(|(kind, _)| kind)
    }
}

/// What a guest says about a program.
#[derive(Debug, Deserialize)]
pub struct Report {
    /// Seed or name.
    pub id: String,
    /// The program as text.
    pub program: String,
    /// Whether it is known that C may not come to an end.
    pub c_may_hang: bool,
    /// Number of rounds that were run.
    pub rounds: usize,
    /// Number of acts in each of them.
    pub acts: usize,
    /// What was seen.
    pub seen: Vec<Element>,
}

/// What one side showed.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// In how many rounds.
    pub rounds: usize,
    /// With how many acts in all of them.
    pub acts: usize,
    /// What, by its key.
    pub seen: BTreeMap<String, Element>,
}

impl Shown {
    /// Returns whether `element` was seen here. Where no event of its kind was, zero of them were
    /// seen in each round.
    fn has_shown(&self, element: &Element) -> bool {
        if self.seen.contains_key(&element.key) {
            return true;
        }
        let is_zero = element.kind().is_some() && element.text.ends_with(ZERO);
        is_zero
            && !self
                .seen
                .values()
                .any(|other| other.kind() == element.kind())
    }
}

/// What both sides showed of one program.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Seed or name.
    pub id: String,
    /// The program as text.
    pub text: String,
    /// Whether it is known that C may not come to an end.
    pub c_may_hang: bool,
    /// What C and Rust showed.
    pub shown: [Shown; 2],
}

/// What is to be thought of a result that only one side showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is a difference.
    Different,
    /// It was seen too rarely, or not enough was tried on the other side.
    Unclear,
}

impl Program {
    /// Takes in what one side says.
    pub fn add(&mut self, side: Side, report: Report) {
        self.id = report.id;
        self.text = report.program;
        self.c_may_hang = report.c_may_hang;
        let shown = &mut self.shown[side as usize];
        shown.rounds += report.rounds;
        shown.acts += report.rounds * report.acts;
        for element in report.seen {
            match shown.seen.get_mut(&element.key) {
                Some(known) => {
                    known.serial += element.serial;
                    known.together += element.together;
                }
                None => drop(shown.seen.insert(element.key.clone(), element)),
            }
        }
    }

    /// Returns what one side showed.
    pub fn of(&self, side: Side) -> &Shown {
        &self.shown[side as usize]
    }

    /// Returns whether C did not come to an end, as it is known to do. Then it did not show all that
    /// is possible.
    pub fn c_hung(&self) -> bool {
        self.c_may_hang && self.of(Side::C).seen.values().any(is_never)
    }

    /// Returns what `side` never showed, but the other one did. What follows from a known hang of C is
    /// left out.
    pub fn missing(&self, side: Side) -> Vec<&Element> {
        let (here, there) = (self.of(side), self.of(side.other()));
        let missing = there
            .seen
            .values()
            .filter(|element| !here.has_shown(element));
        let is_excused = |element: &&Element| match side {
            Side::C => self.c_hung() && !is_never(element),
            Side::Rust => self.c_hung() && is_never(element),
        };
        missing.filter(|element| !is_excused(element)).collect()
    }

    /// Returns whether `element`, which `side` never showed, was seen repeatedly on the other side.
    pub fn is_repeated(&self, side: Side, element: &Element) -> bool {
        let shown = self.of(side.other()).seen.get(&element.key);
        shown.is_some_and(|shown| shown.together >= REPEATEDLY || shown.serial >= REPEATEDLY_SERIAL)
    }

    /// Judges an element that `side` never showed.
    pub fn judge(&self, side: Side, element: &Element) -> Judgement {
        let (here, there) = (self.of(side), self.of(side.other()));
        let Some(shown) = there.seen.get(&element.key) else {
            return Judgement::Unclear;
        };
        let rate = shown.together as f64 / there.rounds.max(1) as f64;
        let expected = rate * here.rounds as f64;
        let enough = if rate >= USUAL {
            EXPECTED_OF_USUAL
        } else {
            EXPECTED
        };
        let is_certain = shown.together >= REPEATEDLY && expected >= enough;
        match is_certain || shown.serial >= REPEATEDLY_SERIAL {
            true => Judgement::Different,
            false => Judgement::Unclear,
        }
    }
}

fn is_never(element: &Element) -> bool {
    element.facet == TIME && element.text.starts_with(NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_of_a_kind_that_never_came_was_seen() {
        let mut program = Program::default();
        program.add(
            Side::C,
            report(&[("events", "e: 0", 0, 99), ("events", "e: 1", 0, 1)]),
        );
        program.add(Side::Rust, report(&[("time", "in time", 2, 100)]));
        let missing = program.missing(Side::Rust);
        assert_eq!(missing.len(), 1);
        assert_eq!(missing[0].text, "e: 1");
        program.add(Side::Rust, report(&[("events", "e: 2", 0, 100)]));
        assert_eq!(program.missing(Side::Rust).len(), 2);
    }

    /// Makes a report of 100 rounds; elements are a facet, a text, and how often they were seen.
    fn report(seen: &[(&str, &str, usize, usize)]) -> Report {
        let element = |(facet, text, serial, together): &(&str, &str, usize, usize)| Element {
            facet: (*facet).to_owned(),
            text: (*text).to_owned(),
            key: format!("{facet} {text}"),
            serial: *serial,
            together: *together,
        };
        Report {
            id: "1".to_owned(),
            program: "()".to_owned(),
            c_may_hang: false,
            rounds: 100,
            acts: 3,
            seen: seen.iter().map(element).collect(),
        }
    }

    fn program(c: &[(&str, &str, usize, usize)], rust: &[(&str, &str, usize, usize)]) -> Program {
        let mut program = Program::default();
        program.add(Side::C, report(c));
        program.add(Side::Rust, report(rust));
        program
    }

    /// Returns what is thought of all that a side is missing.
    fn judgements(program: &Program, side: Side) -> Vec<Judgement> {
        let missing = program.missing(side);
        missing
            .iter()
            .map(|element| program.judge(side, element))
            .collect()
    }

    #[test]
    fn what_both_showed_is_no_difference() {
        let same = program(&[("verdict", "a", 2, 1)], &[("verdict", "a", 0, 90)]);
        assert!(SIDES.iter().all(|side| same.missing(*side).is_empty()));
    }

    #[test]
    fn what_came_once_is_no_difference() {
        let rare = program(
            &[("verdict", "a", 2, 98)],
            &[("verdict", "a", 2, 97), ("verdict", "b", 0, 1)],
        );
        assert_eq!(judgements(&rare, Side::C), [Judgement::Unclear]);
        assert!(!rare.is_repeated(Side::C, rare.missing(Side::C)[0]));
    }

    #[test]
    fn a_result_of_one_side_is_a_difference_after_many_rounds_on_the_other() {
        let mut planted = program(
            &[("verdict", "a", 2, 98)],
            &[("verdict", "a", 2, 88), ("verdict", "leak", 0, 10)],
        );
        assert!(planted.is_repeated(Side::C, planted.missing(Side::C)[0]));
        assert_eq!(judgements(&planted, Side::C), [Judgement::Unclear]);
        for _ in 0..8 {
            planted.add(Side::C, report(&[("verdict", "a", 2, 98)]));
        }
        assert_eq!(judgements(&planted, Side::C), [Judgement::Different]);
        // One of these rounds is enough to show that C can do it as well.
        planted.add(Side::C, report(&[("verdict", "leak", 0, 1)]));
        assert!(planted.missing(Side::C).is_empty());
    }

    #[test]
    fn orders_have_one_result() {
        let planted = program(&[("verdict", "a", 2, 98)], &[("verdict", "b", 2, 98)]);
        assert_eq!(judgements(&planted, Side::C), [Judgement::Different]);
        assert_eq!(judgements(&planted, Side::Rust), [Judgement::Different]);
    }

    #[test]
    fn side_effects_are_results() {
        for (facet, usual, planted) in [
            ("time", "in time", "in time, 1 gave up"),
            ("interrupts", "1: 1", "1: 3 or more"),
            (
                "events",
                "landlock_create_domain first: 1",
                "landlock_create_domain first: 3 or more",
            ),
        ] {
            let program = program(
                &[(facet, usual, 2, 98)],
                &[(facet, usual, 2, 0), (facet, planted, 0, 98)],
            );
            assert_eq!(
                judgements(&program, Side::C),
                [Judgement::Different],
                "{facet}"
            );
        }
    }

    #[test]
    fn hangs_are_known_of_c_only() {
        let hang = ("time", "never", 0, 60);
        let usual = ("verdict", "a", 2, 98);
        let mut of_c = program(&[hang], &[usual]);
        assert_eq!(judgements(&of_c, Side::Rust), [Judgement::Different]);
        of_c.c_may_hang = true;
        // What C did not come to is no difference either.
        assert!(SIDES.iter().all(|side| of_c.missing(*side).is_empty()));
        let mut of_rust = program(&[usual], &[usual, hang]);
        of_rust.c_may_hang = true;
        assert_eq!(judgements(&of_rust, Side::C), [Judgement::Different]);
    }
}
