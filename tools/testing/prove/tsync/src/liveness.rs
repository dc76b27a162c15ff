// SPDX-License-Identifier: GPL-2.0-only

//! Whether each call ends, in every run that is fair.
//!
//! A run is fair if whoever must go on does: a thread that must take a step, and can for ever,
//! takes one ([`Must::Thread`], [`Must::Outsider`]: weak fairness); a caller that can take the lock
//! again and again takes it ([`Must::Lock`]: strong fairness). A run that never ends stays in one
//! strongly connected component of the graph of all states from some point on. So a call that never
//! ends is a component, or a part of one, in which the call is under way, and which is fair to
//! everybody:
//!
//! - a party of weak fairness takes a step in it, or cannot in one of its states;
//! - a party of strong fairness takes a step in it, or cannot in any of its states. If it only can
//!   in some of them, a run that avoids these would be fair: they are taken out, and what is left
//!   is searched again (the emptiness check of Streett automata).
//!
//! A state without a successor is a component as well: nothing happens any more.

use crate::{
    process::{Must, Process},
    state::State,
};

use std::collections::{HashMap, HashSet};

/// The states that can be reached, by numbers.
pub(crate) struct Graph {
    pub(crate) states: Vec<State>,
    edges: Vec<Vec<(u32, Must)>>,
}

impl Graph {
    /// Explores all states of `process`.
    pub(crate) fn of(process: &Process) -> Self {
        let mut numbers = HashMap::from([(process.start(), 0_u32)]);
        let mut states = vec![process.start()];
        let mut edges = Vec::new();

        while edges.len() < states.len() {
            let state = states[edges.len()].clone();
            let mut out = Vec::new();

            process.steps(&state, |action, must| {
                let next = process.after(&state, action);
                let number = *numbers.entry(next).or_insert_with_key(|next| {
                    states.push(next.clone());
                    (states.len() - 1) as u32
                });
                out.push((number, must));
            });
            edges.push(out);
        }
        Self { states, edges }
    }

    /// Returns a state in which `is_waiting` holds from which a fair run need never leave such
    /// states.
    pub(crate) fn find_endless(&self, is_waiting: impl Fn(&State) -> bool) -> Option<&State> {
        let waiting = (0..self.states.len() as u32)
            .filter(|&number| is_waiting(&self.states[number as usize]))
            .collect();
        let mut parts: Vec<Vec<u32>> = vec![waiting];

        while let Some(part) = parts.pop() {
            for component in self.components(&part) {
                match self.judge(&component) {
                    Verdict::Fair => return self.states.get(component[0] as usize),
                    Verdict::Unfair => (),
                    Verdict::UnfairWith(states) => parts.push(
                        component
                            .into_iter()
                            .filter(|number| !states.contains(number))
                            .collect(),
                    ),
                }
            }
        }
        None
    }

    fn judge(&self, component: &[u32]) -> Verdict {
        let members: HashSet<u32> = component.iter().copied().collect();
        let (mut can, mut does) = (HashMap::<Must, usize>::new(), HashSet::new());

        for &number in component {
            let mut parties = HashSet::new();
            for &(to, must) in &self.edges[number as usize] {
                parties.insert(must);
                if members.contains(&to) {
                    does.insert(must);
                }
            }
            parties
                .into_iter()
                .for_each(|must| *can.entry(must).or_default() += 1);
        }
        for (must, count) in can {
            match must {
                Must::Not => (),
                _ if does.contains(&must) => (),
                Must::Lock(_) => return Verdict::UnfairWith(self.that_can(component, must)),
                Must::Thread(_) | Must::Outsider if count < component.len() => (),
                Must::Thread(_) | Must::Outsider => return Verdict::Unfair,
            }
        }
        Verdict::Fair
    }

    fn that_can(&self, component: &[u32], must: Must) -> HashSet<u32> {
        let can = |number: &u32| {
            self.edges[*number as usize]
                .iter()
                .any(|edge| edge.1 == must)
        };

        component.iter().copied().filter(can).collect()
    }

