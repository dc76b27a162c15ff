// SPDX-License-Identifier: GPL-2.0-only

//! Makes a program from a seed.

use crate::choice::Choice;
use crate::program::{
    Actor, Base, Kind, MAX_ACTORS, Node, Op, Place, Program, SLOTS, Slot, Step, Way,
};
use crate::race;

mod credentials;
mod files;
mod landlock;
mod mounts;
mod names;
mod network;
mod opening;
mod processes;
mod queues;
mod raw;
mod signals;
mod tree;

use names::Names;

/// After how many operations the files that are gone come back.
const RESTORE_INTERVAL: usize = 24;

/// How many programs out of a hundred have a race.
const RACES: usize = 15;

/// How many operations out of a hundred enter the kernel by another way.
const OTHER_WAYS: usize = 30;

/// Most layers that an actor asks for; the kernel's limit is tried now and then.
const USUAL_LAYERS: usize = 3;

/// What is expected behind a slot. A denied operation makes it wrong, which does no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Nothing.
    Nothing,
    /// A file that is open, or a device.
    File,
    /// A directory.
    Dir,
    /// A socket, by its domain and type.
    Socket(i32, i32),
    /// A ruleset.
    Ruleset,
    /// A mount that is attached nowhere.
    Mount,
    /// A ring of io_uring, and the credentials of its maker.
    Ring,
    /// A message queue.
    Queue,
}

/// What is known of an actor while its program is made.
#[derive(Clone)]
struct Known {
    /// Actors that are threads of one process have the same number.
    process: usize,
    slots: [Held; SLOTS as usize],
    layers: usize,
}

/// A program that is being made.
struct Maker {
    choice: Choice,
    names: Names,
    has_race: bool,
    steps: Vec<Step>,
    actors: Vec<Known>,
}

/// Makes the program of `seed`.
pub fn program(seed: u64) -> Program {
    let mut choice = Choice::new(seed);
    let mut tree = tree::make(&mut choice);
    let has_race = choice.chance(RACES);
    let mut maker = Maker {
        has_race,
        names: Names::new(&tree),
        choice,
        steps: Vec::new(),
        actors: vec![Known {
            process: 0,
            slots: [Held::Nothing; SLOTS as usize],
            layers: 0,
        }],
    };
    maker.fill();
    if has_race {
        tree.extend(race::nodes());
    }
    Program {
        seed,
        tree,
        has_race,
        steps: maker.steps,
        kept: None,
    }
}

impl Maker {
    /// Adds all operations.
    fn fill(&mut self) {
        let length = 250 + self.choice.below(350);
        self.start_actors();
        while self.steps.len() < length {
            let actor = self.any_actor();
            for _ in 0..1 + self.choice.below(10) {
                self.operation(actor);
            }
        }
    }

    /// Adds the first actors, most of them with a sandbox.
    fn start_actors(&mut self) {
        for _ in 0..1 + self.choice.below(4) {
            let child = self.new_actor(0);
            self.push(0, Op::Fork { child });
            if self.choice.chance(85) {
                self.sandbox(child);
            }
        }
    }

    /// Adds an operation of any kind, with what it needs.
    fn operation(&mut self, actor: Actor) {
        let before = self.steps.len() / RESTORE_INTERVAL;
        match self
            .choice
            .weighted(&[(58, 0), (16, 1), (11, 2), (3, 3), (6, 4), (6, 5)])
        {
            0 => self.file(actor),
            1 => self.network(actor),
            2 => self.process(actor),
            3 => self.mount(actor),
            4 => self.landlock_call(actor),
            _ => self.unix(actor),
        }
        if self.steps.len() / RESTORE_INTERVAL != before {
            self.push(0, Op::Restore);
        }
    }

    /// Adds one operation, now and then by another way than the usual one.
    fn push(&mut self, actor: Actor, op: Op) {
        let way = match self.choice.chance(OTHER_WAYS) {
            true => self.way(actor),
            false => Way::Native,
        };
        self.steps.push(Step { actor, way, op });
    }

