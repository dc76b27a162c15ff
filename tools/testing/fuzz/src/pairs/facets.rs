// SPDX-License-Identifier: GPL-2.0-only

//! What a round ended with. It has several facets, which are compared one by one: each is a set of
//! few texts, where the set of all combinations would never be complete.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;
use strum::Display;

use crate::errno;
use crate::pairs::events::Counts;

/// Most of what is told apart when something is counted.
const MANY: usize = 3;

/// A side of what happened.
#[derive(Clone, Copy, Debug, Display, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Facet {
    /// Results of acts, and what everybody may do then.
    Verdict,
    /// Whether it came to an end in time.
    Time,
    /// How often a member was interrupted.
    Interrupts,
    /// How many events of one kind there were.
    Events,
}

/// One of the things that are possible.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Element {
    /// Which facet it belongs to.
    pub facet: Facet,
    /// What it is.
    pub text: String,
}

impl Element {
    /// Makes an element.
    pub fn new(facet: Facet, text: String) -> Self {
        Self { facet, text }
    }

    /// Returns a short name, the same wherever this very program runs.
    pub fn key(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }
}

/// A number of which only the small ones are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Few(pub usize);

impl fmt::Display for Few {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        match self.0 {
            count if count >= MANY => write!(formatter, "{MANY} or more"),
            count => write!(formatter, "{count}"),
        }
    }
}

/// How long a round took.
#[derive(Clone, Copy, Debug, Display, PartialEq, Eq)]
#[strum(serialize_all = "lowercase")]
pub enum Time {
    /// As long as a slow machine may take.
    #[strum(serialize = "in time")]
    InTime,
    /// Longer, but it came to an end.
    Late,
    /// It was killed.
    Never,
}

/// What a round ended with.
pub struct Findings {
    /// The number of the round, by which events are found.
    pub round: usize,
    /// Whether actors acted one after the other.
    pub is_serial: bool,
    /// How long it took.
    pub time: Time,
    /// Actors that gave up before the others were done.
    pub exhausted: Vec<usize>,
    /// Results of acts, and what everybody may do then.
    pub verdict: String,
    /// How often each actor was interrupted.
    pub interrupts: Vec<usize>,
}

impl Findings {
    /// Returns the elements that do not come from logs. Where a round had to be killed, only that
    /// counts.
    pub fn elements(&self) -> Vec<Element> {
        let mut time = self.time.to_string();
        for actor in &self.exhausted {
            time += &format!(", {actor} gave up");
        }
        let mut elements = vec![Element::new(Facet::Time, time)];
        if self.time != Time::Never {
            elements.push(Element::new(Facet::Verdict, self.verdict.clone()));
            for (actor, count) in self.interrupts.iter().enumerate() {
                let text = format!("{actor}: {}", Few(*count));
                elements.push(Element::new(Facet::Interrupts, text));
            }
        }
        elements
    }
}

/// How often something was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Times {
    /// When actors acted one after the other.
    pub serial: usize,
    /// When they acted at the same time.
    pub together: usize,
}

/// All that was seen of one program.
#[derive(Default)]
pub struct Seen {
    elements: BTreeMap<Element, Times>,
    rounds: Vec<(bool, Counts)>,
}

/// An element as it is printed.
#[derive(Serialize)]
pub struct Entry {
    facet: Facet,
    text: String,
    key: String,
    #[serde(flatten)]
    times: Times,
}

impl Seen {
    /// Adds what a round ended with.
    pub fn add(&mut self, findings: &Findings, events: Counts) {
        for element in findings.elements() {
            count_in(&mut self.elements, element, findings.is_serial);
        }
        if findings.time != Time::Never {
            self.rounds.push((findings.is_serial, events));
        }
    }

    /// Removes the keys of what was seen from `wanted`.
    pub fn remove_from(&self, wanted: &mut BTreeSet<String>) {
        for element in self.elements.keys().chain(self.events().keys()) {
            wanted.remove(&element.key());
        }
    }

    /// Returns the numbers of events. A kind that came in some round came zero times in others.
    fn events(&self) -> BTreeMap<Element, Times> {
        let counts = self.rounds.iter().flat_map(|(_, counts)| counts.keys());
        let kinds: BTreeSet<&String> = counts.collect();
        let mut elements = BTreeMap::new();
        for (is_serial, counts) in &self.rounds {
            for kind in &kinds {
                let count = Few(counts.get(*kind).copied().unwrap_or(0));
                let element = Element::new(Facet::Events, format!("{kind}: {count}"));
                count_in(&mut elements, element, *is_serial);
            }
        }
        elements
    }

    /// Returns all elements.
    pub fn entries(self) -> Vec<Entry> {
        let events = self.events();
        let entry = |(element, times): (Element, Times)| Entry {
            facet: element.facet,
            key: element.key(),
            text: element.text,
            times,
        };
        self.elements.into_iter().chain(events).map(entry).collect()
    }
}

fn count_in(elements: &mut BTreeMap<Element, Times>, element: Element, is_serial: bool) {
    let times = elements.entry(element).or_default();
    if is_serial {
        times.serial += 1;
    } else {
        times.together += 1;
    }
}

/// Describes the results of the acts of one actor.
pub fn results(results: &[i32]) -> String {
    let names: Vec<String> = results.iter().map(|result| errno::name(*result)).collect();
    names.join(",")
}