    /// Returns the strongly connected components of `part` (Tarjan's algorithm, without recursion).
    fn components(&self, part: &[u32]) -> Vec<Vec<u32>> {
        let mut search = Search {
            graph: self,
            is_in: vec![false; self.states.len()],
            index: vec![UNSEEN; self.states.len()],
            low: vec![0; self.states.len()],
            stack: Vec::new(),
            found: Vec::new(),
            next: 0,
        };

        part.iter()
            .for_each(|&number| search.is_in[number as usize] = true);
        part.iter().for_each(|&number| search.run(number));
        search.found
    }
}

enum Verdict {
    /// A fair run can stay.
    Fair,
    Unfair,
    /// No fair run can stay if it comes to these states again and again.
    UnfairWith(HashSet<u32>),
}

const UNSEEN: u32 = u32::MAX;
const DONE: u32 = u32::MAX - 1;

struct Search<'a> {
    graph: &'a Graph,
    is_in: Vec<bool>,
    index: Vec<u32>,
    low: Vec<u32>,
    stack: Vec<u32>,
    found: Vec<Vec<u32>>,
    next: u32,
}

impl Search<'_> {
    fn open(&mut self, number: u32) -> (u32, usize) {
        self.index[number as usize] = self.next;
        self.low[number as usize] = self.next;
        self.next += 1;
        self.stack.push(number);
        (number, 0)
    }

    fn run(&mut self, root: u32) {
        if self.index[root as usize] != UNSEEN {
            return;
        }
        let mut path = vec![self.open(root)];

        while let Some((number, edge)) = path.pop() {
            let at = number as usize;
            let Some(&(to, _)) = self.graph.edges[at].get(edge) else {
                self.close(number);
                if let Some(&(parent, _)) = path.last() {
                    let low = self.low[at];
                    let parent = &mut self.low[parent as usize];
                    *parent = (*parent).min(low);
                }
                continue;
            };
            path.push((number, edge + 1));

            let to_index = self.index[to as usize];
            if !self.is_in[to as usize] || to_index == DONE {
                continue;
            }
            if to_index == UNSEEN {
                let opened = self.open(to);
                path.push(opened);
            } else {
                self.low[at] = self.low[at].min(to_index);
            }
        }
    }

    /// All successors of `number` were visited: if it is the root of a component, takes that.
    fn close(&mut self, number: u32) {
        if self.low[number as usize] != self.index[number as usize] {
            return;
        }
        let mut component = Vec::new();

        while let Some(member) = self.stack.pop() {
            // `low` of a closed state is never used again: it is as high as can be.
            self.index[member as usize] = DONE;
            self.low[member as usize] = DONE;
            component.push(member);
            if member == number {
                break;
            }
        }
        self.found.push(component);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario;

    /// A graph of as many states as there are lists of edges.
    fn graph(edges: Vec<Vec<(u32, Must)>>) -> Graph {
        let state = scenario::quiet(&[]).start();

        Graph {
            states: vec![state; edges.len()],
            edges,
        }
    }

    #[test]
    fn quick_rest_is_endless_and_progress_is_not() {
        let rest = graph(vec![vec![(1, Must::Thread(0))], vec![]]);
        assert!(rest.find_endless(|_| true).is_some());

        let loop_that_may_be_left = vec![vec![(0, Must::Not), (1, Must::Thread(0))], vec![]];
        let judged = graph(loop_that_may_be_left);
        assert!(matches!(judged.judge(&[0]), Verdict::Unfair));
        assert!(matches!(judged.judge(&[1]), Verdict::Fair));
    }

    #[test]
    fn quick_lock_that_is_free_now_and_then_is_taken() {
        let circle = |must| {
            graph(vec![
                vec![(1, Must::Thread(0)), (2, must)],
                vec![(0, Must::Thread(0))],
                vec![(2, Must::Thread(0))],
            ])
        };
        let find = |graph: &Graph| {
            graph
                .components(&[0, 1])
                .iter()
                .any(|component| matches!(graph.judge(component), Verdict::Fair))
        };

        assert!(find(&circle(Must::Thread(1))));
        assert!(!find(&circle(Must::Lock(1))));
    }
}