    /// Returns a way that is not the usual one.
    fn way(&mut self, actor: Actor) -> Way {
        let old = self.find(actor, |held| held == Held::Ring);
        match (self.choice.below(8), old) {
            (0..2, _) => Way::Compat,
            (2..4, Some(slot)) => Way::OldRing(slot),
            (4..6, Some(slot)) => Way::OldRingWorker(slot),
            (number, _) if number % 2 == 0 => Way::Ring,
            _ => Way::Worker,
        }
    }

    /// Returns one of the actors; rarely the one without a sandbox.
    fn any_actor(&mut self) -> Actor {
        let count = self.actors.len();
        if self.choice.chance(12) {
            0
        } else {
            (1 + self.choice.below(count - 1)) as Actor
        }
    }

    /// Makes an actor known, which starts as a copy of `parent`.
    fn new_actor(&mut self, parent: Actor) -> Actor {
        let mut known = self.actors[usize::from(parent)].clone();
        known.process = self.actors.len();
        self.actors.push(known);
        (self.actors.len() - 1) as Actor
    }

    /// Returns whether there may be another actor.
    fn has_room(&self) -> bool {
        self.actors.len() < MAX_ACTORS
    }

    /// Notes what is behind a slot, for all threads of the process.
    fn hold(&mut self, actor: Actor, slot: Slot, held: Held) {
        let process = self.actors[usize::from(actor)].process;
        for known in &mut self.actors {
            if known.process == process {
                known.slots[usize::from(slot.0)] = held;
            }
        }
    }

    /// Returns any slot, to be filled.
    fn new_slot(&mut self) -> Slot {
        Slot(self.choice.below(SLOTS.into()) as u8)
    }

    /// Returns a slot of `actor` that holds what `wanted` accepts.
    fn find(&mut self, actor: Actor, wanted: impl Fn(Held) -> bool) -> Option<Slot> {
        let slots = &self.actors[usize::from(actor)].slots;
        let fitting: Vec<_> = (0..SLOTS)
            .filter(|slot| wanted(slots[usize::from(*slot)]))
            .collect();
        (!fitting.is_empty()).then(|| Slot(self.choice.one(&fitting)))
    }

    /// Returns where a path starts: most of the time it is absolute.
    fn place(&mut self, actor: Actor, path: String) -> Place {
        if self.choice.chance(88) {
            return Place {
                base: Base::Cwd,
                path,
            };
        }
        let dir = self.find(actor, |held| held == Held::Dir);
        let path = match (path.rsplit_once('/'), self.choice.below(3)) {
            (Some((_, name)), 0) => name.to_owned(),
            (Some((_, name)), 1) => format!("../{name}"),
            _ => path.trim_start_matches("/w/").to_owned(),
        };
        Place {
            base: dir.map_or(Base::Cwd, Base::Slot),
            path,
        }
    }
}

/// Returns the paths of the nodes that are `wanted`.
fn paths(tree: &[Node], wanted: impl Fn(&Kind) -> bool) -> Vec<String> {
    let nodes = tree.iter().filter(|node| wanted(&node.kind));
    nodes.map(|node| node.path.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use strum::VariantNames;

    #[test]
    fn a_seed_always_makes_the_same_program() {
        let text = |seed| format!("{:?}", program(seed));
        assert_eq!(text(3), text(3));
        assert_ne!(text(3), text(4));
    }

    #[test]
    fn every_operation_is_made() {
        let steps = (0..400).flat_map(|seed| program(seed).steps);
        let made: BTreeSet<&str> = steps.map(|step| step.op.into()).collect();
        let all = Op::VARIANTS.iter().copied();
        assert_eq!(made, all.collect());
    }

    #[test]
    fn actors_exist_before_they_act() {
        for seed in 0..200 {
            let mut known = vec![0];
            for step in program(seed).steps {
                assert!(known.contains(&step.actor));
                if let Op::Fork { child } | Op::Thread { child } = step.op {
                    known.push(child);
                }
            }
            assert!(known.len() <= MAX_ACTORS);
        }
    }
}
